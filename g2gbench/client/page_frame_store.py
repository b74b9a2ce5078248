"""Pictures that a page decodes: it keeps them until the session is over."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

from g2gbench.browser.marker_crops import Corner
from g2gbench.browser.page import Page, PageFailed
from g2gbench.client.frame_sampler import SampledFrame
from g2gbench.errors import UnreachableError
from g2gbench.marker import Luma

log = logging.getLogger(__name__)
_AT_A_TIME: Final = 8  # pictures in one message: a few MB


class PageFrameStore:
    """Pictures that a page keeps, and hands over when the session is over.

    What represents a picture until then is what came of it: its corner.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._loop = asyncio.get_running_loop()
        self._wanted: set[int] = set()
        self._pictures: dict[int, Luma] = {}

    def warm(self, luma: Luma, room: int) -> None:
        """Nothing: the page has used its memory by the time that anything is measured."""

    def put(self, received_ns: int, luma: Luma) -> Luma:
        """Have the page keep it, once."""
        if received_ns not in self._wanted:
            self._wanted.add(received_ns)
            at_ms = self._page.clock.page_ms(received_ns)
            self._loop.call_soon_threadsafe(self._page.keep, at_ms)
        return luma

    def came(self, picture: Corner) -> None:
        """Take a picture that the page hands over."""
        self._pictures[self._page.clock.ns(picture.at_ms)] = picture.luma()

    async def pictures(self, kept: list[SampledFrame]) -> list[SampledFrame]:
        """Have them handed over, some at a time. Raises UnreachableError.

        A picture that the page has evicted by then is left out with a warning.
        """
        left = 1
        while left:
            try:
                left = (await self._page.call("pictures", most=_AT_A_TIME))["left"]
            except PageFailed as error:
                raise UnreachableError(str(error)) from error
        missing = len(self._wanted - self._pictures.keys())
        if missing:
            log.warning("the page had evicted %d pictures when they were asked for", missing)
        return [
            replace(one, luma=found)
            for one in kept
            if (found := self._pictures.get(one.received_ns)) is not None
        ]
