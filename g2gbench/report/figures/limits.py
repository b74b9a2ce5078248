"""The limit on g2g latency that figures show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from g2gbench.analysis.result import JudgedExpectation
from g2gbench.report.text.numbers import label

_HIGHEST_SHARE: Final = 1.6
"""A limit further above the data than this would press the data flat."""


@dataclass(frozen=True, slots=True)
class Limit:
    """An expectation's limit on a metric of g2g latency, in ms."""

    metric: str
    value_ms: float
    text: str

    @property
    def words(self) -> str:
        """As a label beside its line."""
        return f"limit of {label(self.metric)}: {self.value_ms:g}"

    def within(self, largest_ms: float) -> bool:
        """Return whether its line belongs on a scale that ends at the data."""
        return self.value_ms <= _HIGHEST_SHARE * largest_ms


def g2g_limit(expectations: Sequence[JudgedExpectation]) -> Limit | None:
    """The first upper limit on g2g latency, p95 before the others."""
    found = [
        Limit(e.metric, e.limit, e.text)
        for e in expectations
        if e.metric.startswith("g2g_ms.") and e.operator in ("<", "<=")
    ]
    found.sort(key=lambda limit: limit.metric != "g2g_ms.p95")
    return found[0] if found else None
