"""The page's clock against ours. Pure.

A page reads milliseconds of its own clock, which runs as evenly as ours. Each exchange bounds how
far the two are apart; those with the shortest round trips bound it best.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Final

BEST_SHARE: Final = 4
"""One exchange in so many counts: the quartile with the shortest round trips."""

FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Exchange:
    """A ping: sent and answered by our clock in ns, the page's reading in between in ms."""

    sent_ns: int
    page_ms: float
    back_ns: int

    @property
    def round_trip_ns(self) -> int:
        """How long it took."""
        return self.back_ns - self.sent_ns

    @property
    def offset_ns(self) -> float:
        """What to add to the page's time, if both ways took as long."""
        return (self.sent_ns + self.back_ns) / 2 - self.page_ms * 1e6


@dataclass(frozen=True, slots=True)
class PageClock:
    """``offset_ns`` turns the page's times into ours."""

    offset_ns: float

    def ns(self, page_ms: float) -> int:
        """The page's time (ms) by our clock."""
        return round(page_ms * 1e6 + self.offset_ns)

    def page_ms(self, at_ns: int) -> float:
        """Our time (ns) by the page's clock."""
        return (at_ns - self.offset_ns) / 1e6


def best(exchanges: list[Exchange]) -> list[Exchange]:
    """The exchanges that count."""
    count = max(FEWEST, len(exchanges) // BEST_SHARE)
    return sorted(exchanges, key=lambda one: one.round_trip_ns)[:count]


def aligned(exchanges: list[Exchange]) -> PageClock:
    """The clock by the exchanges so far; raises ValueError when there is none."""
    if not exchanges:
        raise ValueError("no exchange to align a clock by")
    return PageClock(median(one.offset_ns for one in best(exchanges)))


def spread_ms(exchanges: list[Exchange]) -> float | None:
    """How far the best exchanges disagree, in ms; None for fewer than two."""
    offsets = [one.offset_ns for one in best(exchanges)]
    return (max(offsets) - min(offsets)) / 1e6 if len(offsets) > 1 else None
