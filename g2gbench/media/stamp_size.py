"""The size at which what comes back was stamped: assumed, and found where the assumption is wrong.

A service may stamp pictures of its model's size, or send them back at the size at which they were
sent. A marker is read at one size: at another the same cells say nothing, or a wrong number. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from g2gbench.marker import Luma, Marker
from g2gbench.marker.examination import Examination

Size: TypeAlias = tuple[int, int] | None
"""(width, height); None: the sizes that the protocol tries when it knows none."""

HOLDS_AFTER: Final = 3
"""So many frames in a row, each with a number of its own that is on its way, make a size hold."""

DOUBTED_AFTER: Final = 30
"""So many frames in a row without such a number, and the size that held is looked for again."""


@dataclass(frozen=True, slots=True)
class Look:
    """A frame's reading at one stamped size.

    ``sure``: this is what it carries. Otherwise that is known when a later one is: ``confirms``
    says whether those before it were read right.
    """

    found: Examination
    sure: bool = True
    confirms: bool = False


@dataclass(slots=True)
class _Run:
    """Frames in a row that read well at a size that is not the assumed one."""

    index: int
    number: int
    frames: int = 1


class StampSize:
    """Looks for markers at one size, and at others when that one reads nothing.

    Args:
        marker: reads them.
        sizes: the assumed one first, then the others in the order in which they are tried.
        on_its_way: whether a frame of this number was sent not long ago: what is read at a wrong
            size is a number too, now and then.
        on_found: called with the size that holds, when it is another one than before.

    """

    def __init__(
        self,
        marker: Marker,
        sizes: Sequence[Size],
        on_its_way: Callable[[int], bool] = lambda _: True,
        on_found: Callable[[Size], None] = lambda _: None,
    ) -> None:
        self._marker = marker
        self._sizes = tuple(dict.fromkeys(sizes))
        self._on_its_way = on_its_way
        self._on_found = on_found
        self._index = 0
        self._held = False  # it has read a frame of this session
        self._in_vain = 0  # frames since it has
        self._run: _Run | None = None
        self._mask = (1 << marker.bits) - 1

    @property
    def words(self) -> str:
        """The sizes that are tried."""
        sized = [f"{size[0]}x{size[1]}" if size else "the protocol's own" for size in self._sizes]
        return ", ".join(sized)

    def look(self, luma: Luma) -> Look:
        """Return a frame's luma: uint8, shape (height, width)."""
        found = self._marker.examine(luma, sent_size=self._sizes[self._index])
        if found.number is not None and self._on_its_way(found.number):
            self._held, self._in_vain, self._run = True, 0, None
            return Look(found)
        self._in_vain += 1
        if self._held and self._in_vain < DOUBTED_AFTER:
            return Look(found)
        return self._elsewhere(luma) or Look(found)

    def _elsewhere(self, luma: Luma) -> Look | None:
        """At the other sizes; None where no number is found that is on its way."""
        for index, size in enumerate(self._sizes):
            if index == self._index:
                continue
            found = self._marker.examine(luma, sent_size=size)
            if found.number is None or not self._on_its_way(found.number):
                continue
            if self._goes_on(index, found.number) < HOLDS_AFTER:
                return Look(found, sure=False)
            self._index, self._held, self._in_vain, self._run = index, True, 0, None
            self._on_found(size)
            return Look(found, confirms=True)
        self._run = None
        return None

    def _goes_on(self, index: int, number: int) -> int:
        """Count frames in a row that read so; their numbers rise, as no picture's noise does."""
        run = self._run
        if run is None or run.index != index:
            self._run = run = _Run(index, number)
        elif 0 < (number - run.number) & self._mask <= self._mask >> 1:
            run.number = number
            run.frames += 1
        return run.frames
