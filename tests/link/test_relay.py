"""Signalling through the relay: WebSockets and HTTP behind it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from livekit.protocol import rtc

from g2gbench.link import signalling
from g2gbench.link.emulation import LinkSettings
from g2gbench.link.plan import Directions
from g2gbench.link.relay import Relay
from g2gbench.link.udp_relay import HOST
from tests.link.sockets import LONG_S, relaying, serving

CANDIDATE = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"


async def _shout(request: web.Request) -> web.WebSocketResponse:
    """Answers every text in capitals; ends when told to."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for frame in socket:
        if frame.data == "end":
            await socket.close(code=4321)
        else:
            await socket.send_str(f"{request.raw_path} {frame.data.upper()}")
    return socket


def _service(relay: Relay, path: str = "/") -> str:
    return f"http://{HOST}:{relay.service_port}{path}"


def _room_info(url: str) -> dict[str, Any]:
    return {"type": "livekit_room_info", "livekit_url": url, "token": "t"}


async def test_the_room_that_the_service_names_last_is_reached_through_the_link() -> None:
    rooms: list[str] = []

    async def service(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.query["api_key"] == "k"
        for url in rooms:
            await socket.send_json(_room_info(url))
        async for frame in socket:
            await socket.send_str(frame.data.upper())
        return socket

    def room(name: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text=f"{name} {request.raw_path}", content_type="text/x-room")

        return answer

    async with (
        serving(room("first")) as first,
        serving(room("second")) as second,
        serving(service) as host,
        relaying(service=f"ws://{host}/") as relay,
        aiohttp.ClientSession() as session,
    ):
        rooms += [f"ws://{first}/", f"ws://{second}/"]
        async with session.ws_connect(_service(relay, "/v1/stream?api_key=k")) as socket:
            for _ in rooms:
                info = await socket.receive_json(timeout=LONG_S)
                assert info == _room_info(f"ws://{HOST}:{relay.room_port}")
            await socket.send_str("hello")
            assert await socket.receive_str(timeout=LONG_S) == "HELLO"
        async with session.get(f"http://{HOST}:{relay.room_port}/rtc/validate?a=b") as answer:
            assert await answer.text() == "second /rtc/validate?a=b"
            assert answer.headers["Content-Type"].startswith("text/x-room")


@pytest.mark.parametrize("message", ["no json", "[]", "1", '{"type":"livekit_room_info"}'])
async def test_what_is_no_room_info_passes_as_it_is(message: str) -> None:
    async def service(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(message)
        await socket.receive()
        return socket

    async with (
        serving(service) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
        session.ws_connect(_service(relay)) as socket,
    ):
        assert await socket.receive_str(timeout=LONG_S) == message


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1"])
async def test_no_address_passes_the_rooms_signalling_either_way(path: str) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    asked: list[web.Request] = []
    answer = rtc.SignalResponse(
        answer=rtc.SessionDescription(type="answer", sdp=f"v=0\r\na={CANDIDATE}\r\n")
    )

    async def room(request: web.Request) -> web.WebSocketResponse:
        asked.append(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("text could carry an address")
        await socket.send_bytes(b"\xff\xff")
        await socket.send_bytes(answer.SerializeToString())
        async for frame in socket:
            heard.put_nowait(frame.data)
        return socket

    join = rtc.JoinRequest(publisher_offer=rtc.SessionDescription(sdp=f"v=0\r\na={CANDIDATE}\r\n"))
    wrapped = rtc.WrappedJoinRequest(join_request=join.SerializeToString())
    value = signalling.encoded(wrapped)
    async with serving(room) as host, relaying() as relay, aiohttp.ClientSession() as session:
        relay._from_service(json.dumps(_room_info(f"ws://{host}")))
        url = f"http://{HOST}:{relay.room_port}{path}?join_request={value}&sdk=python"
        headers = {"Authorization": "Bearer secret"}
        async with session.ws_connect(url, headers=headers) as socket:
            data = await socket.receive_bytes(timeout=LONG_S)
            sdp = rtc.SignalResponse.FromString(data).answer.sdp
            assert sdp.startswith("v=0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 ")
            port = int(sdp.split()[6])
            assert (HOST, port) == relay.media_address((HOST, 7882))
            await socket.send_str("text")
            await socket.send_bytes(b"\xff\xff")
            trickle = rtc.TrickleRequest(candidateInit=json.dumps({"candidate": CANDIDATE}))
            await socket.send_bytes(rtc.SignalRequest(trickle=trickle).SerializeToString())
            ping = rtc.SignalRequest(ping=7).SerializeToString()
            await socket.send_bytes(ping)
            assert await asyncio.wait_for(heard.get(), LONG_S) == ping
    assert asked[0].path == path
    assert asked[0].query["sdk"] == "python"
    assert asked[0].headers["Authorization"] == "Bearer secret"
    inner = signalling.decoded(asked[0].query["join_request"])
    assert rtc.JoinRequest.FromString(inner.join_request).publisher_offer.sdp == "v=0\r\n"


async def test_a_join_request_that_cannot_be_read_may_not_pass() -> None:
    async with relaying() as relay, aiohttp.ClientSession() as session:
        relay._from_service(json.dumps(_room_info("ws://127.0.0.1:9")))
        url = f"http://{HOST}:{relay.room_port}/rtc/v1?join_request=%FF"
        async with session.get(url) as answer:
            assert answer.status == 400


async def test_signalling_takes_its_round_trips_like_everything_else() -> None:
    """Connecting: SYN and request there, their answers back; then each message one way."""
    slow = LinkSettings(delay_s=0.02)
    async with (
        serving(_shout) as host,
        relaying(slow, slow, f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
    ):
        start_ns = time.monotonic_ns()
        async with session.ws_connect(_service(relay, "/a?b=c")) as socket:
            connected_ns = time.monotonic_ns()
            await socket.send_str("x")
            assert await socket.receive_str(timeout=LONG_S) == "/a?b=c X"
            answered_ns = time.monotonic_ns()
    assert connected_ns - start_ns >= 80_000_000
    assert answered_ns - connected_ns >= 40_000_000


async def test_keep_alives_are_answered_by_the_far_side_through_the_link() -> None:
    async with (
        serving(_shout) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
        session.ws_connect(_service(relay), autoping=False) as socket,
    ):
        relay.change(Directions(LinkSettings(blackout=True), LinkSettings()))
        await socket.ping(b"beat")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)
        relay.change(Directions(LinkSettings(), LinkSettings()))
        pong = await socket.receive(timeout=LONG_S)
        assert (pong.type, pong.data) == (WSMsgType.PONG, b"beat")


async def test_a_blackout_stalls_signalling_until_its_end() -> None:
    async with (
        serving(_shout) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
        session.ws_connect(_service(relay)) as socket,
    ):
        relay.change(Directions(LinkSettings(), LinkSettings(blackout=True)))
        for word in ("one", "two"):
            await socket.send_str(word)
        receiving = asyncio.ensure_future(socket.receive_str())
        done, _ = await asyncio.wait({receiving}, timeout=0.2)
        assert not done
        relay.change(Directions(LinkSettings(), LinkSettings()))
        assert await asyncio.wait_for(receiving, LONG_S) == "/ ONE"
        assert await socket.receive_str(timeout=LONG_S) == "/ TWO"


async def test_the_far_sides_close_arrives_behind_its_last_message_with_its_code() -> None:
    async with (
        serving(_shout) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
        session.ws_connect(_service(relay)) as socket,
    ):
        await socket.send_str("last")
        await socket.send_str("end")
        assert await socket.receive_str(timeout=LONG_S) == "/ LAST"
        assert (await socket.receive(timeout=LONG_S)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert socket.close_code == 4321


async def test_the_clients_close_reaches_the_far_side_with_its_code() -> None:
    closed: asyncio.Queue[int | None] = asyncio.Queue()

    async def service(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        closed.put_nowait(socket.close_code)
        return socket

    async with (
        serving(service) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
    ):
        for code, seen in ((4000, 4000), (None, 1001)):
            socket = await session.ws_connect(_service(relay))
            if code is None:
                transport = socket.get_extra_info("socket")
                assert transport is not None
                socket._response.connection.transport.abort()  # type: ignore[union-attr] # no close frame
            else:
                await socket.close(code=code)
            assert await asyncio.wait_for(closed.get(), LONG_S) == seen
            await socket.close()


async def test_a_refusal_behind_the_link_keeps_its_status() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=401)

    async with (
        serving(refuse) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(_service(relay))
        async with session.post(_service(relay), data=b"x") as answer:
            assert answer.status == 401
    assert refused.value.status == 401


async def test_nothing_behind_the_link_is_a_bad_gateway() -> None:
    async with relaying() as relay, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(_service(relay))
        async with session.get(_service(relay)) as answer:
            assert answer.status == 502
        async with session.get(f"http://{HOST}:{relay.room_port}/") as answer:
            assert answer.status == 502  # no room was named yet
    assert refused.value.status == 502


async def test_a_side_that_breaks_the_protocol_ends_the_connection_not_the_relay() -> None:
    async def service(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        request.transport.write(b"\xff\xff\xff\xff")  # reserved bits, unknown opcode
        await socket.receive()
        return socket

    async with (
        serving(service) as host,
        relaying(service=f"ws://{host}") as relay,
        aiohttp.ClientSession() as session,
    ):
        for _ in range(2):
            async with session.ws_connect(_service(relay)) as socket:
                ended = await socket.receive(timeout=LONG_S)
                assert ended.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
