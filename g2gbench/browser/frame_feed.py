"""Feeds of a page's frames: whole frames, layers and draw commands, or markers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

import numpy as np

from g2gbench.browser import draw_commands
from g2gbench.marker import Marker
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.sources import SyntheticSource, mirror
from g2gbench.sources.layers import Layered
from g2gbench.sources.page_camera import PageCameraSource
from g2gbench.sources.source import LiveSource, Source

MarkerValue: TypeAlias = Callable[[int], int]
"""From a frame's id to what is stamped into it."""


class FrameFeed(Protocol):
    """Messages of which the page makes frames."""

    def opening(self) -> bytes | None:
        """Return the message that precedes the first frame."""

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """Messages with these frames."""


def feed_of(source: Source, options: CaptureOptions) -> FrameFeed:
    """The feed that sends the least for this source."""
    if isinstance(source, PageCameraSource):
        stamps = draw_commands.Stamps(options.marker, source.width, source.height)
        return MarkersAlone(stamps, options.marker_value)
    laid = source.layered if isinstance(source, SyntheticSource) else None
    if isinstance(source, SyntheticSource) and laid is not None:
        return LayeredFrames(source, laid, options)
    return WholeFrames(source, options)


class WholeFrames:
    """Each picture drawn and stamped here."""

    def __init__(self, source: Source, options: CaptureOptions) -> None:
        self._source = _mirrored(source) if options.mirrored else source
        self._marker: Marker = options.marker
        self._marker_value: MarkerValue = options.marker_value
        size = source.width * source.height
        self._picture = bytearray(size * 3 // 2)
        luma = np.frombuffer(self._picture, np.uint8, count=size)
        self._luma = luma.reshape(source.height, source.width)

    def opening(self) -> bytes | None:
        """Nothing."""
        return None

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """A message each."""
        for frame_id in ids:
            self._source.render(frame_id, self._picture)
            self._marker.stamp(self._luma, self._marker_value(frame_id))
            yield draw_commands.picture(
                frame_id, self._source.due_ns(frame_id) / 1e6, self._picture
            )


class LayeredFrames:
    """Layers once, then what is laid where: a picture a frame would be megabytes a second."""

    def __init__(self, source: SyntheticSource, laid: Layered, options: CaptureOptions) -> None:
        self._source = source
        self._laid = laid
        self._mirrored = options.mirrored
        self._marker_value: MarkerValue = options.marker_value
        self._stamps = draw_commands.Stamps(options.marker, source.width, source.height)

    def opening(self) -> bytes | None:
        """The layers."""
        width, height = self._source.width, self._source.height
        return draw_commands.layers(width, height, self._laid.layers, mirrored=self._mirrored)

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """One message for all."""
        yield draw_commands.draw_commands(
            draw_commands.draw_command(
                frame_id,
                self._source.due_ns(frame_id) / 1e6,
                self._source.steps(frame_id),
                self._stamps(self._marker_value(frame_id)),
            )
            for frame_id in ids
        )


class MarkersAlone:
    """Markers for the frames of the page's own camera, which are due when they come."""

    def __init__(self, stamps: draw_commands.Stamps, marker_value: MarkerValue) -> None:
        self._stamps = stamps
        self._marker_value = marker_value

    def opening(self) -> bytes | None:
        """Nothing."""
        return None

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """One message for all."""
        yield draw_commands.draw_commands(
            draw_commands.draw_command(
                frame_id, 0.0, (), self._stamps(self._marker_value(frame_id))
            )
            for frame_id in ids
        )


def _mirrored(source: Source) -> Source:
    flipped = mirror.mirrored(source)
    assert not isinstance(flipped, LiveSource)  # a picture by number stays one
    return flipped
