"""Pictures that a page keeps, against a page that is played by a WebSocket."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from g2gbench.browser.marker_crops import corners
from g2gbench.browser.page import Page
from g2gbench.client.frame_sampler import SampledFrame
from g2gbench.client.page_frame_store import PageFrameStore
from g2gbench.errors import UnreachableError
from g2gbench.marker import Luma
from tests.browser.pages import Played, play

WHOLE = 1 << 31


def picture(tag: int) -> Luma:
    return np.full((48, 64), tag, np.uint8)


def handed_over(at_ms: float, luma: Luma) -> bytes:
    height, width = luma.shape
    sizes = (width, height, width, height, 0, width, 0)
    body = struct.pack("<dIHHHHIII", at_ms, WHOLE, *sizes) + luma.tobytes()
    return struct.pack("<I", len(body)) + body


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    made = Page(lambda *_: None, lambda _: None, lambda _: None)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def played(page: Page) -> AsyncIterator[Played]:
    async with aiohttp.ClientSession() as session:
        made = await play(page, session)
        await page.ready()
        made.asked.get_nowait()  # the hello
        yield made
        await made.close()


async def test_a_picture_is_asked_for_once_and_handed_over_when_all_is_over(
    page: Page, played: Played
) -> None:
    store = PageFrameStore(page)
    corner = picture(0)
    times = [page.clock.ns(at_ms) for at_ms in (100.25, 133.5)]
    reader = threading.Thread(
        target=lambda: [store.put(received_ns, corner) for received_ns in (*times, times[1])]
    )
    reader.start()
    asked = [await asyncio.wait_for(played.asked.get(), 10) for _ in times]
    reader.join()
    assert [one["keep"] for one in asked] == pytest.approx([100.25, 133.5], abs=1e-3)
    for at_ms, tag in ((100.25, 7), (133.5, 8)):
        (whole,) = corners(handed_over(at_ms, picture(tag)))
        store.came(whole)
    played.answers["pictures"] = {"result": {"left": 0}}
    kept = [
        SampledFrame(0, 0, times[0], corner),
        SampledFrame(1, 1, times[1], corner),
        SampledFrame(2, 1, times[1], corner),
    ]
    found = await store.pictures(kept)
    assert [(one.frame_id, int(one.luma[0, 0])) for one in found] == [(0, 7), (1, 8), (2, 8)]
    assert played.asked.get_nowait()["command"] == "pictures"
    assert played.asked.empty()


async def test_a_picture_that_was_gone_is_left_out_and_told_of(
    page: Page, played: Played, caplog: pytest.LogCaptureFixture
) -> None:
    store = PageFrameStore(page)
    times = [page.clock.ns(at_ms) for at_ms in (100.25, 133.5)]
    kept = [
        SampledFrame(n, n, at_ns, store.put(at_ns, picture(0))) for n, at_ns in enumerate(times)
    ]
    (whole,) = corners(handed_over(133.5, picture(8)))
    store.came(whole)
    played.answers["pictures"] = {"result": {"left": 0}}
    assert [one.frame_id for one in await store.pictures(kept)] == [1]
    assert "the page had evicted 1 pictures" in caplog.text


async def test_a_page_that_is_gone_has_its_pictures_with_it(page: Page, played: Played) -> None:
    store = PageFrameStore(page)
    await played.close()
    await page.gone.wait()
    with pytest.raises(UnreachableError, match="the page is gone"):
        await store.pictures([])
