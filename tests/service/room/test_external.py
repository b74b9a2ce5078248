"""Rooms on a server that is not ours: what it is asked, and that its refusals hold no secret."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from livekit import api

from g2gbench.process.message import Message
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import HostSettings, UrlRoom
from g2gbench.service.room import external
from g2gbench.service.room.external import ExternalRoom
from g2gbench.service.session_host import END_S, RoomUnavailable, SessionHost
from tests.service.services import host_settings

KEY, SECRET = "a-key", "a-very-secret-secret-of-this-test-alone"


class Server:
    """Answers every call alike, and keeps what it was asked."""

    def __init__(self, status: int, words: str = "") -> None:
        self.words = words
        self.url = ""
        self.asked: list[tuple[str, bytes]] = []
        self.token = ""
        self._status = status

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path.rpartition("/")[2], await request.read()))
        self.token = request.headers["Authorization"].removeprefix("Bearer ")
        if self._status != 200:
            said = f"invalid token: {self.token}, not {SECRET}{self.words}"
            words = {"code": "some_code", "msg": said}
            return web.json_response(words, status=self._status)
        if not request.path.startswith("/twirp/"):
            return web.Response(status=404, text="no")
        return web.Response(body=b"")


@contextlib.asynccontextmanager
async def _server(status: int = 200, words: str = "") -> AsyncIterator[Server]:
    server = Server(status, words)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("asked", "sent"),
    [(None, (0, 0)), ((0, 0), (0, 1)), ((100, 200), (100, 200))],
    ids=["natural", "none", "bounds"],
)
async def test_a_room_is_made_with_the_playout_delay_and_deleted_again(
    asked: tuple[int, int] | None, sent: tuple[int, int]
) -> None:
    async with _server() as server:
        room = ExternalRoom(server.url, KEY, SECRET, "room-1", asked)
        await room.create()
        await room.delete()
    (create, body), (delete, other) = server.asked
    assert (create, delete) == ("CreateRoom", "DeleteRoom")
    request = api.CreateRoomRequest.FromString(body)
    assert request.name == api.DeleteRoomRequest.FromString(other).room == "room-1"
    # The server reads 0 and 0 as "not set": 0 to 1 ms is what comes next to none.
    assert (request.min_playout_delay, request.max_playout_delay) == sent
    assert request.empty_timeout > 0


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_a_refusal_says_its_status_and_never_the_servers_words(status: int) -> None:
    async with _server(status) as server:
        room = ExternalRoom(server.url, KEY, SECRET, "room-1")
        with pytest.raises(RoomUnavailable) as refused:
            await room.create()
        await room.delete()  # whatever it answers
    said = str(refused.value)
    assert f"HTTP status {status}" in said
    assert ("api_key and api_secret" in said) == (status != 500)
    assert server.token
    for secret in (server.token, SECRET, KEY):
        assert secret not in said
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert SECRET not in repr(room)


@pytest.mark.parametrize("words", ["token not valid yet (nbf)", "token is expired (exp)"])
async def test_a_token_of_another_time_is_told_as_a_clock(words: str) -> None:
    async with _server(401, words) as server:
        with pytest.raises(RoomUnavailable, match="clock") as refused:
            await ExternalRoom(server.url, KEY, SECRET, "room-1").create()
    assert "api_key" not in str(refused.value)


async def test_nobody_at_the_url_is_said() -> None:
    room = ExternalRoom("ws://127.0.0.1:9", KEY, SECRET, "room-1")
    with pytest.raises(RoomUnavailable, match="could not be reached"):
        await room.create()
    await room.delete()


async def test_a_server_that_does_not_answer_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(external, "ANSWER_S", 0.05)
    monkeypatch.setattr(external, "_GOODBYE_S", 0.05)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side has had enough
        writer.close()
        gone.release()

    gone = asyncio.Semaphore(0)
    silent = await asyncio.start_server(take, "127.0.0.1", 0)
    async with silent, asyncio.timeout(30):
        port = silent.sockets[0].getsockname()[1]
        room = ExternalRoom(f"ws://127.0.0.1:{port}", KEY, SECRET, "room-1")
        with pytest.raises(RoomUnavailable, match=r"could not be reached: TimeoutError"):
            await room.create()
        await room.delete()
        for _ in range(2):
            await gone.acquire()


def test_deleting_fits_beside_the_workers_goodbye_into_a_services_last_seconds() -> None:
    assert external._GOODBYE_S + END_S < 5


def _settings(server: Server, log_dir: Path | None = None) -> HostSettings:
    room = UrlRoom(server.url, Unshown(KEY), Unshown(SECRET), playout_delay_ms=(0, 0))
    return host_settings(log_dir, room)


async def test_a_host_whose_server_refuses_starts_no_process() -> None:
    async with _server(401) as server:
        host = SessionHost(_settings(server), lambda *_: None)
        with pytest.raises(RoomUnavailable, match="api_key"):
            await host.start()
        assert host.pids == {}
        await host.close()
    assert [name for name, _ in server.asked] == ["CreateRoom", "DeleteRoom"]


@pytest.mark.session
async def test_a_worker_that_is_not_let_in_is_no_loss_and_its_log_holds_no_token(
    tmp_path: Path,
) -> None:
    """The server makes the room, and is no room: there is no signalling behind it."""
    async with _server() as server:
        told: list[tuple[str, Message]] = []
        host = SessionHost(_settings(server, tmp_path), lambda *said: told.append(said))
        with pytest.raises(RoomUnavailable, match="the model worker could not join its room") as no:
            await host.start()
        assert "404" in str(no.value)  # what the server said
        assert "eyJ" not in str(no.value)
        assert told == []  # a trial is not over by it: whoever asks for a session is refused
        assert set(host.pids) == {"worker"}
        await host.close()
        log = (tmp_path / "worker.log").read_text()
    assert "could not be joined" in log
    assert SECRET not in log
    assert "eyJ" not in log
