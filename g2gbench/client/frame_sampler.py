"""Pictures that are kept while a session runs, to be scored once it is over.

Nothing is computed while frames are timed: a kept picture is copied, here or in the page that
decodes it, and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from g2gbench.marker import Luma


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

    def put(self, place: int, received_ns: int, luma: Luma) -> Luma:
        """Keep this picture; on the thread that reads. What replaces it meanwhile."""

    async def pictures(self, kept: list[SampledFrame]) -> list[SampledFrame]:
        """All that were kept, with their pictures; the session is over."""


class MemoryFrameStore:
    """Pictures that are decoded in this process: copied, so that the SDK gets its own back."""

    def __init__(self) -> None:
        self._memory = np.empty((0, 0, 0), np.uint8)

    def warm(self, luma: Luma, room: int) -> None:
        """Touch the memory: the first touch of a page of it costs more than a copy."""
        if self._memory.shape != (room, *luma.shape):
            self._memory = np.full((room, *luma.shape), 1, np.uint8)

    def put(self, place: int, received_ns: int, luma: Luma) -> Luma:
        """Copy the picture."""
        fits = place < len(self._memory) and luma.shape == self._memory.shape[1:]
        kept = self._memory[place] if fits else np.empty_like(luma)
        np.copyto(kept, luma)
        return kept

    async def pictures(self, kept: list[SampledFrame]) -> list[SampledFrame]:
        """They are here already."""
        return kept


class FrameSampler:
    """Keeps every ``stride``-th frame of the steady state, delivered or not.

    ``captured`` is called where frames are captured, ``take`` where they are read, the others on
    the event loop. A number means the newest frame captured that carries it.

    Args:
        first_number: the marker's number of frame 0.
        bits: of the marker's numbers.
        stride: of so many frames one is kept.
        room: so many pictures are kept at most.
        store: where their pictures go.

    """

    def __init__(
        self, first_number: int, bits: int, stride: int, room: int, store: FrameStore
    ) -> None:
        self.kept: list[SampledFrame] = []
        self.stride = stride
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
        if self._from is None:
            self._store.warm(luma, self._room)
        last = self._last
        if last is None or frame_id > last[0]:
            if last is not None:
                shown_id, at_ns, before = last
                self._keep(range(shown_id + 1, frame_id), shown_id, at_ns, before)
            self._last = frame_id, received_ns, luma
        elif frame_id == last[0] or any(k.frame_id == k.shown_id == frame_id for k in self.kept):
            return  # shown again
        self._keep(range(frame_id, frame_id + 1), frame_id, received_ns, luma)

    def _keep(self, ids: range, shown_id: int, received_ns: int, luma: Luma) -> None:
        if self._from is None:
            return
        until = ids.stop if self._until is None else self._until
        for frame_id in range(max(ids.start, self._from), min(ids.stop, until)):
            place = len(self.kept)
            if frame_id % self.stride == 0 and place < self._room:
                stored = self._store.put(place, received_ns, luma)
                self.kept.append(SampledFrame(frame_id, shown_id, received_ns, stored))
