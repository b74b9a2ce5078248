"""Media of a trial through a page, whoever opened it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from g2gbench.browser.connection import PageConnection
from g2gbench.browser.marker_crops import corners
from g2gbench.browser.page import Page
from g2gbench.browser.page_stream import PageStream
from g2gbench.client.media import Journal, Lost
from g2gbench.client.page_frame_store import PageFrameStore
from g2gbench.measure.records import Cause, Displayed, Event, Scalar
from g2gbench.media.frame_publisher import CAMERA_GONE, CaptureOptions
from g2gbench.realtime.connection import Connection, Hooks
from g2gbench.realtime.session_state import SessionStateMachine
from g2gbench.sources.source import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Options of a page.

    ``stamped_size``: (width, height) at which the markers of what comes back were stamped; None:
    not known. ``display``: whether it shows what comes back. ``content_hint``: of the track that it
    sends, as the W3C names them.
    """

    stamped_size: tuple[int, int] | None
    display: bool = False
    content_hint: str = "none"


class PageMedia:
    """Publishes through a page, shows there what comes back, and keeps pictures there."""

    def __init__(self, asked: PageOptions) -> None:
        self.page = Page(self._event, self._captured, self._corners, self._displayed)
        self._asked = asked
        self._frame_store = PageFrameStore(self.page)
        self._keeps = False
        self._stream: PageStream | None = None
        self._options: CaptureOptions | None = None
        self._connection: PageConnection | None = None
        self._journal: Journal = lambda _: None
        self._lost: Lost = lambda *_: None
        self._watching: asyncio.Task[None] | None = None
        self._was_hidden = False

    def listen(self, journal: Journal, lost: Lost) -> None:
        """Take what happens to it, and its loss."""
        self._journal, self._lost = journal, lost

    async def hello(self) -> dict[str, object]:
        """Wait for the page, and for what it says of itself. Raises PageFailed."""
        hello = await self.page.ready()
        self._was_hidden = not hello["visible"]
        return hello

    def watch(self, ended: Coroutine[object, object, tuple[str, Cause]]) -> None:
        """Report the page as lost when ``ended`` returns, with the reason that it gives."""
        self._watching = asyncio.ensure_future(self._watch(ended))

    async def _watch(self, ended: Coroutine[object, object, tuple[str, Cause]]) -> None:
        self._lost(*await ended)

    def publish(self, source: Source, options: CaptureOptions) -> PageStream:
        """The stream that the page publishes."""
        self._options = options
        self._stream = PageStream(source, self.page, options)
        return self._stream

    def frame_store(self, room: int) -> PageFrameStore:
        """In the page."""
        self._keeps = room > 0
        return self._frame_store

    def connect(self, number: int, machine: SessionStateMachine, hooks: Hooks) -> Connection:
        """Make the connection of an attempt."""
        self._connection = PageConnection(
            number,
            machine,
            hooks,
            self.page,
            self._asked.stamped_size,
            display=self._asked.display,
            content_hint=self._asked.content_hint,
            keeps=self._keeps,
        )
        return self._connection

    async def close(self) -> None:
        """End the page; safe to call again."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
            facts = {"clock_error_ms": self.page.clock_error_ms, "hidden": self._was_hidden}
            self._happened("page", **facts)
        await self.page.close()

    # -- what the page tells

    def _event(self, name: str, detail: dict[str, object]) -> None:
        if name == "visibility":
            self._was_hidden |= detail["state"] != "visible"
        elif name == "camera_lost":
            if self._options is not None:
                self._options.on_lost(CAMERA_GONE)
        elif name in ("script_error", "candidate_refused"):
            log.warning("the page: %s: %s", name, detail["message"])
            self._happened(f"page_{name}", message=str(detail["message"]))
        elif self._connection is not None:
            self._connection.happened(name, detail)

    def _happened(self, name: str, **detail: Scalar) -> None:
        self._journal(Event(time.monotonic_ns(), name, detail))

    def _captured(self, capture: dict[str, object]) -> None:
        if self._stream is not None:
            self._stream.handed_over(capture)

    def _displayed(self, display: dict[str, Any]) -> None:
        at_ns = self.page.clock.ns(display["at"])
        self._journal(Displayed(at_ns, int(display["rtp"]), int(display["presented"])))

    def _corners(self, batch: bytes) -> None:
        for corner in corners(batch):
            if corner.kept:
                self._frame_store.came(corner)
            elif self._connection is not None:
                self._connection.arrived(corner)
