"""The page's commands in a real headless Chromium, without a room."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from g2gbench.browser import chromium
from g2gbench.browser.page import Page, PageFailed

COMMAND = chromium.find(os.environ)
pytestmark = [
    pytest.mark.session,
    pytest.mark.skipif(COMMAND is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"),
]
TRACK: dict[str, Any] = {"maxBitrate": 1_000_000, "maxFramerate": 30}


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    """A page with a track to publish."""
    made = Page(lambda *_: None, lambda _: None, lambda _: None)
    assert COMMAND is not None
    browser = await chromium.Chromium.start(COMMAND, await made.serve())
    try:
        await made.ready()
        await made.call("open", servers=[])
        await made.call("start", interval=40, width=64, height=48)
        yield made
    finally:
        await made.close()
        await browser.end()


async def test_a_track_is_published_as_told_or_refused(page: Page) -> None:
    with pytest.raises(PageFailed, match="this browser takes no content hint loud"):
        await page.call("publish", codec="vp8", contentHint="loud", **TRACK)
    with pytest.raises(PageFailed, match="this browser does not encode vp7"):
        await page.call("publish", codec="vp7", contentHint="", **TRACK)
    for hint in ("", "motion", "detail", "text"):
        assert (await page.call("publish", codec="vp8", contentHint=hint, **TRACK))["id"]
    offer = await page.call("offer")
    assert "a=sendonly" in offer["sdp"]
