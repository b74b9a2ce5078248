"""Which hosts are made, kept and ended; starting one is a stand-in's business here."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from g2gbench.process.spawn import ChildLost
from g2gbench.service.host_pool import HostPool
from g2gbench.service.models import Picture
from g2gbench.service.plan import LivekitServerRoom, RoomChoice
from g2gbench.service.session_host import RoomUnavailable, SessionHost
from g2gbench.service.shared_server import SharedServer
from tests.service.room.livekit_servers import stand_in, starts
from tests.service.services import LONG_S, host_settings

PICTURE = Picture(320, 192, 30)
LARGE = Picture(640, 360, 15)


class Started:
    """Stands for what a host's processes do when they are started: nothing, when it is allowed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hosts: list[SessionHost] = []
        self.closed: list[SessionHost] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.error: Exception | None = None

        async def start(host: SessionHost) -> None:
            self.hosts.append(host)
            self.begun.set()
            await self.go_on.wait()
            if self.error is not None:
                raise self.error

        async def close(host: SessionHost) -> None:
            self.closed.append(host)

        monkeypatch.setattr(SessionHost, "start", start)
        monkeypatch.setattr(SessionHost, "close", close)


def _pool(room: RoomChoice | None = None) -> HostPool:
    return HostPool(host_settings(room=room), PICTURE, lambda *_: None)


async def test_a_client_that_leaves_while_its_room_is_made_leaves_it_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, pool = Started(monkeypatch), _pool()
    started.go_on.clear()
    left = asyncio.ensure_future(pool.take(PICTURE))
    await started.begun.wait()
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    started.go_on.set()
    taken = await pool.take(PICTURE)
    await pool.close()
    assert left.cancelled()
    assert [taken] == started.hosts


async def test_another_picture_is_no_spare_and_ends_with_who_asked_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, pool = Started(monkeypatch), _pool()
    await pool.ready()
    started.begun.clear()
    started.go_on.clear()
    left = asyncio.ensure_future(pool.take(LARGE))
    await started.begun.wait()
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    started.go_on.set()
    taken = await pool.take(PICTURE)
    await pool.close()
    spare, other = started.hosts
    assert taken is spare
    assert other.settings.worker.output_size == (640, 360)
    assert other.settings.worker.fps == 15
    assert started.closed == [other]


async def test_the_spare_is_made_once_and_ended_with_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, pool = Started(monkeypatch), _pool()
    await pool.ready()
    pool.refill()
    await pool.close()
    assert len(started.hosts) == 1
    assert started.closed == started.hosts


async def test_the_end_does_not_wait_for_what_is_still_being_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, pool = Started(monkeypatch), _pool()
    started.go_on.clear()
    pool.refill()
    await started.begun.wait()
    async with asyncio.timeout(LONG_S):
        await pool.close()
    assert started.closed == started.hosts


@pytest.mark.integration
async def test_the_end_does_not_wait_for_a_server_that_never_gets_ready(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started, begun = Started(monkeypatch), asyncio.Event()
    start = SharedServer.start

    async def starting(server: SharedServer) -> None:
        begun.set()
        await start(server)

    monkeypatch.setattr(SharedServer, "start", starting)
    pool = _server_pool(stand_in(tmp_path, "silent"))
    pool.refill()
    async with asyncio.timeout(LONG_S):
        await begun.wait()
        await pool.close()
    assert started.hosts == []
    assert psutil.Process().children() == []


async def test_a_retired_host_is_waited_for_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started, pool = Started(monkeypatch), _pool()
    host = await pool.take(PICTURE)
    pool.retire(host)
    await pool.close()
    assert started.closed == [host]


@pytest.mark.parametrize("error", [OSError("too many processes"), ChildLost("it broke")])
async def test_what_cannot_be_made_is_told_in_words_and_tidied_up(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    started, pool = Started(monkeypatch), _pool()
    started.error = error
    with pytest.raises(ChildLost, match=f"^no session could be made ready: {error}$"):
        await pool.take(PICTURE)
    assert started.closed == started.hosts
    with pytest.raises(ChildLost):
        await pool.ready()
    await pool.close()


async def test_a_spare_that_could_not_be_made_is_no_clients_business(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, pool = Started(monkeypatch), _pool()
    started.error = OSError("too many processes")
    pool.refill()
    await asyncio.gather(*pool._spares, return_exceptions=True)
    started.error = None
    assert await pool.take(PICTURE) is started.hosts[-1]
    await pool.close()
    assert len(started.hosts) == 2


# -- the livekit-server that all share


def _server_pool(command: Path | str) -> HostPool:
    return _pool(LivekitServerRoom(command=str(command)))


@pytest.mark.integration
async def test_all_rooms_are_on_one_server_each_with_a_name_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Started(monkeypatch)
    command = stand_in(tmp_path)
    pool = _server_pool(command)
    await pool.ready()
    one, other = await asyncio.gather(pool.take(PICTURE), pool.take(LARGE))
    assert one.server is not None
    assert one.server is other.server
    assert one.room_name != other.room_name
    assert len(starts(command)) == 1
    server = psutil.Process(one.server.pid)
    await pool.close()
    assert not server.is_running()
    assert psutil.Process().children() == []


@pytest.mark.integration
async def test_a_server_that_died_is_started_again_for_the_next_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Started(monkeypatch)
    command = stand_in(tmp_path)
    pool = _server_pool(command)
    first = (await pool.take(LARGE)).server
    assert first is not None
    reasons: asyncio.Queue[str] = asyncio.Queue()
    first.hosts.add(reasons.put_nowait)
    os.kill(first.pid, signal.SIGKILL)
    reason = await asyncio.wait_for(reasons.get(), LONG_S)
    second = (await pool.take(LARGE)).server
    assert second is not None
    assert second is not first
    assert not second.lost
    await pool.close()
    assert reason == "livekit-server ended (signal 9)"
    assert psutil.Process().children() == []


@pytest.mark.integration
async def test_a_server_that_cannot_be_had_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Started(monkeypatch)
    command = tmp_path / "server-serves"
    pool = _server_pool(command)
    for _ in range(2):
        with pytest.raises(RoomUnavailable, match="on this machine"):
            await pool.take(PICTURE)
    stand_in(tmp_path)
    assert (await pool.take(PICTURE)).server is not None
    await pool.close()
    assert psutil.Process().children() == []


@pytest.mark.integration
async def test_a_keeper_that_dies_takes_its_server_along_and_is_told(tmp_path: Path) -> None:
    server = SharedServer(LivekitServerRoom(command=str(stand_in(tmp_path))), tmp_path)
    await server.start()
    reasons: asyncio.Queue[str] = asyncio.Queue()
    server.hosts.add(reasons.put_nowait)
    keeper = psutil.Process(server.pid).parent()
    assert keeper is not None
    keeper.kill()
    assert await asyncio.wait_for(reasons.get(), LONG_S) == "the room process ended (signal 9)"
    await server.close()
    assert server.secret not in (tmp_path / "room.log").read_text()


@pytest.mark.integration
async def test_a_server_that_is_ended_on_purpose_is_no_loss(tmp_path: Path) -> None:
    server = SharedServer(LivekitServerRoom(command=str(stand_in(tmp_path))))
    await server.start()
    reasons: list[str] = []
    server.hosts.add(reasons.append)
    await server.close()
    assert reasons == []
