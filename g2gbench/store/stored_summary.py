"""Read summary.json: of its shape, as a result."""

from __future__ import annotations

from pathlib import Path

from g2gbench.analysis.plain import from_plain
from g2gbench.analysis.result import RunResult
from g2gbench.store.shapes import SummaryFile
from g2gbench.store.stored_json import read_json


def read_summary(path: Path) -> RunResult:
    """The result in a stored summary.json; raises InputError for what is none."""
    return from_plain(read_json(path, SummaryFile))
