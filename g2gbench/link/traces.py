"""Traces of a link: delivery opportunities, or steps of its settings. Pure.

A trace's time 0 is the moment its settings take effect; a trace repeats for ever.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

_NS = 1_000_000_000
_SHORTEST_PERIOD_S = 0.001


@dataclass(frozen=True, slots=True)
class Opportunities:
    """Moments at which the link delivers up to 1500 bytes, as in a Mahimahi trace.

    ``at_ms``: whole milliseconds, not falling; a value may repeat. The last is the period.
    """

    at_ms: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what is no trace."""
        if not self.at_ms or self.at_ms[0] < 0 or self.at_ms[-1] <= 0:
            raise ValueError("opportunities: at least one time, and the last above 0, is needed")
        if any(later < earlier for earlier, later in pairwise(self.at_ms)):
            raise ValueError("opportunities: times must not fall")

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Opportunities:
        """From its JSON form. Raises KeyError, ValueError or TypeError for what is none."""
        return cls(tuple(data["at_ms"]))


@dataclass(frozen=True, slots=True)
class Step:
    """Figures from ``at_s`` on; None: the direction's own constant."""

    at_s: float
    capacity_bps: float | None = None
    delay_s: float | None = None
    loss: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no link can be."""
        for name in ("at_s", "capacity_bps", "delay_s", "loss"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"step: {name} {value}; 0.. is allowed")
        if self.loss is not None and self.loss > 1:
            raise ValueError(f"step: loss {self.loss}; 0..1 is allowed")
        if self.capacity_bps is not None and 0 < self.capacity_bps < 1:
            raise ValueError(f"step: capacity_bps {self.capacity_bps}; 0 and 1.. are allowed")


@dataclass(frozen=True, slots=True)
class Steps:
    """Rows of figures; each holds until the next. Before the first: the direction's constants.

    A capacity of 0 is an outage: what waits stays until a row that has some.
    """

    rows: tuple[Step, ...]
    period_s: float

    def __post_init__(self) -> None:
        """Refuse what is no trace."""
        if not self.rows:
            raise ValueError("steps: at least one row is needed")
        if any(later.at_s <= earlier.at_s for earlier, later in pairwise(self.rows)):
            raise ValueError("steps: the times of the rows must rise")
        if not (math.isfinite(self.period_s) and self.period_s > self.rows[-1].at_s):
            raise ValueError(
                f"steps: period {self.period_s} s; more than the last row's is allowed"
            )
        if self.period_s < _SHORTEST_PERIOD_S:
            raise ValueError(f"steps: period {self.period_s} s; 0.001 or more is allowed")
        if all(row.capacity_bps == 0 for row in self.rows) and self.rows[0].at_s == 0:
            raise ValueError("steps: a capacity of 0 in every row lets nothing through, ever")

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Steps:
        """From its JSON form. Raises KeyError, ValueError or TypeError for what is none."""
        return cls(tuple(Step(*row) for row in data["rows"]), data["period_s"])

    def as_plain(self) -> dict[str, Any]:
        """Return its JSON form: a row is a list, as there may be a million of them."""
        rows = [[row.at_s, row.capacity_bps, row.delay_s, row.loss] for row in self.rows]
        return {"rows": rows, "period_s": self.period_s}


Trace: TypeAlias = Opportunities | Steps


class Timeline:
    """Rows of ``steps`` over time, from ``epoch_ns`` on."""

    def __init__(self, steps: Steps, epoch_ns: int) -> None:
        self._rows = (Step(0.0), *steps.rows) if steps.rows[0].at_s > 0 else steps.rows
        self._at_ns = [round(row.at_s * _NS) for row in self._rows]
        self.period_ns = round(steps.period_s * _NS)
        self._epoch_ns = epoch_ns

    @property
    def rows(self) -> tuple[tuple[Step, int], ...]:
        """Each row with how long it holds, in ns."""
        ends = [*self._at_ns[1:], self.period_ns]
        return tuple(
            (row, end - start)
            for row, start, end in zip(self._rows, self._at_ns, ends, strict=True)
        )

    def at(self, now_ns: int) -> tuple[Step, int]:
        """The row that holds at a time, and when the next one does."""
        cycle, within_ns = divmod(now_ns - self._epoch_ns, self.period_ns)
        index = bisect_right(self._at_ns, within_ns) - 1
        ends_ns = self._at_ns[index + 1] if index + 1 < len(self._at_ns) else self.period_ns
        return self._rows[index], self._epoch_ns + cycle * self.period_ns + ends_ns
