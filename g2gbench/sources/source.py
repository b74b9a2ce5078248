"""What a session needs of whatever its pictures come from."""

from __future__ import annotations

from typing import Protocol

from g2gbench.sources.i420 import Buffer


class Source(Protocol):
    """A video of I420 pictures, addressed by frame number."""

    @property
    def width(self) -> int:
        """Width in pixels, even."""
        ...

    @property
    def height(self) -> int:
        """Height in pixels, even."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second."""
        ...

    def render(self, number: int, into: Buffer) -> None:
        """Write the whole picture of one frame into ``width * height * 3 / 2`` bytes."""
        ...
