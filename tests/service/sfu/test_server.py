"""The room on real sockets, without the SDK: who is let in, and what garbage does."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import random
import re
import socket as udp
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from livekit import api
from livekit.protocol import rtc

from g2gbench.service.sfu.room_state import RoomSettings
from g2gbench.service.sfu.server import RoomServer, decode_join
from tests.service.sfu import offers

KEY, SECRET, ROOM = "key", "s" * 32, "loopback"


@contextlib.asynccontextmanager
async def _room() -> AsyncIterator[str]:
    server = RoomServer(RoomSettings(name=ROOM), KEY, SECRET)
    port = await server.start()
    try:
        yield f"http://127.0.0.1:{port}/rtc/v1"
    finally:
        await server.stop()


def _token(identity: str = "a", room: str = ROOM, secret: str = SECRET, ttl: int = 60) -> str:
    return (
        api.AccessToken(KEY, secret)
        .with_identity(identity)
        .with_ttl(timedelta(seconds=ttl))
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


def _join_request(**kw: object) -> str:
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    join = rtc.JoinRequest(publisher_offer=offer, **kw)  # type: ignore[arg-type] # mixed fields
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP,
        join_request=gzip.compress(join.SerializeToString()),
    )
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def _connect(session: aiohttp.ClientSession, url: str, token: str, **kw: object) -> Any:
    query = {"access_token": token, "join_request": _join_request(**kw)}
    return session.ws_connect(url, params=query)


async def _message(socket: aiohttp.ClientWebSocketResponse[Any]) -> rtc.SignalResponse:
    return rtc.SignalResponse.FromString(await socket.receive_bytes(timeout=5))


async def test_a_participant_joins_and_is_answered() -> None:
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token()) as socket,
    ):
        assert (await _message(socket)).join.participant.identity == "a"
        assert "a=ice-lite" in (await _message(socket)).answer.sdp


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not.a.token",
        _token(secret="x" * 32),
        _token(room="elsewhere"),
        _token(ttl=-120),
    ],
    ids=["none", "no token", "other secret", "other room", "expired"],
)
async def test_only_a_signed_token_for_this_room_admits(token: str) -> None:
    async with _room() as url, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await _connect(session, url, token)
        assert refused.value.status == 401
        async with session.get(f"{url}/validate", params={"access_token": token}) as answer:
            assert answer.status == 401
            assert not token or token not in await answer.text()


async def test_a_third_participant_finds_the_room_full() -> None:
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token("a")) as a,
        _connect(session, url, _token("b")),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await _connect(session, url, _token("c"))
        assert refused.value.status == 403
        await a.send_bytes(rtc.SignalRequest(ping=1).SerializeToString())  # undisturbed
        kinds = [(await _message(a)).WhichOneof("message") for _ in range(4)]
        assert "pong" in kinds


async def test_the_same_identity_again_replaces_the_old_session() -> None:
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token("a")) as old,
    ):
        await _message(old), await _message(old)
        async with _connect(session, url, _token("a")) as new:
            assert (await _message(old)).WhichOneof("message") == "leave"
            assert (await _message(new)).join.participant.identity == "a"


async def test_two_of_one_identity_at_the_same_time_leave_one_of_them_there(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is let in before any of them has its seat: the last one keeps it."""
    together = asyncio.Barrier(4)
    prepare = web.WebSocketResponse.prepare

    async def all_at_once(self: web.WebSocketResponse, request: web.BaseRequest) -> Any:
        await together.wait()
        return await prepare(self, request)

    monkeypatch.setattr(web.WebSocketResponse, "prepare", all_at_once)
    async with _room() as url, aiohttp.ClientSession() as session:
        sockets = await asyncio.gather(*(_connect(session, url, _token("a")) for _ in range(4)))
        last = [await _last(socket) for socket in sockets]
        assert sorted(kind == "leave" for kind in last) == [False, True, True, True]
        for socket in sockets:
            await socket.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def _last(socket: aiohttp.ClientWebSocketResponse[Any]) -> str:
    """The kind of message that ended it, or that comes when all else has been said."""
    with contextlib.suppress(ConnectionError):  # it was closed: what it was sent is still there
        await socket.send_bytes(rtc.SignalRequest(ping=1).SerializeToString())
    while True:
        message = await socket.receive(timeout=5)
        if message.type is not aiohttp.WSMsgType.BINARY:
            return "leave"
        kind = rtc.SignalResponse.FromString(message.data).WhichOneof("message")
        if kind in ("leave", "pong"):
            return str(kind)


async def test_what_does_not_inflate_is_no_join_request(caplog: pytest.LogCaptureFixture) -> None:
    packed = bytearray(gzip.compress(b"x" * 100))
    packed[12] ^= 0xFF
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=bytes(packed)
    )
    text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    async with _room() as url, aiohttp.ClientSession() as session:
        query = {"access_token": _token(), "join_request": text}
        async with session.get(url, params=query) as answer:
            assert answer.status == 400
    assert [record for record in caplog.records if record.exc_info] == []


async def test_the_room_is_called_by_addresses_and_localhost_alone() -> None:
    async with _room() as url, aiohttp.ClientSession() as session:
        for host, status in (("evil.example", 403), ("localhost", 200)):
            headers = {"Host": host, "Authorization": f"Bearer {_token()}"}
            async with session.get(f"{url}/validate", headers=headers) as answer:
                assert answer.status == status


async def test_a_reconnect_is_told_to_start_over() -> None:
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token(), reconnect=True) as socket,
    ):
        assert (await _message(socket)).leave.action == rtc.LeaveRequest.RECONNECT


async def test_garbage_on_the_socket_does_not_end_the_session() -> None:
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token()) as socket,
    ):
        await _message(socket), await _message(socket)
        await socket.send_str("text is not of this protocol")
        await socket.send_bytes(b"\xff\xff\xff\xff garbage")
        nonsense = rtc.SessionDescription(type="offer", sdp="nonsense")
        await socket.send_bytes(rtc.SignalRequest(offer=nonsense).SerializeToString())
        await socket.send_bytes(rtc.SignalRequest(ping=1).SerializeToString())
        assert (await _message(socket)).WhichOneof("message") == "pong"


async def test_garbage_on_the_media_port_does_not_end_the_session() -> None:
    chance = random.Random(1)
    async with (
        _room() as url,
        aiohttp.ClientSession() as session,
        _connect(session, url, _token()) as socket,
    ):
        await _message(socket)
        answer = (await _message(socket)).answer.sdp
        found = re.search(r"a=candidate:1 1 udp \d+ 127.0.0.1 (\d+)", answer)
        assert found
        with contextlib.closing(udp.socket(udp.AF_INET, udp.SOCK_DGRAM)) as media:
            for first in range(256):
                data = bytes([first]) + chance.randbytes(chance.randrange(200))
                media.sendto(data, ("127.0.0.1", int(found[1])))
        await socket.send_bytes(rtc.SignalRequest(ping=1).SerializeToString())
        assert (await _message(socket)).WhichOneof("message") == "pong"


async def test_a_connection_without_a_join_request_is_a_bad_request() -> None:
    async with _room() as url, aiohttp.ClientSession() as session:
        for query in ({}, {"join_request": "!!!"}):
            async with session.get(url, params={"access_token": _token(), **query}) as answer:
                assert answer.status == 400


async def test_stopping_says_goodbye_to_everybody() -> None:
    server = RoomServer(RoomSettings(name=ROOM), KEY, SECRET)
    url = f"http://127.0.0.1:{await server.start()}/rtc/v1"
    async with aiohttp.ClientSession() as session, _connect(session, url, _token()) as socket:
        await _message(socket), await _message(socket)
        await server.stop()
        assert (await _message(socket)).WhichOneof("message") == "leave"


@given(st.text(max_size=200))
def test_no_text_breaks_the_join_request(text: str) -> None:
    with contextlib.suppress(ValueError):
        decode_join(text)


def test_a_compressed_bomb_stays_small() -> None:
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=gzip.compress(bytes(64 << 20))
    )
    text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    with contextlib.suppress(ValueError):
        assert decode_join(text).ByteSize() <= 2 << 20
