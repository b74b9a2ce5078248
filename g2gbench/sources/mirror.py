"""A source seen in a mirror: flipped left to right, once, before anything is stamped."""

from __future__ import annotations

from g2gbench.sources.i420 import Buffer, Layout
from g2gbench.sources.source import Source


class Mirrored:
    """Another source's pictures, flipped left to right."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._layout = Layout(source.width, source.height)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._source.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._source.height

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._source.fps

    def render(self, number: int, into: Buffer) -> None:
        """Write one picture of the other source, flipped."""
        self._source.render(number, into)
        for plane in self._layout.planes(into):
            plane[:] = plane[:, ::-1].copy()
