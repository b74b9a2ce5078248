"""What a page is given of its frames ahead of their time."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import numpy as np
import pytest

from g2gbench import marker
from g2gbench.browser import draw_commands
from g2gbench.browser.frame_feed import FrameFeed, LayeredFrames, MarkersAlone, WholeFrames, feed_of
from g2gbench.browser.page_stream import AHEAD, PageStream
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.sources import SyntheticSource
from g2gbench.sources.page_camera import PageCameraSource
from g2gbench.sources.source import Source
from tests.browser.pages import Taking

ORDER = struct.Struct("<IIIId")
BLOCK = 192 * 32


OPTIONS = CaptureOptions(
    mirrored=False,
    marker=marker.get("v2"),
    first_number=2**24 - 1,
    on_capture=lambda _: None,
)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (SyntheticSource("street", 640, 360, 30, 1), LayeredFrames),
        (SyntheticSource("flat", 640, 360, 30, 1), WholeFrames),
        (PageCameraSource(640, 360, 30), MarkersAlone),
    ],
)
def test_a_source_is_sent_as_what_takes_the_least(source: Source, kind: type[FrameFeed]) -> None:
    assert isinstance(feed_of(source, OPTIONS), kind)


async def test_markers_alone_go_ahead_and_each_can_be_read() -> None:
    page: Any = Taking()
    stream = PageStream(PageCameraSource(640, 360, 30), page, OPTIONS)
    stream.start()
    found: list[tuple[int, int | None]] = []
    while len(found) < AHEAD:
        message = await asyncio.wait_for(page.messages.get(), 10)
        assert struct.unpack_from("<I", message)[0] == draw_commands.ORDERS
        for begin in range(8, len(message), ORDER.size + BLOCK):
            frame_id, steps, width, height, _ = ORDER.unpack_from(message, begin)
            assert (steps, width, height) == (0, 192, 32)
            luma = np.frombuffer(message, np.uint8, BLOCK, begin + ORDER.size)
            found.append((frame_id, marker.get("v2").read(luma.reshape(32, 192))))
    numbers = [(i, (2**24 - 1 + i) % 2**24) for i in range(AHEAD)]  # it wraps
    assert found == numbers
    stream.dispose()
