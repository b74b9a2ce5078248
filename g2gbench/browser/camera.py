"""The page's own camera: its frames are stamped there, with markers that come ahead of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from g2gbench.browser import drawing
from g2gbench.browser.pictures import Feed, PageStream
from g2gbench.marker import Marker
from g2gbench.sources.source import Source


class CameraStream(PageStream):
    """What the page publishes of its camera: a frame is due when it comes, and none is skipped."""

    def _feed_of(self, source: Source, marker: Marker, *, mirrored: bool) -> Feed:
        return _Markers(drawing.Stamps(marker, source.width, source.height), self._number)


class _Markers:
    """Markers alone: what they are laid on is in the page."""

    def __init__(self, stamps: drawing.Stamps, number: Callable[[int], int]) -> None:
        self._stamps = stamps
        self._number = number

    def opening(self) -> bytes | None:
        """Nothing."""
        return None

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """One message for all."""
        yield drawing.orders(
            drawing.order(frame_id, 0.0, (), self._stamps(self._number(frame_id)))
            for frame_id in ids
        )
