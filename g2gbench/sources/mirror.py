"""A source seen in a mirror: flipped left to right, once, before anything is stamped."""

from __future__ import annotations

from g2gbench.sources.i420 import Buffer, Layout, Sized
from g2gbench.sources.source import LiveSource, Source, peak_fps


def mirrored(source: Source | LiveSource) -> Source | LiveSource:
    """The source's pictures, flipped left to right; what sets its own pace goes on doing so."""
    return MirroredLive(source) if isinstance(source, LiveSource) else Mirrored(source)


class _Flipped(Sized):
    """Base of both kinds."""

    def __init__(self, source: Source | LiveSource) -> None:
        self._layout = Layout(source.width, source.height)
        self._fps, self._peak_fps = source.fps, peak_fps(source)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._fps

    @property
    def peak_fps(self) -> float:
        """Frames a second where they come closest to each other."""
        return self._peak_fps

    def _flip(self, picture: Buffer) -> None:
        for plane in self._layout.planes(picture):
            plane[:] = plane[:, ::-1].copy()


class Mirrored(_Flipped):
    """Pictures by number, flipped."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._source = source

    def due_ns(self, number: int) -> int:
        """Return when a frame is due, in ns after frame 0."""
        return self._source.due_ns(number)

    def render(self, number: int, into: Buffer) -> None:
        """Write one picture of the other source, flipped."""
        self._source.render(number, into)
        self._flip(into)


class MirroredLive(_Flipped):
    """Pictures of a device, flipped."""

    def __init__(self, source: LiveSource) -> None:
        super().__init__(source)
        self._source = source

    def capture(self, into: Buffer) -> int | None:
        """Wait for the device's next picture and write it, flipped; None when it is gone."""
        came_ns = self._source.capture(into)
        if came_ns is not None:
            self._flip(into)
        return came_ns
