"""A person's own browser as what carries a trial's media."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from g2gbench.browser.page import PageFailed
from g2gbench.browser.page_stream import PageStream
from g2gbench.client.page import PageMedia, PageOptions
from g2gbench.errors import InputError, UnreachableError
from g2gbench.measure.records import Cause
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.realtime.session import Connector
from g2gbench.sources.page_camera import PageCameraSource
from g2gbench.sources.source import LiveSource, Source

_AGENTS: Final[Mapping[str, str]] = {  # a later one's agent names the earlier ones too
    "firefox": r"Firefox/([\d.]+)",
    "edge": r"Edg/([\d.]+)",
    "chromium": r"Chrom\w*/([\d.]+)",
    "safari": r"Version/([\d.]+).*Safari/",
}


class LiveMedia:
    """A page that somebody opens: it is waited for, and its browser is no child of this process."""

    def __init__(self, page: PageMedia, address: str) -> None:
        self.kind = "live"
        self.address = address
        self.versions: dict[str, str] = {}
        self.connector: Connector = page.connect
        self.listen = page.listen
        self.frame_store = page.frame_store
        self._page = page

    @classmethod
    async def start(cls, asked: PageOptions) -> LiveMedia:
        """Serve the page's socket; ``address`` says where."""
        page = PageMedia(asked)
        return cls(page, await page.page.serve())

    def local(self, source: Source | LiveSource, options: CaptureOptions) -> PageStream:
        """Return the page's stream of sent frames, or of its own camera. Raises InputError."""
        if isinstance(source, LiveSource):
            raise InputError("client.kind: live takes the page's own camera alone")
        if isinstance(source, PageCameraSource) and options.mirrored:
            raise InputError("source.mirror: a page's own camera is not mirrored; allowed: off")
        return self._page.publish(source, options)

    async def ready(self) -> None:
        """Wait for the page. Raises UnreachableError when it does not come."""
        try:
            hello = await self._page.hello()
        except PageFailed as error:
            raise UnreachableError(f"the page did not come: {error}") from error
        if hello.get("path") == "canvas":
            self.kind = "live (canvas)"
        self.versions = named(str(hello["agent"]))
        self._page.watch(self._ended())

    async def close(self) -> None:
        """End the page's socket; safe to call again."""
        await self._page.close()

    async def _ended(self) -> tuple[str, Cause]:
        """Wait until the page is gone; the reason, and what kind of ending it is."""
        await self._page.page.gone.wait()
        return "the page is gone: its tab was closed or reloaded, or the browser ended", "page"


def named(agent: str) -> dict[str, str]:
    """The browser that a user agent names, with its version."""
    for name, pattern in _AGENTS.items():
        found = re.search(pattern, agent)
        if found:
            return {name: found[1]}
    return {"browser": agent}
