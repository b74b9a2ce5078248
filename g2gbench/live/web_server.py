"""Web server of the live page: its files, its two sockets, its images, and the reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from aiohttp import WSMsgType, web

from g2gbench.browser.page import FILES as PAGE_FILES
from g2gbench.browser.page import STATIC as PAGE_STATIC
from g2gbench.live.live_metrics import Message
from g2gbench.live.requests import Refused, parse, prompt_of
from g2gbench.live.session_manager import SessionManager
from g2gbench.process.local_http import Site as LocalSite
from g2gbench.process.local_http import guard, own_names
from g2gbench.process.temporary import make_folder
from g2gbench.realtime.images import MAX_BYTES
from g2gbench.report import REPORT_HTML
from g2gbench.report.figures.palette import stylesheet

STATIC: Final = Path(__file__).with_name("static")
FILES: Final = ("live.js", "plot.js", "camera.js", "canvas.js", "marks.js", "stamping.js")
_POLICY: Final = {
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# A page that shares its process with no other origin is given a finer clock.
_ISOLATED: Final = {
    **_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
}
_OF_A_REPORT: Final = {
    **_POLICY,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
}
_TAKEN: Final = (
    "This page is open in another tab or browser: one at a time can be measured. "
    "Close the other one, then load this one again."
)
_NO_TOKEN: Final = (
    "This address lacks its token: open the whole address that g2gbench live has printed."
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """The page's address: everything on it lies below a token.

    Args:
        host: the address to listen at.
        port: 0: any.
        tls: for HTTPS; None: HTTP.

    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._token = secrets.token_urlsafe(16)
        self._manager: SessionManager | None = None
        self._page: web.WebSocketResponse | None = None
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._server: LocalSite | None = None
        self._images: Path | None = None
        self._uploads = 0

    def send(self, message: Message) -> None:
        """Tell the page; when there is none, nobody."""
        if self._page is not None:
            self._outbox.put_nowait(message)

    async def start(self, manager: SessionManager) -> str:
        """Serve; the page's whole address. Raises OSError when the port is taken."""
        self._manager = manager
        self._images = make_folder("live")
        guarded = guard("own", (self._host, *own_names()))
        app = web.Application(client_max_size=MAX_BYTES, middlewares=[guarded])
        routes: Mapping[str, Handler] = {
            "/": self._index,
            "/live.css": self._style,
            "/socket": self._socket,
            "/media": self._media,
            "/report/{run}": self._report,
            **{f"/{name}": _file(STATIC / name) for name in FILES},
            **{f"/{name}": _file(PAGE_STATIC / name) for name in PAGE_FILES},
        }
        for path, handler in routes.items():
            app.router.add_get(f"/{{token}}{path}", self._guarded(handler))
        app.router.add_post("/{token}/image", self._guarded(self._image))
        app.router.add_get("/{rest:.*}", _without_token)
        self._server = LocalSite(app)
        port = await self._server.start(self._host, self._port, self._tls)
        scheme = "http" if self._tls is None else "https"
        shown = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{shown}:{port}/{self._token}/"

    async def stop(self) -> None:
        """Serve no more; safe to call again."""
        if self._page is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._page.close(), 1.0)
        if self._server is not None:
            await self._server.stop()
        if self._images is not None:
            shutil.rmtree(self._images, ignore_errors=True)

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.match_info["token"]
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                return await _without_token(request)
            return await handler(request)

        return guarded

    # -- what a browser is given

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "live.html", headers=_ISOLATED)

    async def _style(self, _: web.Request) -> web.StreamResponse:
        own = (STATIC / "live.css").read_text(encoding="utf-8")
        return web.Response(text=stylesheet() + own, content_type="text/css", headers=_ISOLATED)

    async def _report(self, request: web.Request) -> web.StreamResponse:
        runs = {run.path.name: run for run in self._manager_here().runs}
        run = runs.get(request.match_info["run"])
        if run is None:
            raise web.HTTPNotFound(text="There is no such report here.")
        return web.FileResponse(run.path / REPORT_HTML, headers=_OF_A_REPORT)

    # -- the page's sockets

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Serve the page's requests, and send it what happens."""
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        if self._page is not None and not self._page.closed:
            await socket.send_json({"taken": _TAKEN})
            await socket.close()
            return socket
        self._page, self._outbox = socket, asyncio.Queue()
        self.send(self._manager_here().facts())
        writing = asyncio.ensure_future(self._write(socket, self._outbox))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._asked(message.data)
        finally:
            writing.cancel()
            if self._page is socket:
                self._page = None
        return socket

    async def _write(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[Message]) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):  # whoever reads notices
            while True:
                await socket.send_str(json.dumps(await outbox.get()))

    def _asked(self, message: str) -> None:
        manager = self._manager_here()
        try:
            manager.ask(parse(message, manager.networks))
        except Refused as error:
            self.send({"refused": str(error)})

    async def _image(self, request: web.Request) -> web.StreamResponse:
        """A reference image: its bytes, and its name beside them."""
        assert self._images is not None
        self._uploads += 1
        given = request.query.get("name", "")
        name = re.sub(r"[^\w.-]+", "_", given, flags=re.ASCII)[-80:] or "image"
        path = self._images / f"{self._uploads}-{name}"
        path.write_bytes(await request.read())
        try:
            text = request.query.get("prompt")
            self._manager_here().change_prompt(prompt_of(text) if text else None, path, name)
        except Refused as error:
            raise web.HTTPConflict(text=str(error)) from None
        return web.Response(text="")

    async def _media(self, request: web.Request) -> web.StreamResponse:
        """The page's line to the session's client: what either says goes to the other as it is."""
        steering = self._manager_here().steering
        if steering is None or not steering.media_url.done():
            raise web.HTTPConflict(text="no session waits for a page")
        near = web.WebSocketResponse(max_msg_size=0, compress=False)
        await near.prepare(request)
        async with _client(steering.media_url.result()) as far:
            ways = [asyncio.ensure_future(way) for way in (_carry(near, far), _carry(far, near))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        await near.close()
        return near

    def _manager_here(self) -> SessionManager:
        assert self._manager is not None
        return self._manager


def _file(path: Path) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers=_ISOLATED)

    return handler


async def _without_token(_: web.Request) -> web.StreamResponse:
    raise web.HTTPForbidden(text=_NO_TOKEN)


@contextlib.asynccontextmanager
async def _client(url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
    """A session's client at the address of its page's socket."""
    found = urlsplit(url)
    address = f"ws://{found.netloc}/socket?token={found.fragment}"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(address, max_msg_size=0, compress=0) as socket,
    ):
        yield socket


_Socket: TypeAlias = aiohttp.ClientWebSocketResponse[bool] | web.WebSocketResponse


async def _carry(source: _Socket, target: _Socket) -> None:
    """Every message of one socket to the other, until either is closed."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        async for message in source:
            if message.type == WSMsgType.BINARY:
                await target.send_bytes(message.data)
            elif message.type == WSMsgType.TEXT:
                await target.send_str(message.data)
