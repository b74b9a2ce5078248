"""The page's clock against ours. Pure.

A page reads milliseconds of its own clock, which runs as evenly as ours. It read it after the ping
was sent and before the answer came, so that each exchange holds what to add to the page's time
between two bounds. All exchanges together leave what all of them allow (Marzullo's intersection,
as NTP takes it: RFC 5905, section 11.2.1): a busy machine, where most answers are late, leaves more
and says so, and never moves the clock further than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNBOUNDED: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A ping: sent and answered by our clock in ns, the page's reading in between in ms."""

    sent_ns: int
    page_ms: float
    back_ns: int


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


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what the page's offset lies, in ns.

    ``low_ns`` is above ``high_ns`` when no offset suits all exchanges: the clocks moved apart.
    """

    low_ns: float = -UNBOUNDED
    high_ns: float = UNBOUNDED

    def narrowed(self, by: Exchange) -> Bounds:
        """Return the interval after one more exchange."""
        page_ns = by.page_ms * 1e6
        return Bounds(
            max(self.low_ns, by.sent_ns - page_ns), min(self.high_ns, by.back_ns - page_ns)
        )

    @property
    def width_ms(self) -> float:
        """Width of the interval; infinite before the first exchange."""
        return abs(self.high_ns - self.low_ns) / 1e6

    def clock(self) -> PageClock:
        """The clock in the middle; raises ValueError before the first exchange."""
        if self.low_ns == -UNBOUNDED:
            raise ValueError("no exchange to align a clock by")
        return PageClock((self.low_ns + self.high_ns) / 2)

    def error_ms(self, clock: PageClock) -> float:
        """By how much a clock may be wrong at most, in ms; infinite before the first exchange.

        Where the clocks moved apart it is by how much they did so at least.
        """
        return max(abs(self.high_ns - clock.offset_ns), abs(clock.offset_ns - self.low_ns)) / 1e6
