"""The relay on real sockets: UDP echo and WebSockets behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from g2gbench.link.emulation import LinkSettings
from g2gbench.link.relay import HOST, Relay, Schedule


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(data, addr)


class _Inbox(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queue.put_nowait((data, time.monotonic_ns()))


@contextlib.asynccontextmanager
async def _relay(
    uplink: LinkSettings, downlink: LinkSettings, service: str = "ws://127.0.0.1:9"
) -> AsyncIterator[Relay]:
    relay = Relay(service, uplink, downlink, seed=1)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


@contextlib.asynccontextmanager
async def _through(relay: Relay) -> AsyncIterator[tuple[asyncio.DatagramTransport, _Inbox]]:
    """A client whose datagrams go through the relay to an echo."""
    loop = asyncio.get_running_loop()
    echo, _ = await loop.create_datagram_endpoint(_Echo, local_addr=(HOST, 0))
    address = relay.media_address(echo.get_extra_info("sockname"))
    client, inbox = await loop.create_datagram_endpoint(_Inbox, remote_addr=address)
    try:
        yield client, inbox
    finally:
        client.close()
        echo.close()


async def test_datagrams_go_both_ways_and_are_counted() -> None:
    async with _relay(LinkSettings(), LinkSettings()) as relay, _through(relay) as (client, inbox):
        for number in range(20):
            client.sendto(bytes([number]))
        got = [(await asyncio.wait_for(inbox.queue.get(), 5))[0][0] for _ in range(20)]
        counts = relay.counts()
    assert got == list(range(20))
    assert counts["uplink.packets"] == counts["downlink.packets"] == 20
    assert counts["media_packets"] == 40


async def test_a_datagram_is_never_earlier_than_both_delays() -> None:
    slow = LinkSettings(delay_s=0.03)
    async with _relay(slow, slow) as relay, _through(relay) as (client, inbox):
        start = time.monotonic_ns()
        client.sendto(b"x")
        _, arrived = await asyncio.wait_for(inbox.queue.get(), 5)
    assert (arrived - start) / 1e6 >= 59.8


async def test_the_seed_says_which_datagrams_are_lost_and_the_rest_arrives() -> None:
    chance = random.Random("1/uplink")
    survivors = [number for number in range(40) if chance.random() >= 0.5]
    async with (
        _relay(LinkSettings(loss=0.5), LinkSettings()) as relay,
        _through(relay) as (client, inbox),
    ):
        for number in range(40):
            client.sendto(bytes([number]))
        got = [(await asyncio.wait_for(inbox.queue.get(), 5))[0][0] for _ in survivors]
        assert got == survivors
        assert relay.counts()["uplink.dropped_loss"] == 40 - len(survivors)


@contextlib.asynccontextmanager
async def _service(handler: object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type] # any
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    try:
        yield f"ws://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_the_room_that_the_service_names_is_reached_through_the_link() -> None:
    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.query["api_key"] == "k"
        message = {"type": "livekit_room_info", "livekit_url": "ws://10.9.9.9:1", "token": "t"}
        await socket.send_str(json.dumps(message))
        async for frame in socket:
            await socket.send_str(frame.data.upper())
        return socket

    async with (
        _service(handler) as url,
        _relay(LinkSettings(), LinkSettings(), url) as relay,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://{HOST}:{relay.service_port}/v1/stream?api_key=k") as socket,
    ):
        info = await socket.receive_json(timeout=5)
        assert info["livekit_url"] == f"ws://{HOST}:{relay.room_port}"
        assert info["token"] == "t"
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=5) == "HELLO"


async def test_a_refusal_behind_the_link_keeps_its_status() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=401)

    async with (
        _service(handler) as url,
        _relay(LinkSettings(), LinkSettings(), url) as relay,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"ws://{HOST}:{relay.service_port}/")
    assert refused.value.status == 401


async def test_nothing_behind_the_link_is_a_bad_gateway() -> None:
    async with (
        _relay(LinkSettings(), LinkSettings()) as relay,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"ws://{HOST}:{relay.service_port}/")
    assert refused.value.status == 502


async def test_the_schedule_runs_calls_in_the_order_of_their_times() -> None:
    schedule, done, order = Schedule(), asyncio.Event(), []
    now = time.monotonic_ns()
    for name, after_ms in (("late", 6), ("early", 2), ("middle", 4)):
        schedule.at(now + after_ms * 1_000_000, lambda name=name: order.append(name))  # type: ignore[misc] # its default
    schedule.at(now + 8_000_000, done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert order == ["early", "middle", "late"]
