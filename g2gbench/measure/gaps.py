"""Gaps between new frames: freezes, stalls and the harmonic frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import marker_matching
from g2gbench.measure.journal import BoolArray, IntArray, Session
from g2gbench.measure.ledger import Ledger

FloatArray = npt.NDArray[np.float64]

FREEZE_FACTOR: Final = 3.0
FREEZE_MARGIN_MS: Final = 150.0
FREEZE_WINDOW: Final = 30
"""W3C webrtc-stats, freezeCount: a gap >= max(3 * avg, avg + 150 ms), avg over the last 30."""

STALL_MS: Final = 200.0
"""A stall is a gap longer than this, however slow the stream usually is."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The steady state cut into gaps by the arrival of new frames: arrays of shape (gaps,), in ms.

    The first gap begins and the last one ends with the steady state, so that they sum up to its
    length and a stall that it ends in is counted. ``usual_ms`` is the mean of the up to 30 gaps
    before each one, NaN where there is none; gaps of the warm-up count there in full. ``paused_ms``
    is by how much the source itself paused meanwhile, 0 for a source with a constant frame rate.
    """

    length_ms: FloatArray
    usual_ms: FloatArray
    paused_ms: FloatArray

    @property
    def start_ms(self) -> FloatArray:
        """Beginning of each gap, in ms from that of the first."""
        return np.asarray(np.cumsum(self.length_ms) - self.length_ms)

    @property
    def freeze_limit_ms(self) -> FloatArray:
        """The length from which on each gap is a freeze; NaN where nothing is usual.

        It is the W3C's, and longer by what the source paused: a pause of a file is no freeze.
        """
        limit = np.maximum(FREEZE_FACTOR * self.usual_ms, self.usual_ms + FREEZE_MARGIN_MS)
        return np.asarray(limit + self.paused_ms)

    @property
    def freezes(self) -> BoolArray:
        """Mask of the gaps that are freezes as the W3C defines them."""
        return np.asarray(
            self.length_ms >= self.freeze_limit_ms
        )  # False where nothing is usual yet

    @property
    def stalls(self) -> BoolArray:
        """Mask of the gaps longer than ``STALL_MS`` and the source's own pauses."""
        return np.asarray(self.length_ms > STALL_MS + self.paused_ms)

    @property
    def harmonic_fps(self) -> float:
        """sum(d) / sum(d^2): the frame rate that an instant chosen at random sees."""
        seconds = self.length_ms / 1e3
        return float(seconds.sum() / np.square(seconds).sum())


def arrivals(session: Session, ledger: Ledger) -> tuple[IntArray, IntArray]:
    """Return each new frame's arrival, sorted, and the source's pause before it, in ns."""
    new = ledger.sightings.kind == marker_matching.NEW
    at_ns, due_ns = session.seen.received_ns[new], ledger.due_ns[ledger.sightings.row[new]]
    order = np.argsort(at_ns, kind="stable")
    schedule_ns = np.concatenate((ledger.due_ns, session.skipped.due_ns))
    return at_ns[order], source_pauses_ns(due_ns[order], schedule_ns)


def source_pauses_ns(shown_due_ns: IntArray, schedule_ns: IntArray) -> IntArray:
    """By how much the source paused before each frame that came back, of shape (frames,).

    Args:
        shown_due_ns: when the schedule wanted each of them captured, in the order of arrival.
        schedule_ns: when it wanted any frame, captured or skipped.

    A pause is what the longest gap of the schedule, between a frame and the one that came back
    before it, has more than the schedule's median gap.

    """
    pauses_ns = np.zeros(len(shown_due_ns), dtype=np.int64)
    schedule_ns = np.unique(schedule_ns)
    if len(schedule_ns) < 2 or len(shown_due_ns) < 2:
        return pauses_ns
    between_ns = np.diff(schedule_ns)
    newest = np.maximum.accumulate(np.searchsorted(schedule_ns, shown_due_ns))
    # Which frame, come back, was the first behind each gap of the schedule.
    ended_by = np.searchsorted(newest, np.arange(len(between_ns)), side="right")
    inside = (ended_by > 0) & (ended_by < len(newest))
    over_ns = np.maximum(between_ns - round(float(np.median(between_ns))), 0)
    np.maximum.at(pauses_ns, ended_by[inside], over_ns[inside])
    return pauses_ns


def cut(
    arrivals_ns: IntArray, start_ns: int, end_ns: int, pauses_ns: IntArray | None = None
) -> Gaps:
    """Cut the time from ``start_ns`` to ``end_ns`` at the sorted ``arrivals_ns`` of new frames.

    ``pauses_ns`` is by how much the source paused before each arrival, where it does.
    """
    inside = (arrivals_ns >= start_ns) & (arrivals_ns < end_ns)
    edges = np.concatenate(([start_ns], arrivals_ns[inside], [end_ns]))
    history = np.diff(arrivals_ns[arrivals_ns < end_ns]) / 1e6
    # Gap i of the steady state ends with arrival `before + i`: it follows the gaps before that one.
    before = int(np.count_nonzero(arrivals_ns < start_ns))
    ends = np.maximum(before + np.arange(len(edges) - 1) - 1, 0)
    totals = np.concatenate(([0.0], np.cumsum(history)))
    ends = np.minimum(ends, len(history))
    first = np.maximum(ends - FREEZE_WINDOW, 0)
    size = ends - first
    usual = np.full(len(size), np.nan)
    known = size > 0
    usual[known] = (totals[ends[known]] - totals[first[known]]) / size[known]
    paused = np.zeros(len(size))
    if pauses_ns is not None:
        ended = pauses_ns[before : before + len(size)]  # the last gap ends with a later arrival
        paused[: len(ended)] = ended / 1e6
    return Gaps(length_ms=np.diff(edges) / 1e6, usual_ms=usual, paused_ms=paused)
