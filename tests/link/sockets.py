"""Real sockets at both ends of a relay."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

from aiohttp import web

from g2gbench.link.emulation import LinkSettings
from g2gbench.link.plan import Directions
from g2gbench.link.relay import Relay
from g2gbench.link.udp_relay import HOST

NOTHING = LinkSettings()
LONG_S = 30.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes, and remembers from where it came."""

    def __init__(self) -> None:
        self.senders: set[tuple[str, int]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.senders.add(addr[:2])
        self.transport.sendto(data, addr)


class Inbox(asyncio.DatagramProtocol):
    """Keeps what comes, with its time."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queue.put_nowait((data, time.monotonic_ns()))

    def error_received(self, exc: Exception) -> None:
        """A relay that is gone: what it did not send will be missed."""

    async def get(self) -> bytes:
        return (await asyncio.wait_for(self.queue.get(), LONG_S))[0]


async def until(holds: Callable[[], bool]) -> None:
    """Give the loop turns until something holds that nobody announces."""
    async with asyncio.timeout(LONG_S):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def echoing(host: str = HOST) -> AsyncIterator[tuple[Echo, tuple[str, int]]]:
    """An echo, and its address."""
    loop = asyncio.get_running_loop()
    transport, echo = await loop.create_datagram_endpoint(Echo, local_addr=(host, 0))
    try:
        yield echo, transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def client_of(address: tuple[str, int], host: str | None = None) -> AsyncIterator[Inbox]:
    """A client's socket that sends to an address, from one of this machine's own if given."""
    loop = asyncio.get_running_loop()
    transport, inbox = await loop.create_datagram_endpoint(
        Inbox, local_addr=(host, 0) if host else None, remote_addr=address
    )
    try:
        yield inbox
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def relaying(
    uplink: LinkSettings = NOTHING,
    downlink: LinkSettings = NOTHING,
    service: str = "ws://127.0.0.1:9",
    *,
    routed: bool = False,
) -> AsyncIterator[Relay]:
    """A relay in this process."""
    relay = Relay(service, Directions(uplink, downlink), seed=1, routed=routed)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


@contextlib.asynccontextmanager
async def serving(handler: Handler, **site: Any) -> AsyncIterator[str]:
    """A web server; its URL without the scheme."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0, **site).start()
    try:
        yield f"{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
