"""Settings of one direction of an emulated link. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from g2gbench.link.traces import Opportunities, Steps, Trace

Discipline = Literal["drop-tail", "codel"]
DISCIPLINES: Final = ("drop-tail", "codel")


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Settings of one direction, in the order in which packets meet them.

    Names follow libwebrtc's simulated network where it has one.

    Attributes:
        overhead_bytes: added to every packet, beside its IP and UDP headers.
        queue_packets: how many may be in queue and serialiser; an arrival beyond is dropped.
        queue_bytes: the same in bytes, the arrival's own included. An idle link takes any packet.
        queue_s: how long an arrival may have to wait for its turn. Several limits: all hold.
            None of them: without bound.
        queue_discipline: ``drop-tail``, or ``codel`` (RFC 8289: target 5 ms, interval 100 ms),
            which also drops what has waited too long.
        capacity_bps: serialisation rate; None: unlimited.
        trace: changes of capacity, or of capacity, delay and loss, over time.
        loss: share of packets lost, 0..1, after the queue: they have used their capacity.
        avg_burst_loss_length: mean number of packets lost in a row; None: each on its own.
        delay_s: constant, one way.
        jitter_s: standard deviation of a Gaussian added to the delay; their sum is at least 0.
        jitter_correlation_s: time constant with which the jitter forgets; 0: at once.
        allow_reordering: whether jitter may let a packet overtake another.
        duplication: share of packets that leave twice, 0..1.
        blackout: nothing leaves.

    """

    overhead_bytes: int = 0
    queue_packets: int | None = None
    queue_bytes: int | None = None
    queue_s: float | None = None
    queue_discipline: Discipline = "drop-tail"
    capacity_bps: float | None = None
    trace: Trace | None = None
    loss: float = 0.0
    avg_burst_loss_length: float | None = None
    delay_s: float = 0.0
    jitter_s: float = 0.0
    jitter_correlation_s: float = 0.0
    allow_reordering: bool = False
    duplication: float = 0.0
    blackout: bool = False

    def __post_init__(self) -> None:
        """Refuse what no link can be, with a ValueError that says what is allowed."""
        _within("overhead_bytes", self.overhead_bytes, 0)
        _within("queue_packets", self.queue_packets, 1)
        _within("queue_bytes", self.queue_bytes, 1)
        _within("queue_s", self.queue_s, 0)
        _within("delay_s", self.delay_s, 0)
        _within("jitter_s", self.jitter_s, 0)
        _within("jitter_correlation_s", self.jitter_correlation_s, 0)
        _within("loss", self.loss, 0, 1)
        _within("duplication", self.duplication, 0, 1)
        _within("capacity_bps", self.capacity_bps, 1)
        if self.queue_discipline not in DISCIPLINES:
            allowed = " and ".join(DISCIPLINES)
            raise ValueError(f"queue_discipline {self.queue_discipline!r}; {allowed} are allowed")
        if isinstance(self.trace, Opportunities) and self.capacity_bps is not None:
            raise ValueError("capacity_bps beside a trace of opportunities; one of them is allowed")
        self._check_bursts()

    def _check_bursts(self) -> None:
        length = self.avg_burst_loss_length
        if length is None:
            return
        rows = self.trace.rows if isinstance(self.trace, Steps) else ()
        for loss in (self.loss, *(row.loss for row in rows if row.loss is not None)):
            # Between two bursts at least one packet passes: loss <= length / (length + 1).
            least = max(1.0, loss / (1 - loss)) if loss < 1 else math.inf
            if not (math.isfinite(length) and length >= least):
                raise ValueError(
                    f"avg_burst_loss_length {length} with loss {loss}; {least:g} or more is "
                    "allowed, or none for losses on their own"
                )


def _within(name: str, value: float | None, low: float, high: float = math.inf) -> None:
    if value is None:
        return
    if not (math.isfinite(value) and low <= value <= high):
        top = f"{high:g}" if math.isfinite(high) else ""
        raise ValueError(f"{name} {value}; {low:g}..{top} is allowed")
