"""The client's socket against a real WebSocket server that says what each test wants."""

from __future__ import annotations

import asyncio
import contextlib
import http
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import websockets.asyncio.server
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from g2gbench.errors import UnreachableError
from g2gbench.realtime import protocol
from g2gbench.realtime.signalling import Refused, Signalling

ROOM_INFO = {
    "type": "livekit_room_info",
    "livekit_url": "ws://room",
    "token": "t",
    "room_name": "r",
    "session_id": "s",
}
Script = Callable[[ServerConnection], Awaitable[None]]


@contextlib.asynccontextmanager
async def _service(script: Script) -> AsyncIterator[str]:
    async with websockets.asyncio.server.serve(script, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/?api_key=hidden"


@contextlib.asynccontextmanager
async def _client(url: str) -> AsyncIterator[Signalling]:
    client = await Signalling.open(url)
    try:
        yield client
    finally:
        await client.close()


async def _until_closed(socket: ServerConnection) -> None:
    async for _ in socket:
        pass


async def test_joining_yields_the_room() -> None:
    async def script(socket: ServerConnection) -> None:
        assert json.loads(await socket.recv()) == {"type": "livekit_join", "initial_state": None}
        await socket.send(json.dumps(ROOM_INFO))
        await _until_closed(socket)

    async with _service(script) as url, _client(url) as client:
        assert (await client.join(None)).room_name == "r"


async def test_an_error_while_waiting_is_a_refusal_with_its_words() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "error", "error": "Invalid API key"}))
        await _until_closed(socket)

    async with _service(script) as url, _client(url) as client:
        with pytest.raises(Refused, match="Invalid API key"):
            await client.join(None)


async def test_a_place_in_the_queue_stops_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "ROOM_INFO_TIMEOUT_S", 0.05)
    queued = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "queue_position", "position": 1, "queue_size": 1}))
        await queued.wait()
        await socket.send(json.dumps(ROOM_INFO))
        await _until_closed(socket)

    async with _service(script) as url, _client(url) as client:

        def heard(message: protocol.Message) -> None:
            if isinstance(message, protocol.QueuePosition):
                asyncio.get_running_loop().call_later(0.15, queued.set)

        client.on_message = heard
        assert (await client.join(None)).room_name == "r"


async def test_no_room_in_time_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "ROOM_INFO_TIMEOUT_S", 0.05)
    async with _service(_until_closed) as url, _client(url) as client:
        with pytest.raises(UnreachableError, match="no room was given"):
            await client.join(None)


async def test_a_socket_that_closes_fails_whatever_waits() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()

    async with _service(script) as url, _client(url) as client:
        with pytest.raises(UnreachableError, match="closed"):
            await client.join(None)
        await asyncio.wait_for(client.lost.wait(), 5)
        with pytest.raises(UnreachableError, match="closed"):
            await client.send({"type": "prompt"})


async def test_prompts_are_matched_by_their_text_and_images_by_order() -> None:
    async def script(socket: ServerConnection) -> None:
        for _ in range(2):
            await socket.recv()
        for message in (
            {"type": "set_image_ack", "success": True},
            {"type": "prompt_ack", "prompt": "b", "success": True},
            {"type": "prompt_ack", "prompt": "a", "success": False, "error": "rude"},
        ):
            await socket.send(json.dumps(message))
        await _until_closed(socket)

    async with _service(script) as url, _client(url) as client:
        image = client.expect_ack(None)
        b = asyncio.ensure_future(client.set_prompt("b"))
        with pytest.raises(Refused, match="rude"):
            await client.set_prompt("a")
        await asyncio.wait_for(b, 5)
        assert image.done()


async def test_no_ack_in_time_is_unreachable() -> None:
    async with _service(_until_closed) as url, _client(url) as client:
        with pytest.raises(UnreachableError, match="no ack"):
            await client.set_prompt("x", timeout_s=0.05)


async def test_unreadable_messages_are_reported_and_end_nothing() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send("garbage")
        await socket.send(json.dumps(ROOM_INFO))
        await _until_closed(socket)

    heard: list[protocol.Message] = []
    async with _service(script) as url, _client(url) as client:
        client.on_message = heard.append
        await client.join(None)
    assert isinstance(heard[0], protocol.Unreadable)


async def test_a_refused_handshake_tells_the_status_and_not_the_key() -> None:
    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(http.HTTPStatus.UNAUTHORIZED, "no")

    async with websockets.asyncio.server.serve(
        _until_closed, "127.0.0.1", 0, process_request=refuse
    ) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Refused, match="401") as refused:
            await Signalling.open(f"ws://127.0.0.1:{port}/?api_key=hidden")
    assert "hidden" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_nobody_there_is_unreachable_without_the_key() -> None:
    with pytest.raises(UnreachableError, match="could not be reached") as unreachable:
        await Signalling.open("ws://127.0.0.1:9/?api_key=hidden")
    assert "hidden" not in str(unreachable.value)
