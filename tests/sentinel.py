"""The key that stands in the environment of the whole suite, and where a test gave it away."""

from __future__ import annotations

from typing import Final

import pytest

VARIABLE: Final = "DECART_API_KEY"
SENTINEL: Final = "dct-sentinel-" + "7c1f0b9e" + "-never-to-be-seen"


def given_away(report: pytest.TestReport) -> list[str]:
    """The parts of a test's report that hold the sentinel."""
    parts = [("its traceback", report.longreprtext), *report.sections]
    return [name for name, text in parts if SENTINEL in text]
