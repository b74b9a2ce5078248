"""Picture quality beside a session: pictures are kept while it runs and scored once it is over.

Nothing is computed while frames are timed: a kept picture is copied, here or in the page that
decodes it, and left alone. After the goodbye each is held against its source frame, drawn again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from g2gbench.client.psnr_ssim import fitted, likeness
from g2gbench.marker import Luma, Marker
from g2gbench.measure import fidelity
from g2gbench.measure.records import Scored
from g2gbench.sources.i420 import Layout
from g2gbench.sources.source import Source


@dataclass(frozen=True, slots=True)
class Kept:
    """A source frame with the picture that stood in its place, and when that was received."""

    frame_id: int
    shown_id: int
    received_ns: int
    luma: Luma


class Shelf(Protocol):
    """Where pictures are while the session runs: with whoever decodes them."""

    def warm(self, luma: Luma, room: int) -> None:
        """Be ready for so many pictures like this one, while nothing is measured yet."""

    def put(self, place: int, received_ns: int, luma: Luma) -> Luma:
        """Keep this picture; on the thread that reads. What stands for it meanwhile."""

    async def pictures(self, kept: list[Kept]) -> list[Kept]:
        """All that were kept, with their pictures; the session is over."""


class Copies:
    """Pictures that are decoded in this process: copied, so that the SDK gets its own back."""

    def __init__(self) -> None:
        self._shelves = np.empty((0, 0, 0), np.uint8)

    def warm(self, luma: Luma, room: int) -> None:
        """Touch the memory: the first touch of a page of it costs more than a copy."""
        if self._shelves.shape != (room, *luma.shape):
            self._shelves = np.full((room, *luma.shape), 1, np.uint8)

    def put(self, place: int, received_ns: int, luma: Luma) -> Luma:
        """Copy the picture."""
        fits = place < len(self._shelves) and luma.shape == self._shelves.shape[1:]
        shelf = self._shelves[place] if fits else np.empty_like(luma)
        np.copyto(shelf, luma)
        return shelf

    async def pictures(self, kept: list[Kept]) -> list[Kept]:
        """They are here already."""
        return kept


class Keeper:
    """Keeps every so many-th frame of the steady state, delivered or not.

    ``captured`` is called where frames are captured, ``take`` where they are read, the others on
    the event loop. A number means the newest frame captured that carries it.

    Args:
        first_number: the marker's number of frame 0.
        bits: of the marker's numbers.
        stride: one of so many frames is kept.
        room: so many pictures are kept at most.
        shelf: where their pictures go.

    """

    def __init__(self, first_number: int, bits: int, stride: int, room: int, shelf: Shelf) -> None:
        self.kept: list[Kept] = []
        self.stride = stride
        self._first_number = first_number
        self._mask = (1 << bits) - 1
        self._newest = -1
        self._from: int | None = None
        self._until: int | None = None
        self._last: tuple[int, int, Luma] | None = None
        self._room = room
        self._shelf = shelf

    def captured(self, frame_id: int) -> None:
        """A frame is handed over."""
        self._newest = frame_id

    def begin(self) -> None:
        """The steady state begins."""
        self._from = self._newest + 1

    def end(self) -> None:
        """It is over; its frames may still come."""
        self._until = self._newest + 1

    def take(self, number: int, received_ns: int, luma: Luma) -> None:
        """A picture has come with this number."""
        newest = self._newest
        frame_id = newest - ((self._first_number + newest - number) & self._mask)
        if frame_id < 0:
            return  # of no frame of ours
        if self._from is None:
            self._shelf.warm(luma, self._room)
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
                shelved = self._shelf.put(place, received_ns, luma)
                self.kept.append(Kept(frame_id, shown_id, received_ns, shelved))


def score(
    kept: list[Kept],
    source: Source,
    marker: Marker,
    first_number: int,
    clock: Callable[[], int] = time.monotonic_ns,
) -> Iterator[Scored]:
    """Hold each against its source frame, until all are done or the budget is spent.

    ``source`` draws them again, as they were published: mirrored where they were.
    """
    draw = _drawn(source, marker, first_number)
    end_ns = clock() + round(fidelity.BUDGET_S * 1e9)
    ordered = sorted(kept, key=lambda k: k.frame_id)
    for place in fidelity.passes(len(ordered)):
        if clock() > end_ns:
            return
        one = ordered[place]
        found = likeness(draw(one.frame_id), np.asarray(one.luma))
        yield Scored(one.frame_id, one.shown_id, one.received_ns, found.mse, found.ssim)


def pairs(
    kept: list[Kept], source: Source, marker: Marker, first_number: int
) -> Iterator[tuple[Luma, Luma]]:
    """Source frame and what was on display, in the order of the frames and of one size."""
    draw = _drawn(source, marker, first_number)
    # A frame that came late has two: what stood in its place, and itself. On display was the first.
    by_frame = {one.frame_id: one for one in reversed(kept)}
    for frame_id in sorted(by_frame):
        drawn = draw(frame_id)
        yield drawn, fitted(drawn, np.asarray(by_frame[frame_id].luma))


def _drawn(source: Source, marker: Marker, first_number: int) -> Callable[[int], Luma]:
    """Draws a frame again, into the same memory each time."""
    layout = Layout(source.width, source.height)
    buffer = bytearray(layout.size)
    luma = layout.planes(buffer).y

    def draw(frame_id: int) -> Luma:
        source.render(frame_id, buffer)
        # Near its block the marker blurs into the picture: stamped alike, both do it.
        marker.stamp(luma, (first_number + frame_id) & ((1 << marker.bits) - 1))
        return luma

    return draw
