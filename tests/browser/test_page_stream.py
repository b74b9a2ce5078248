"""Frames that the page is sent ahead of their time, and what becomes of its answers."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from g2gbench import marker
from g2gbench.browser import draw_commands
from g2gbench.browser.page_stream import AHEAD, PageStream
from g2gbench.errors import InputError
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.media.frames import CapturedFrame, CaptureEvent, SkippedFrame
from g2gbench.realtime.errors import RealtimeError
from g2gbench.sources import SyntheticSource
from g2gbench.sources.i420 import Buffer
from tests.browser.pages import Taking


class Streaming:
    """A stream into such a page."""

    def __init__(self, content: str) -> None:
        self.page = Taking()
        self.events: list[CaptureEvent] = []
        self.ids: list[int] = []
        page: Any = self.page
        self.stream = PageStream(
            SyntheticSource(content, 256, 64, 25, 1),
            page,
            CaptureOptions(
                mirrored=False,
                marker=marker.get("v1"),
                first_number=65_535,
                on_capture=self.events.append,
                on_frame_id=self.ids.append,
            ),
        )


@pytest_asyncio.fixture
async def laid() -> AsyncIterator[Streaming]:
    made = Streaming("street")
    yield made
    made.stream.dispose()


async def test_layers_go_ahead_of_everything_and_frames_wait_for_the_start(laid: Streaming) -> None:
    assert await laid.page.kind() == draw_commands.LAYERS
    assert laid.page.messages.empty()
    laid.stream.start()
    laid.stream.start()
    assert await laid.page.kind() == draw_commands.ORDERS


async def test_whole_pictures_go_one_by_one_and_only_so_far_ahead() -> None:
    whole = Streaming("flat")
    whole.stream.start()
    ids = [
        struct.unpack_from("<II", await asyncio.wait_for(whole.page.messages.get(), 10))
        for _ in range(AHEAD)
    ]
    assert ids == [(draw_commands.PICTURE, i) for i in range(AHEAD)]
    whole.stream.handed_over({"id": 0, "due": 5.0, "at": 6.5})
    _, following = struct.unpack_from("<II", await asyncio.wait_for(whole.page.messages.get(), 10))
    assert following == AHEAD
    whole.stream.dispose()
    with pytest.raises(RealtimeError, match="disposed"):
        whole.stream.start()


async def test_what_the_page_says_of_frames_is_in_the_ledger(laid: Streaming) -> None:
    laid.stream.handed_over({"id": 1, "due": 5.0, "at": 6.5})
    laid.stream.handed_over({"id": 2, "due": 45.0, "skipped": True})
    ms = 1_000_000
    # The marker's number has wrapped.
    assert laid.events == [CapturedFrame(1, 0, 5 * ms, 6_500_000), SkippedFrame(2, 45 * ms)]
    assert laid.ids == [1]


async def test_a_page_that_is_gone_ends_the_feeding() -> None:
    whole = Streaming("flat")
    whole.page.is_gone = True
    whole.stream.start()
    feeder = whole.stream._feeder
    await asyncio.to_thread(feeder.join, 10)
    assert not feeder.is_alive()
    whole.stream.dispose()


async def test_the_end_waits_for_nothing_that_waits_for_the_event_loop(laid: Streaming) -> None:
    assert await laid.page.kind() == draw_commands.LAYERS
    laid.page.sent = asyncio.Event()  # never set: the next message stays under way
    laid.stream.start()
    assert await laid.page.kind() == draw_commands.ORDERS
    laid.stream.dispose()
    assert not [thread for thread in threading.enumerate() if thread.name == "feeder"]


class Breaks(SyntheticSource):
    """Has no picture from a number on."""

    peak_fps = 50.0

    def render(self, number: int, into: Buffer) -> None:
        if number >= 3:
            raise InputError("clip.mp4: no such file")
        super().render(number, into)


async def test_a_source_that_breaks_is_told_with_its_reason() -> None:
    page: Any = Taking()
    lost: asyncio.Queue[str] = asyncio.Queue()
    stream = PageStream(
        Breaks("flat", 256, 64, 25, 1),
        page,
        CaptureOptions(
            mirrored=False,
            marker=marker.get("v1"),
            first_number=0,
            on_capture=lambda _: None,
            on_lost=lost.put_nowait,
        ),
    )
    assert (stream.fps, stream.peak_fps) == (25, 50)
    stream.start()
    assert await asyncio.wait_for(lost.get(), 10) == "the source: clip.mp4: no such file"
    stream.dispose()
