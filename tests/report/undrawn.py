"""Reports whose figures are empty frames: for tests of what stands around the figures.

Drawing takes most of a report's time. What a figure shows is held by the tests of that figure, and
by those that take a page as it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from g2gbench.report.figures import svg
from g2gbench.report.figures.drawing import Illustration


@contextmanager
def undrawn(*, pages: bool = True) -> Iterator[None]:
    """Leave every figure an empty frame: as files, and on ``pages`` too unless told otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        if pages:
            patch.setattr(svg, "_svg", _frame)
        patch.setattr(svg, "write_files", _empty_files)
        yield


def _frame(_: Illustration, width: int, __: str) -> str:
    return f'<svg class="v{width}" viewBox="0 0 {width} 80" aria-hidden="true"></svg>'


def _empty_files(illustration: Illustration, folder: Path) -> None:
    for form in ("png", "svg"):
        (folder / f"{illustration.name}.{form}").write_bytes(b"")
