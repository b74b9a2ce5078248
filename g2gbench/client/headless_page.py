"""A page in a headless Chromium as what carries a trial's media."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from g2gbench.browser.chromium import ENABLE, Chromium, find
from g2gbench.browser.offers import ask, version_of
from g2gbench.browser.page import PageFailed
from g2gbench.browser.page_stream import PageStream
from g2gbench.client.page import PageMedia, PageOptions
from g2gbench.errors import InputError, UnreachableError
from g2gbench.measure.records import Cause
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.process.spawn import describe
from g2gbench.realtime.session import Connector
from g2gbench.sources.source import LiveSource, Source

if TYPE_CHECKING:  # the measured client starts sooner without the scenario
    from g2gbench.scenario import Scenario

log = logging.getLogger(__name__)
KIND = "browser"


class BrowserMedia:
    """A page in a headless Chromium, a child of this process."""

    kind = KIND
    address = ""

    def __init__(self, page: PageMedia, chromium: Chromium, version: str) -> None:
        self.versions = {"chromium": version}
        self.connector: Connector = page.connect
        self.listen = page.listen
        self.frame_store = page.frame_store
        self._page = page
        self._chromium = chromium
        page.watch(self._ended())

    @classmethod
    async def start(cls, asked: PageOptions) -> BrowserMedia:
        """Start the browser and its page.

        Raises InputError where there is no browser, UnreachableError when it does not come up.
        """
        command = _browser()
        page = PageMedia(asked)
        chromium: Chromium | None = None
        try:
            url = await page.page.serve()
            chromium = await Chromium.start(command, url)
            hello = await page.hello()
            if not (hello["generator"] and hello["processor"]):
                raise UnreachableError(
                    "this browser cannot hand over frames (MediaStreamTrackGenerator and "
                    "MediaStreamTrackProcessor are missing): use a Chromium"
                )
        except BaseException as error:
            await page.close()
            if chromium is not None:
                await chromium.end()
            if isinstance(error, PageFailed):
                raise UnreachableError(f"the browser did not come up: {error}") from error
            raise
        return cls(page, chromium, version_of(str(hello["agent"])))

    def local(self, source: Source | LiveSource, options: CaptureOptions) -> PageStream:
        """Return the page's stream; raises InputError for a device that sets its own pace."""
        if isinstance(source, LiveSource):
            raise InputError("client.kind: browser takes no camera yet: use the native client")
        return self._page.publish(source, options)

    async def ready(self) -> None:
        """Return at once: the page was there when it was started."""

    async def close(self) -> None:
        """End the page and its browser; safe to call again."""
        await self._page.close()
        await self._chromium.end()

    async def _ended(self) -> tuple[str, Cause]:
        """Wait until the browser or its page is gone; the reason, and what kind of ending it is."""
        ended = asyncio.ensure_future(self._chromium.wait())
        closed = asyncio.ensure_future(self._page.page.gone.wait())
        try:
            await asyncio.wait({ended, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():  # a page that goes with its browser is noticed first
                await asyncio.wait({ended}, timeout=0.5)
            if ended.done():
                return f"the browser ended ({describe(ended.result())})", "browser"
            return "the page is gone: its tab was closed, or crashed", "page"
        finally:
            ended.cancel()
            closed.cancel()


async def check(scenarios: Iterable[Scenario]) -> None:
    """Ask the browser once for the codecs of all that measure through one, before anything runs.

    Raises InputError where there is no browser, or it does not offer one of them. One that does not
    come up is left to the trial, which keeps what it says.
    """
    codecs = dict.fromkeys(one.publish.codec for one in scenarios if one.client.kind == KIND)
    if not codecs:
        return
    try:
        offers = await ask(_browser())
    except (UnreachableError, PageFailed) as error:
        log.warning("the browser could not be asked for its codecs: %s", error)
        return
    refused = [why for codec in codecs if (why := offers.why_not(codec))]
    if refused:
        raise InputError(f"publish.codec: {'; '.join(refused)}")


def _browser() -> str:
    command = find(ENVIRONMENT)
    if command is None:
        raise InputError(f"client.kind: browser needs Chromium: {ENABLE}")
    return command
