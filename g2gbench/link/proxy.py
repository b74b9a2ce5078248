"""The relay's WebSocket and HTTP proxy: signalling takes the time that the link gives it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import aiohttp
from aiohttp import WSMsgType, web

from g2gbench.link.shaper import LinkDirection
from g2gbench.link.udp_relay import HOST
from g2gbench.process.local_http import Site, guard

log = logging.getLogger(__name__)
TCP_OVERHEAD_BYTES: Final = 60  # IPv4, TCP with timestamps, WebSocket framing: about one segment
_REQUEST_BYTES: Final = 600  # headers of a request, about
_ANSWER_BYTES: Final = 300
_HELLO_BYTES: Final = (520, 3500)  # of a TLS 1.3 handshake, one way and the other, about
_CLOSE_S: Final = 1.5  # what a side that is gone may hold up the end of the relay
_MOST_CONNECTIONS: Final = 64  # each has another one behind it, and select() takes 1024
_KEPT_HEADERS: Final = (
    "accept",
    "authorization",
    "content-type",
    "origin",
    "user-agent",
    "x-api-key",
)
Payload: TypeAlias = str | bytes
_Socket: TypeAlias = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
_Frame: TypeAlias = tuple[WSMsgType, Any]


_SENDERS: Final = {
    WSMsgType.TEXT: "send_str",
    WSMsgType.BINARY: "send_bytes",
    WSMsgType.PING: "ping",
    WSMsgType.PONG: "pong",
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Upstream of a port of the relay, with the addresses that must not pass unchanged.

    Attributes:
        url: where it is now, ``ws://`` or ``wss://``, without a final slash; empty: not known yet.
        path: the path and query that a request has there. ValueError refuses the request.
        to_client: a message as the client may see it; None: not at all.
        to_far: a message as the far side may see it; None: not at all.

    """

    url: Callable[[], str]
    path: Callable[[str], str] = lambda path: path
    to_client: Callable[[Payload], Payload | None] = lambda payload: payload
    to_far: Callable[[Payload], Payload | None] = lambda payload: payload


class Proxy:
    """One port for the client. Neither headers nor paths are ever logged: they hold keys."""

    def __init__(
        self,
        upstream: Upstream,
        session: aiohttp.ClientSession,
        uplink: LinkDirection,
        downlink: LinkDirection,
    ) -> None:
        self._upstream = upstream
        self._session = session
        self._uplink, self._downlink = uplink, downlink
        # A page that is measured here comes from a port of its own.
        app = web.Application(client_max_size=1 << 26, middlewares=[guard("local")])
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._site = Site(app, shutdown_s=0.5, most=_MOST_CONNECTIONS)

    async def start(self) -> int:
        """Listen on the loopback; the port."""
        return await self._site.start(HOST)

    async def stop(self) -> None:
        """Close all connections."""
        await self._site.stop()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        base = self._upstream.url()
        if not base:
            raise web.HTTPBadGateway(text="nothing is behind this port yet")
        try:
            path = self._upstream.path(request.raw_path)
        except ValueError:
            raise web.HTTPBadRequest(text="a request that cannot be read may not pass") from None
        await self._exchange(0, 0)  # SYN and its answer
        if base.startswith("wss"):
            await self._exchange(*_HELLO_BYTES)
        await self._uplink.passed(_REQUEST_BYTES + len(path), TCP_OVERHEAD_BYTES)
        headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._websocket(request, base + path, headers)
            return await self._plain(request, base.replace("ws", "http", 1) + path, headers)
        except aiohttp.WSServerHandshakeError as error:
            answer = web.Response(status=error.status, text="refused behind the link")
        except (aiohttp.ClientError, TimeoutError):
            answer = web.Response(status=502, text="not reachable behind the link")
        await self._downlink.passed(_ANSWER_BYTES, TCP_OVERHEAD_BYTES)
        return answer

    async def _exchange(self, there: int, back: int) -> None:
        await self._uplink.passed(there, TCP_OVERHEAD_BYTES)
        await self._downlink.passed(back, TCP_OVERHEAD_BYTES)

    async def _plain(
        self, request: web.Request, url: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        body = await request.read()
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as answer:
            content = await answer.read()
        await self._downlink.passed(_ANSWER_BYTES + len(content), TCP_OVERHEAD_BYTES)
        kind = answer.headers.get("Content-Type", "application/octet-stream")
        return web.Response(status=answer.status, body=content, headers={"Content-Type": kind})

    async def _websocket(
        self, request: web.Request, url: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        # Pings pass like all else: a proxy that answers them hides the link from keep-alives.
        far = await self._session.ws_connect(url, headers=headers, max_msg_size=0, autoping=False)
        await self._downlink.passed(_ANSWER_BYTES, TCP_OVERHEAD_BYTES)
        near = web.WebSocketResponse(
            timeout=_CLOSE_S, max_msg_size=0, autoping=False, compress=False
        )
        await near.prepare(request)
        ways = (
            (near, far, self._uplink, self._upstream.to_far),
            (far, near, self._downlink, self._upstream.to_client),
        )
        pumps = [asyncio.ensure_future(_pump(*way)) for way in ways]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(far.close(code=_code(near)), _CLOSE_S)
            await near.close(code=_code(far))
        return near


async def _pump(
    source: _Socket, sink: _Socket, way: LinkDirection, rewrite: Callable[[Payload], Payload | None]
) -> None:
    """Carry messages one way, each at its time; the source's end takes its time as well."""
    outbox: asyncio.Queue[_Frame | None] = asyncio.Queue()

    async def deliver() -> None:
        while (frame := await outbox.get()) is not None:
            kind, payload = frame
            await getattr(sink, _SENDERS[kind])(payload)

    delivery = asyncio.ensure_future(deliver())
    try:
        async for message in source:
            if message.type not in _SENDERS:  # an error: the end follows
                continue
            payload = message.data
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                payload = rewrite(payload)
            if payload is not None:
                arrive = partial(outbox.put_nowait, (message.type, payload))
                way.message(len(payload), TCP_OVERHEAD_BYTES, arrive)
        way.message(0, TCP_OVERHEAD_BYTES, partial(outbox.put_nowait, None))
        await delivery
    except (ConnectionError, RuntimeError, aiohttp.ClientError) as error:
        log.info("signalling ended: %s", type(error).__name__)
    finally:
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)


def _code(closed: _Socket) -> int:
    """The code that closes the other side; those of RFC 6455 7.4.1 that none may send: 1001."""
    code = closed.close_code
    sendable = code is not None and 1000 <= code < 5000 and code not in (1004, 1005, 1006, 1015)
    return code if code is not None and sendable else 1001
