"""Serialiser of a link: when it can take a packet, and when it has sent it. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Final, Protocol

from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities, Steps, Timeline

OPPORTUNITY_BYTES: Final = 1500
_NS = 1_000_000_000
_MS = 1_000_000


class Capacity(Protocol):
    """Rate at which packets can leave the queue. Times handed in must not fall."""

    def begin(self, ready_ns: int) -> int:
        """Return when a packet that is ready since ``ready_ns`` can be taken from the queue."""

    def finish(self, begin_ns: int, size: float) -> int:
        """Take ``size`` bytes at ``begin_ns``; when the last of them has left."""

    def drained(self, ready_ns: int, size: float) -> int:
        """Return when ``size`` bytes would have left, as ``finish``, but without taking them."""


def capacity_of(settings: LinkSettings, now_ns: int) -> Capacity | None:
    """The capacity that settings ask for from now on; None: unlimited."""
    if isinstance(settings.trace, Opportunities):
        return OpportunityCapacity(settings.trace, now_ns)
    if isinstance(settings.trace, Steps):
        return StepCapacity(settings.trace, settings.capacity_bps, now_ns)
    return None if settings.capacity_bps is None else ConstantCapacity(settings.capacity_bps)


class ConstantCapacity:
    """A serialiser of constant rate."""

    def __init__(self, bps: float) -> None:
        self._ns_per_byte = 8 * _NS / bps

    def begin(self, ready_ns: int) -> int:
        """At once."""
        return ready_ns

    def finish(self, begin_ns: int, size: float) -> int:
        """After the time that the bytes take."""
        return begin_ns + round(size * self._ns_per_byte)

    drained = finish


class StepCapacity:
    """A serialiser whose rate changes while it sends.

    Args:
        steps: the trace.
        otherwise_bps: the rate of rows that name none; None: unlimited.
        epoch_ns: the trace's time 0.

    """

    def __init__(self, steps: Steps, otherwise_bps: float | None, epoch_ns: int) -> None:
        self._timeline = Timeline(steps, epoch_ns)
        self._otherwise_bps = math.inf if otherwise_bps is None else otherwise_bps
        self._bits_per_period = sum(
            self._rate(row.capacity_bps) * lasts_ns / _NS for row, lasts_ns in self._timeline.rows
        )

    def _rate(self, bps: float | None) -> float:
        return self._otherwise_bps if bps is None else bps

    def begin(self, ready_ns: int) -> int:
        """At once; in an outage the first packet waits in the serialiser."""
        return ready_ns

    def finish(self, begin_ns: int, size: float) -> int:
        """Return when the rates, one row after the other, have carried the bytes."""
        bits, at_ns = size * 8, begin_ns
        if bits > self._bits_per_period:
            periods = int(bits // self._bits_per_period)
            bits -= periods * self._bits_per_period
            at_ns += periods * self._timeline.period_ns
        while True:
            row, until_ns = self._timeline.at(at_ns)
            rate = self._rate(row.capacity_bps)
            if math.isinf(rate):
                return at_ns
            if rate > 0:
                last_ns = at_ns + round(bits * _NS / rate)
                if last_ns <= until_ns:
                    return last_ns
                bits -= rate * (until_ns - at_ns) / _NS
            at_ns = until_ns

    drained = finish


class OpportunityCapacity:
    """Deliveries of up to 1500 bytes at the times of a trace, as Mahimahi's link shell does them.

    Several small packets share one opportunity, a large one takes several; what an opportunity
    could have carried beyond what waited at its time is gone.
    """

    def __init__(self, trace: Opportunities, epoch_ns: int) -> None:
        self._at_ns = [at * _MS for at in trace.at_ms]
        self._period_ns = self._at_ns[-1]
        self._epoch_ns = epoch_ns
        self._index = 0  # the first opportunity that is not used up
        self._left = OPPORTUNITY_BYTES  # of it

    def _time(self, index: int) -> int:
        cycle, place = divmod(index, len(self._at_ns))
        return self._epoch_ns + cycle * self._period_ns + self._at_ns[place]

    def _from(self, ready_ns: int) -> tuple[int, int]:
        """(index, bytes left) of the first opportunity at or after a time."""
        cycle, within_ns = divmod(ready_ns - 1 - self._epoch_ns, self._period_ns)
        index = cycle * len(self._at_ns) + bisect_right(self._at_ns, within_ns)
        return (index, OPPORTUNITY_BYTES) if index > self._index else (self._index, self._left)

    def begin(self, ready_ns: int) -> int:
        """The next opportunity, or the present one when it has bytes left."""
        return self._time(self._from(ready_ns)[0])

    def finish(self, begin_ns: int, size: float) -> int:
        """The opportunity that carries the last byte."""
        end, self._index, self._left = self._take(begin_ns, size)
        return self._time(end)

    def drained(self, ready_ns: int, size: float) -> int:
        """The opportunity that would carry the last byte."""
        return self._time(self._take(ready_ns, size)[0])

    def _take(self, ready_ns: int, size: float) -> tuple[int, int, int]:
        """(index of the last opportunity used, the next one's index, its bytes left)."""
        index, left = self._from(ready_ns)
        rest = math.ceil(size) - left
        if rest > 0:
            more = math.ceil(rest / OPPORTUNITY_BYTES)
            index += more
            left = more * OPPORTUNITY_BYTES - rest
        else:
            left = -rest
        return (index, index, left) if left else (index, index + 1, OPPORTUNITY_BYTES)
