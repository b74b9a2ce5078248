"""A person's own browser as what carries a trial's media."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from g2gbench.browser.camera import CameraStream
from g2gbench.browser.page import PageFailed
from g2gbench.client.media import BrowserMedia
from g2gbench.errors import InputError, UnreachableError
from g2gbench.media.frame_publisher import CAMERA_GONE
from g2gbench.realtime.streams import LocalStream
from g2gbench.sources.elsewhere import ElsewhereSource
from g2gbench.sources.source import LiveSource, Source

_AGENTS: Final[Mapping[str, str]] = {  # a later one's agent names the earlier ones too
    "firefox": r"Firefox/([\d.]+)",
    "edge": r"Edg/([\d.]+)",
    "chromium": r"Chrom\w*/([\d.]+)",
    "safari": r"Version/([\d.]+).*Safari/",
}


class LiveMedia(BrowserMedia):
    """A page that somebody opens: it is waited for, and nothing of it is a child of ours."""

    kind = "live"
    _camera_lost: Callable[[str], None]

    @classmethod
    async def start(
        cls,
        stamped_size: tuple[int, int] | None,
        *,
        display: bool = False,
        content_hint: str = "none",
    ) -> LiveMedia:
        """Serve the page's socket; ``address`` says where."""
        media = cls(stamped_size, display=display, content_hint=content_hint)
        media.address = await media._page.serve()
        return media

    async def ready(self) -> None:
        """Until the page is there. Raises UnreachableError when it does not come."""
        try:
            hello = await self._page.ready()
        except PageFailed as error:
            raise UnreachableError(f"the page did not come: {error}") from error
        self._was_hidden = not hello["visible"]
        if hello.get("path") == "canvas":
            self.kind = "live (canvas)"
        self.versions = named(str(hello["agent"]))
        self._watching = asyncio.ensure_future(self._watch())

    def local(self, source: Source | LiveSource, *, mirrored: bool, **given: Any) -> LocalStream:
        """What the page publishes: what it is sent, or its own camera. Raises InputError."""
        self._camera_lost = given["on_lost"]
        if not isinstance(source, ElsewhereSource):
            return super().local(source, mirrored=mirrored, **given)
        if mirrored:
            raise InputError("source.mirror: a page's own camera is not mirrored; allowed: off")
        del given["on_lost"]
        self._on_record = given["on_record"]
        self._stream = CameraStream(source, self._page, mirrored=False, **given)
        return self._stream

    def _event(self, name: str, detail: dict[str, Any]) -> None:
        if name == "camera_lost":
            self._camera_lost(CAMERA_GONE)
        else:
            super()._event(name, detail)

    async def _watch(self) -> None:
        """Until the page is gone, and nobody wanted it."""
        await self._page.gone.wait()
        reason = "the page is gone: its tab was closed or reloaded, or the browser ended"
        self._lost(reason, "page")


def named(agent: str) -> dict[str, str]:
    """The browser that a user agent names, with its version."""
    for name, pattern in _AGENTS.items():
        found = re.search(pattern, agent)
        if found:
            return {name: found[1]}
    return {"browser": agent}
