"""Read summary.json: of its shape, with a reason in the place of a metric that it does not have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from g2gbench.analysis.codecs import codecs
from g2gbench.measure.registry import METRICS
from g2gbench.store.shapes import SummaryFile
from g2gbench.store.stored_json import read_json

NOT_KNOWN = "not known to this run"


class Estimates(dict[str, Any]):
    """A cell's metrics by name; one that the run did not know is not measured, and not in it."""

    def __missing__(self, name: str) -> dict[str, Any]:
        known = METRICS[name]
        return {
            **dict.fromkeys(("value", "low", "high", "coverage")),
            "n": 0,
            "unit": known.unit,
            "interval": "none",
            "reason": NOT_KNOWN,
        }


def read_summary(path: Path) -> dict[str, Any]:
    """The object of a stored summary.json; raises InputError for what is none.

    What compares its codecs is taken from its cells again: nothing else in it says more.
    """
    found = read_json(path, SummaryFile)
    for cell in found["cells"]:
        cell["metrics"] = Estimates(cell["metrics"])
    if "codecs" in found:
        found["codecs"] = codecs(found["cells"])
    return found
