"""Pictures that are kept while a session runs, to be scored once it is over.

Nothing is computed while frames are timed: a kept picture is copied, here or in the page that
decodes it, and left alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from g2gbench.marker import Luma

_WARMED_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A source frame with the picture that was shown in its place, and when that was received."""

    frame_id: int
    shown_id: int
    received_ns: int
    luma: Luma


class FrameStore(Protocol):
    """Store of pictures while the session runs, with whoever decodes them."""

    def warm(self, luma: Luma, room: int) -> None:
        """Be ready for so many pictures like this one, while nothing is measured yet."""

    def put(self, received_ns: int, luma: Luma) -> Luma:
        """Keep this picture; on the thread that reads. What replaces it meanwhile."""

    async def pictures(self, kept: list[SampledFrame]) -> list[SampledFrame]:
        """All that were kept, with their pictures; the session is over."""


class MemoryFrameStore:
    """Pictures that are decoded in this process: copied, so that the SDK gets its own back."""

    def __init__(self) -> None:
        self._ready: list[Luma] = []

    def warm(self, luma: Luma, room: int) -> None:
        """Touch memory for some more: the first touch of a page of it costs more than a copy.

        Some at a time: a session begins meanwhile.
        """
        if self._ready and self._ready[0].shape != luma.shape:
            self._ready.clear()
        for _ in range(min(_WARMED_AT_ONCE, room - len(self._ready))):
            self._ready.append(np.full(luma.shape, 1, np.uint8))

    def put(self, received_ns: int, luma: Luma) -> Luma:
        """Copy the picture."""
        fits = self._ready and self._ready[-1].shape == luma.shape
        kept = self._ready.pop() if fits else np.empty_like(luma)
        np.copyto(kept, luma)
        return kept

    async def pictures(self, kept: list[SampledFrame]) -> list[SampledFrame]:
        """They are here already."""
        return kept


class FrameSampler:
    """Keeps every ``stride``-th frame of the steady state, delivered or not, and some of the start.

    Of what is delivered before the steady state, it keeps frames at the times of ``first_places``.
    ``captured`` is called where frames are captured, ``take`` where they are read, the others on
    the event loop. A number means the newest frame captured that carries it.

    Args:
        first_number: the marker's number of frame 0.
        bits: of the marker's numbers.
        stride: of so many frames one is kept.
        room: so many pictures are kept at most.
        store: where their pictures go.
        first_ns: how long after the first frame each picture of the start is kept, in order.

    """

    def __init__(
        self,
        first_number: int,
        bits: int,
        stride: int,
        room: int,
        store: FrameStore,
        first_ns: Sequence[int] = (),
    ) -> None:
        self.kept: list[SampledFrame] = []
        self.first: list[SampledFrame] = []
        self.stride = stride
        self._first_ns = deque(first_ns)
        self._began_ns: int | None = None
        self._first_number = first_number
        self._mask = (1 << bits) - 1
        self._newest = -1
        self._from: int | None = None
        self._until: int | None = None
        self._last: tuple[int, int, Luma] | None = None
        self._room = room
        self._store = store

    def captured(self, frame_id: int) -> None:
        """A frame is handed over."""
        self._newest = frame_id

    def begin(self) -> None:
        """The steady state begins."""
        self._from = self._newest + 1

    def end(self) -> None:
        """End sampling; its frames may still come."""
        self._until = self._newest + 1

    def take(self, number: int, received_ns: int, luma: Luma) -> None:
        """A picture has come with this number."""
        newest = self._newest
        frame_id = newest - ((self._first_number + newest - number) & self._mask)
        if frame_id < 0:
            return  # of no frame of this session
        last = self._last
        newest_back = -1 if last is None else last[0]
        newer = frame_id > newest_back
        if self._from is None:
            if newer:
                self._keep_first(frame_id, received_ns, luma)
            self._store.warm(luma, self._room)
        if newer:
            if last is not None:
                shown_id, at_ns, before = last
                self._keep(range(shown_id + 1, frame_id), shown_id, at_ns, before)
            self._last = frame_id, received_ns, luma
        elif frame_id == newest_back or self._has(frame_id):
            return  # shown again
        self._keep(range(frame_id, frame_id + 1), frame_id, received_ns, luma)

    def _has(self, frame_id: int) -> bool:
        return any(one.frame_id == one.shown_id == frame_id for one in self.kept)

    def _keep_first(self, frame_id: int, received_ns: int, luma: Luma) -> None:
        if self._began_ns is None:
            self._began_ns = received_ns
        since_ns = received_ns - self._began_ns
        if not self._first_ns or since_ns < self._first_ns[0]:
            return
        while self._first_ns and since_ns >= self._first_ns[0]:
            self._first_ns.popleft()
        stored = self._store.put(received_ns, luma)
        self.first.append(SampledFrame(frame_id, frame_id, received_ns, stored))

    def _keep(self, ids: range, shown_id: int, received_ns: int, luma: Luma) -> None:
        if self._from is None:
            return
        until = ids.stop if self._until is None else self._until
        for frame_id in range(max(ids.start, self._from), min(ids.stop, until)):
            place = len(self.kept)
            if frame_id % self.stride == 0 and place < self._room:
                stored = self._store.put(received_ns, luma)
                self.kept.append(SampledFrame(frame_id, shown_id, received_ns, stored))
