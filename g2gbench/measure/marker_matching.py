"""Matching of remote frames to captured ones, and which readings to believe.

The rules, in the order in which they are applied to a readable number:

1. It must be outstanding: stamped at most ``OUTSTANDING_NS`` before the frame arrived. Numbers wrap
   at 16 or 24 bits; a number means the newest frame captured before the arrival that carries it.
2. The first sighting of a frame is its sample; the same number again is a repeat.
3. A frame older than the newest one seen is late or reordered: counted, and still a sample when
   it had never been seen. A frame is never refused for being slow.
4. When the g2g latency jumps by more than ``JUMP_NS``, or turns negative, the reading waits until
   the next new number: both are believed when they agree within ``AGREE_NS``, else the first was
   misread. A metadata trailer that names the same frame is agreement enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from g2gbench.measure.journal import ABSENT, BoolArray, CapturedFrames, IntArray, SeenFrames

OUTSTANDING_NS: Final = 10_000_000_000
JUMP_NS: Final = 500_000_000
AGREE_NS: Final = 250_000_000

MOST_SHIFTED: Final = 8
"""Frames by which metadata may run ahead of its picture and still be that of a dropped frame."""

NEW: Final = 0
REPEAT: Final = 1
MISREAD: Final = 2
NOT_OUTSTANDING: Final = 3
NO_MARKER: Final = 4
REJECTED: Final = 5
_PENDING: Final = -1


@dataclass(frozen=True, slots=True)
class Sightings:
    """One entry a remote frame, in the order of arrival: arrays of shape (remote frames,).

    ``kind`` is one of this module's codes, ``row`` the index of the captured frame (-1: none),
    ``late`` whether it steps back behind a newer frame that had been seen.
    """

    kind: IntArray
    row: IntArray
    late: BoolArray

    def count(self, kind: int) -> int:
        """Return how many remote frames are of this kind."""
        return int(np.count_nonzero(self.kind == kind))


def match(seq: IntArray, at_ns: IntArray, captured: CapturedFrames) -> IntArray:
    """The row of the captured frame that each number means when it arrives at ``at_ns``; -1: none.

    A number means the newest frame captured before the arrival that carries it, if outstanding.
    When there is none, it may mean the next frame captured within ``JUMP_NS`` after the arrival: a
    frame that seems to come back before it was captured is evidence of bad clocks, kept as such.
    """
    rows = np.flatnonzero(captured.accepted)
    if not len(rows) or not len(seq):
        return np.full(len(seq), ABSENT, dtype=np.int64)
    times = captured.captured_ns[rows]
    size = len(rows)
    # One sorted key for (number, order of capture): neighbours of a search are the candidates.
    key = captured.seq[rows] * size + np.arange(size)
    order = np.argsort(key, kind="stable")
    key = key[order]
    newest = np.searchsorted(times, at_ns, side="right") - 1
    after = np.searchsorted(key, seq * size + newest, side="right")
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, size - 1)
    age_ns = at_ns - times[order[before]]
    past = (key[before] // size == seq) & (age_ns >= 0) & (age_ns <= OUTSTANDING_NS)
    ahead_ns = times[order[after]] - at_ns
    future = (key[after] // size == seq) & (ahead_ns > 0) & (ahead_ns <= JUMP_NS)
    found = np.where(past, order[before], np.where(future, order[after], ABSENT))
    known = (found >= 0) & (seq >= 0)
    return np.where(known, rows[np.maximum(found, 0)], ABSENT)


def classify(seen: SeenFrames, captured: CapturedFrames) -> Sightings:
    """Apply the rules of this module to every remote frame."""
    row = match(seen.seq, seen.received_ns, captured)
    readable = seen.reading == 0
    kind = np.full(len(seen), _PENDING, dtype=np.int64)
    kind[seen.reading == 1] = NO_MARKER
    kind[seen.reading == 2] = REJECTED
    kind[readable & (row == ABSENT)] = NOT_OUTSTANDING
    row[~readable] = ABSENT
    g2g_ns = seen.received_ns - captured.captured_ns[row] if len(captured) else seen.received_ns
    confirmed = np.zeros(len(seen), dtype=np.bool_)
    if len(captured):
        confirmed = (seen.witness != ABSENT) & (seen.witness == captured.frame_id[row])
    judge = _Judge()
    for index in np.flatnonzero(kind == _PENDING).tolist():
        judge.take(index, int(row[index]), int(g2g_ns[index]), bool(confirmed[index]))
    judge.close()
    for index, verdict in judge.verdicts.items():
        kind[index] = verdict
    late = np.zeros(len(seen), dtype=np.bool_)
    late[judge.late] = True
    return Sightings(kind=kind, row=row, late=late)


class _Judge:
    """Rules 2 to 4 for readings in the order of arrival."""

    def __init__(self) -> None:
        self.verdicts: dict[int, int] = {}
        self.late: list[int] = []
        self._seen: set[int] = set()
        self._newest = -1
        self._last_ns: int | None = None
        self._held: list[int] = []  # the reading that waits, then its repeats
        self._held_row = ABSENT
        self._held_ns = 0

    def take(self, index: int, row: int, g2g_ns: int, confirmed: bool) -> None:
        if row in self._seen:
            self.verdicts[index] = REPEAT
        elif self._held and row == self._held_row:
            self._held.append(index)
        else:
            self._take_new(index, row, g2g_ns, confirmed)

    def close(self) -> None:
        """No number comes any more: a jump that nothing confirmed was a misread."""
        self._refuse_held()

    def _take_new(self, index: int, row: int, g2g_ns: int, confirmed: bool) -> None:
        if self._held and self._agrees(g2g_ns):
            self._accept_held()
            self._accept(index, row, g2g_ns)
        elif confirmed or not self._jumps(g2g_ns):
            self._refuse_held()
            self._accept(index, row, g2g_ns)
        else:
            self._refuse_held()
            self._held, self._held_row, self._held_ns = [index], row, g2g_ns

    def _jumps(self, g2g_ns: int) -> bool:
        if self._last_ns is None:
            return g2g_ns < 0
        return abs(g2g_ns - self._last_ns) > JUMP_NS or (g2g_ns < 0 <= self._last_ns)

    def _agrees(self, g2g_ns: int) -> bool:
        same_sign = (g2g_ns < 0) == (self._held_ns < 0)
        return same_sign and abs(g2g_ns - self._held_ns) <= AGREE_NS

    def _accept(self, index: int, row: int, g2g_ns: int) -> None:
        self.verdicts[index] = NEW
        if row < self._newest:
            self.late.append(index)
        self._newest = max(self._newest, row)
        self._seen.add(row)
        self._last_ns = g2g_ns

    def _accept_held(self) -> None:
        first, *repeats = self._held
        self._held = []
        self._accept(first, self._held_row, self._held_ns)
        self.verdicts.update(dict.fromkeys(repeats, REPEAT))

    def _refuse_held(self) -> None:
        self.verdicts.update(dict.fromkeys(self._held, MISREAD))
        self._held = []
