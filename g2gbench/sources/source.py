"""Interfaces of a session's sources."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from g2gbench.sources.i420 import Buffer


class Source(Protocol):
    """A video of I420 pictures, addressed by frame number: whoever publishes sets the pace."""

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
        """Frames a second; where they come at uneven times, on average."""
        ...

    def due_ns(self, number: int) -> int:
        """Return when a frame is due, in ns after frame 0."""
        ...

    def render(self, number: int, into: Buffer) -> None:
        """Write the whole picture of one frame into ``width * height * 3 / 2`` bytes."""
        ...


def peak_fps(source: Source | LiveSource) -> float:
    """Frames a second where they come closest to each other: ``fps`` but for uneven times."""
    return float(getattr(source, "peak_fps", source.fps))


@runtime_checkable
class LiveSource(Protocol):
    """A device that sets the pace itself."""

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
        """Frames a second, as the device says."""
        ...

    def capture(self, into: Buffer) -> int | None:
        """Wait for the next picture and write it; when it came, in ns of the monotonic clock.

        None when the device is gone.
        """
        ...
