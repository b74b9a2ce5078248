"""The page's other half: what serves it, commands it, and takes what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import WSMsgType, web

from g2gbench.browser.clock import Bounds, Exchange, PageClock
from g2gbench.errors import G2GBenchError
from g2gbench.process.local_http import Site, guard

log = logging.getLogger(__name__)
HOST: Final = "127.0.0.1"
STATIC: Final = Path(__file__).with_name("static")
FILES: Final = (
    "page.js",
    "alone.js",
    "display.js",
    "drawing.js",
    "outgoing.js",
    "incoming.js",
    "corner.js",
)
CALL_S: Final = 10.0
READY_S: Final = 20.0
_FIRST_PINGS: Final = 20
# A busy machine answers late: it is asked until the clock is known well enough, or for so long.
_WELL_KNOWN_MS: Final = 0.5
_ALIGN_S: Final = 4.0
_PONG_S: Final = 0.4
_PING_S: Final = 1.0
# A page that shares its process with no other origin is given a finer clock.
_ISOLATED: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy": "default-src 'self'; img-src data:",
    "Cache-Control": "no-store",
}


class PageFailed(G2GBenchError):  # noqa: N818 - says what happened
    """The page refused a command, or is gone."""


class Page:
    """One page, over one WebSocket.

    Args:
        on_event: called with what happened in the page: a name and its details.
        on_captured: called for each frame that was handed to the encoder, or skipped.
        on_corners: called with a batch of the corners of remote frames.
        on_displayed: called for each remote frame that was presented, where the page displays.

    """

    def __init__(
        self,
        on_event: Callable[[str, dict[str, object]], None],
        on_captured: Callable[[dict[str, object]], None],
        on_corners: Callable[[bytes], None],
        on_displayed: Callable[[dict[str, object]], None] = lambda _: None,
    ) -> None:
        self.gone = asyncio.Event()
        self.clock = PageClock(0.0)
        self._on_event = on_event
        self._on_captured = on_captured
        self._on_corners = on_corners
        self._on_displayed = on_displayed
        self._token = secrets.token_urlsafe(16)
        self._site: Site | None = None
        self._socket: web.WebSocketResponse | None = None
        self._there = asyncio.Event()
        self._calls: dict[int, asyncio.Future[dict[str, object]]] = {}
        self._numbers = itertools.count(1)
        self._pings: dict[int, int] = {}
        self._answered = asyncio.Event()
        self._bounds = Bounds()
        self._pinging: asyncio.Task[None] | None = None
        self._keeping: set[asyncio.Task[None]] = set()

    async def serve(self) -> str:
        """Serve the page on loopback; its address, which nobody else knows."""
        app = web.Application(middlewares=[guard("own")])
        app.router.add_get("/", self._index)
        app.router.add_get("/socket", self._connected)
        for name in FILES:
            app.router.add_get(f"/{name}", self._file)
        self._site = Site(app)
        return f"http://{HOST}:{await self._site.start(HOST)}/#{self._token}"

    async def ready(self) -> dict[str, object]:
        """Until the page is there and its clock is known; what it says of itself.

        Raises PageFailed when it does not come.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._there.wait(), READY_S)
        if not self._there.is_set():
            raise PageFailed(f"the page did not come up within {READY_S:g} s")
        latest = time.monotonic() + _ALIGN_S
        for count in itertools.count(1):
            await self._ping()
            known = self._bounds.width_ms <= _WELL_KNOWN_MS or time.monotonic() > latest
            if known and count >= _FIRST_PINGS:
                break
        if self._bounds == Bounds():
            raise PageFailed("the page came up, but answers nothing")
        self.clock = self._bounds.clock()
        self._pinging = asyncio.ensure_future(self._keep_pinging())
        return await self.call("hello")

    @property
    def clock_error_ms(self) -> float | None:
        """By how much `clock` may be wrong at most, by all exchanges; None before the first."""
        return None if self._bounds == Bounds() else self._bounds.error_ms(self.clock)

    async def call(self, command: str, **given: object) -> dict[str, Any]:
        """Have a command done, after those before it; its answer. Raises PageFailed."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
        self._calls[number] = answer
        try:
            await self._send({"id": number, "command": command, **given})
            # Not wait_for: it swallows a cancellation that comes together with the answer, and who
            # asks again and again would never end.
            async with asyncio.timeout(CALL_S):
                return await answer
        except TimeoutError:
            raise PageFailed(f"the page did not do {command!r} within {CALL_S:g} s") from None
        finally:
            self._calls.pop(number, None)

    async def send_frame(self, data: bytes) -> None:
        """Give the page one frame to send, once it is there. Raises PageFailed when it is gone."""
        await self._there.wait()
        socket = self._socket
        if socket is None or socket.closed:
            raise PageFailed("the page is gone")
        try:
            await socket.send_bytes(data)
        except (ConnectionError, RuntimeError) as error:
            raise PageFailed("the page is gone") from error

    def keep(self, at_ms: float) -> None:
        """Have the picture kept that came at this time of the page's, if it has it still."""
        task = asyncio.ensure_future(self._keep(at_ms))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep(self, at_ms: float) -> None:
        with contextlib.suppress(PageFailed):  # it is gone, and its pictures with it
            await self._send({"keep": at_ms})

    async def close(self) -> None:
        """Serve it no more; safe to call again."""
        if self._pinging is not None:
            self._pinging.cancel()
        self._there.set()  # nobody may wait for it any more
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._socket.close(), 1.0)
        if self._site is not None:
            await self._site.stop()

    # -- what the page is given

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers=_ISOLATED)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / request.path.lstrip("/"), headers=_ISOLATED)

    # -- what it says

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        given = request.query.get("token", "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPForbidden(text="another page is measured here")
        if self._socket is not None:
            raise web.HTTPConflict(text="the page is there already")
        self._socket = socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        self._there.set()
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._read(message.data, time.monotonic_ns())
                elif message.type == WSMsgType.BINARY:
                    self._on_corners(message.data)
        finally:
            self._lost()
        return socket

    def _read(self, text: str, now_ns: int) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict):
            self._on_message(message, now_ns)
        else:
            log.debug("a message that is none of the page's")

    def _on_message(self, message: dict[str, Any], now_ns: int) -> None:
        if "captured" in message:
            for capture in message["captured"]:
                self._on_captured(capture)
        elif "displayed" in message:
            for capture in message["displayed"]:
                self._on_displayed(capture)
        elif "pong" in message:
            sent_ns = self._pings.pop(message["pong"], None)
            if sent_ns is not None:
                self._bounds = self._bounds.narrowed(Exchange(sent_ns, message["at"], now_ns))
                self._answered.set()
        elif "event" in message:
            name = message.pop("event")
            self._on_event(name, message)
        elif (answer := self._calls.get(message.get("id", 0))) and not answer.done():
            refusal = message.get("error") or message["result"].get("refused")
            if refusal:
                answer.set_exception(PageFailed(f"the page says: {refusal}"))
            else:
                answer.set_result(message["result"])

    def _lost(self) -> None:
        self.gone.set()
        self._answered.set()
        for answer in self._calls.values():
            if not answer.done():
                answer.set_exception(PageFailed("the page is gone"))

    async def _ping(self) -> None:
        number = next(self._numbers)
        self._answered.clear()
        self._pings[number] = time.monotonic_ns()
        await self._send({"ping": number})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PONG_S):  # the next one must not meet it on its way
                await self._answered.wait()

    async def _keep_pinging(self) -> None:
        with contextlib.suppress(PageFailed):
            while True:
                await asyncio.sleep(_PING_S)
                await self._ping()

    async def _send(self, message: dict[str, Any]) -> None:
        socket = self._socket
        if socket is None or socket.closed:
            raise PageFailed("the page is gone")
        try:
            await socket.send_str(json.dumps(message))
        except (ConnectionError, RuntimeError) as error:
            raise PageFailed("the page is gone") from error
