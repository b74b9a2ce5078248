"""The managed livekit-server: found, configured, made ready, and gone with whoever started it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import psutil
import pytest
from aiohttp import web
from livekit import api, rtc

from g2gbench.process import die_with_parent
from g2gbench.process.environment import for_child
from g2gbench.process.message import Lost, Message, from_json
from g2gbench.process.spawn import Child, ChildLost
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import LivekitServerRoom
from g2gbench.service.room import livekit_server
from g2gbench.service.room.external import ExternalRoom
from g2gbench.service.room.livekit_server import (
    COMMAND,
    COMMAND_VARIABLE,
    INSTALL,
    Ports,
    Server,
    configuration,
    find,
    free_ports,
    room_on,
)
from g2gbench.service.room.plan import LivekitServerPlan, RoomReady
from g2gbench.service.room.unavailable import RoomUnavailable
from g2gbench.service.session_host import END_S
from tests.e2e.livekit import BINARY, needs_livekit_server
from tests.service.room.livekit_servers import stand_in, starts

KEY, SECRET = "a-key", "a-secret-of-this-test-of-forty-characters"
LONG_S = 30.0
MODULE = "g2gbench.service.room.livekit_server"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part is Linux's alone")


# -- its settings


def test_the_configuration_keeps_the_server_on_loopback_with_one_way_in() -> None:
    assert json.loads(configuration(Ports(7000, 7001), KEY, SECRET, None)) == {
        "port": 7000,
        "bind_addresses": ["127.0.0.1"],
        "logging": {"level": "info", "json": False},
        "rtc": {
            "udp_port": 7001,
            "tcp_port": 0,
            "allow_tcp_fallback": False,
            "node_ip": "127.0.0.1",
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo", "lo0"]},
            "stun_servers": ["127.0.0.1:9"],
        },
        "room": {"auto_create": True, "empty_timeout": 60, "departure_timeout": 5},
        "keys": {KEY: SECRET},
    }


@pytest.mark.parametrize("bounds", [(0, 0), (100, 200)])
def test_a_playout_delay_is_asked_for_only_when_there_is_one(bounds: tuple[int, int]) -> None:
    room = json.loads(configuration(Ports(1, 2), KEY, SECRET, bounds))["room"]
    assert room["playout_delay"] == {"enabled": True, "min": bounds[0], "max": bounds[1]}


def test_nothing_inherited_changes_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("LIVEKIT_KEYS", "LIVEKIT_RTC_TCP_PORT", "NODE_IP", "UDP_PORT", "REDIS_HOST")
    for name in names:
        monkeypatch.setenv(name, "x")
    assert not set(names) & set(for_child())


def test_two_ports_are_given_that_can_be_listened_at() -> None:
    ports = free_ports()
    with (
        socket.create_server(("127.0.0.1", ports.signalling)),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media,
    ):
        media.bind(("127.0.0.1", ports.media))


def test_a_room_on_our_server_asks_for_no_playout_delay_of_its_own() -> None:
    """Asked for over the API, zero would mean "not set"."""
    room = room_on(7000, KEY, SECRET, "one")
    assert (room.url, room.name, room.playout_delay_ms) == ("ws://127.0.0.1:7000", "one", None)
    assert (room.api_key, room.api_secret) == (KEY, SECRET)


@pytest.mark.session
@needs_livekit_server
async def test_rooms_on_one_server_are_strangers_and_one_can_be_ended_alone() -> None:
    server = await Server.start(str(BINARY), KEY, SECRET, (0, 0))
    try:
        rooms = [room_on(server.port, KEY, SECRET, name) for name in ("one", "two")]
        for room in rooms:
            await room.create()
        async with _visitor(rooms[0]) as first, _visitor(rooms[1]) as second:
            await rooms[0].delete()
            await asyncio.wait_for(first.ended.wait(), LONG_S)
            assert not second.ended.is_set()
            assert not second.room.remote_participants
    finally:
        await server.stop()


class _Visitor(NamedTuple):
    room: rtc.Room
    ended: asyncio.Event


@contextlib.asynccontextmanager
async def _visitor(place: ExternalRoom) -> AsyncIterator[_Visitor]:
    room, ended = rtc.Room(), asyncio.Event()
    room.on("disconnected", lambda *_: ended.set())
    grants = api.VideoGrants(room_join=True, room=place.name)
    token = api.AccessToken(KEY, SECRET).with_identity("visitor").with_grants(grants).to_jwt()
    await room.connect(place.url, token)
    try:
        yield _Visitor(room, ended)
    finally:
        await room.disconnect()


# -- where it is


def test_the_scenarios_command_comes_before_the_variable_and_that_before_the_path(
    tmp_path: Path,
) -> None:
    on_path, by_variable, named = (
        stand_in(_directory(tmp_path / name)) for name in ("path", "variable", "named")
    )
    found = on_path.rename(on_path.with_name(COMMAND))
    both = {"PATH": str(found.parent), COMMAND_VARIABLE: str(by_variable)}
    assert find(str(named), both) == str(named)
    for ordinary in (None, COMMAND):
        assert find(ordinary, both) == str(by_variable)
        assert find(ordinary, {"PATH": str(found.parent)}) == str(found)
        assert find(ordinary, {"PATH": str(tmp_path)}) is None
    assert find("no-such-server", both) is None


def _directory(path: Path) -> Path:
    path.mkdir()
    return path


# -- its start


@contextlib.asynccontextmanager
async def _started(command: Path, **how: Any) -> AsyncIterator[Server]:
    server = await Server.start(str(command), KEY, SECRET, (0, 0), **how)
    try:
        yield server
    finally:
        await server.stop()
        assert psutil.Process().children(recursive=True) == []


@pytest.mark.integration
async def test_a_server_is_ready_when_it_answers_and_its_secret_is_on_no_command_line(
    tmp_path: Path,
) -> None:
    command = stand_in(tmp_path)
    async with _started(command) as server:
        (child,) = psutil.Process().children(recursive=True)
        assert child.pid == server.pid
        assert SECRET not in " ".join(child.cmdline())
        (told,) = starts(command)
        assert json.loads(told)["keys"] == {KEY: SECRET}
        assert json.loads(told)["port"] == server.port


@pytest.mark.integration
async def test_a_server_that_says_that_it_is_not_ready_is_asked_again(tmp_path: Path) -> None:
    async with (
        _started(stand_in(tmp_path, "late")) as server,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{server.port}") as answer,
    ):
        assert answer.status == 200


@pytest.mark.integration
async def test_a_server_that_ends_as_it_starts_is_given_other_ports_some_times(
    tmp_path: Path,
) -> None:
    command = stand_in(tmp_path, "exits")
    offered = [7000, 7001, 7002, 7003]
    chosen = iter([Ports(port, 1) for port in offered])
    with pytest.raises(RoomUnavailable, match=r"ended \(status 3\) each of the 4 times"):
        await Server.start(str(command), KEY, SECRET, None, choose_ports=lambda: next(chosen))
    assert [json.loads(told)["port"] for told in starts(command)] == offered


@pytest.mark.integration
async def test_another_server_at_the_port_is_not_taken_for_ours(tmp_path: Path) -> None:
    """It may answer before ours has noticed that its port is taken."""
    command = stand_in(tmp_path)
    async with _stranger() as taken:
        chosen: Iterator[Ports] = iter([Ports(taken, 1), free_ports()])
        async with _started(command, choose_ports=lambda: next(chosen)) as server:
            assert server.port != taken
    assert len(starts(command)) == 2


@contextlib.asynccontextmanager
async def _stranger() -> AsyncIterator[int]:
    """A server that is well, and does not know our key."""

    async def answer(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(text="OK")
        return web.json_response({"code": "unauthenticated", "msg": "who?"}, status=401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@pytest.mark.integration
async def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    command = stand_in(tmp_path, "silent")
    with pytest.raises(RoomUnavailable, match=r"was not ready after 0\.3 s"):
        await Server.start(str(command), KEY, SECRET, None, ready_s=0.3)
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.integration
async def test_a_start_that_is_cancelled_leaves_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned = asyncio.Event()
    spawn = livekit_server._spawn

    async def heard(*arguments: str) -> asyncio.subprocess.Process:
        process = await spawn(*arguments)
        spawned.set()
        return process

    monkeypatch.setattr(livekit_server, "_spawn", heard)
    command = stand_in(tmp_path, "silent")
    starting = asyncio.ensure_future(Server.start(str(command), KEY, SECRET, None))
    await asyncio.wait_for(spawned.wait(), LONG_S)
    await asyncio.sleep(0)  # the start goes on from there
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    assert psutil.Process().children(recursive=True) == []


# -- its end


@pytest.mark.integration
async def test_a_server_that_drains_is_told_twice(tmp_path: Path) -> None:
    async with _started(stand_in(tmp_path, "drains")) as server:
        await server.stop()
        assert await server.wait() == 0
        await server.stop()  # no error


@pytest.mark.integration
async def test_a_server_that_ignores_both_is_killed(tmp_path: Path) -> None:
    async with _started(stand_in(tmp_path, "stubborn")) as server:
        await server.stop()
        assert await server.wait() == -signal.SIGKILL


def test_the_steps_of_its_end_fit_into_what_a_host_gives_a_room() -> None:
    assert livekit_server._INSIST_S + livekit_server._GRACE_S < END_S


# -- in a process of its own


def _plan(command: Path | str) -> LivekitServerPlan:
    room = LivekitServerRoom(playout_delay_ms=(0, 0), command=str(command))
    return LivekitServerPlan(room, Unshown(KEY), Unshown(SECRET))


@contextlib.asynccontextmanager
async def _kept(command: Path | str) -> AsyncIterator[tuple[Child[RoomReady], RoomReady]]:
    child = await Child.start("room", MODULE, _plan(command), ready=RoomReady)
    try:
        yield child, await child.ready(LONG_S)
    finally:
        await child.end(END_S)


@pytest.mark.integration
async def test_the_process_that_keeps_it_says_the_servers_own_id_and_ends_with_it(
    tmp_path: Path,
) -> None:
    command = stand_in(tmp_path)
    async with _kept(command) as (child, ready):
        server = psutil.Process(ready.pid)
        assert server.ppid() == child.pid
        assert ready.port == json.loads(starts(command)[0])["port"]
    assert child.returncode == 0
    assert not server.is_running()


@pytest.mark.integration
async def test_a_server_that_ends_by_itself_is_told_with_its_status(tmp_path: Path) -> None:
    async with _kept(stand_in(tmp_path)) as (child, ready):
        assert ready.pid is not None
        said: asyncio.Queue[Message] = asyncio.Queue()
        child.on_message = said.put_nowait
        os.kill(ready.pid, signal.SIGKILL)
        lost = Lost("livekit-server ended (signal 9)")
        assert await asyncio.wait_for(said.get(), LONG_S) == lost
        await asyncio.wait_for(child.ended.wait(), LONG_S)


@pytest.mark.integration
async def test_without_a_server_the_sentence_says_how_to_get_one() -> None:
    with pytest.raises(ChildLost) as lost:
        async with _kept("no-such-server"):
            pass
    assert "no-such-server" in lost.value.reason
    assert INSTALL in lost.value.reason
    assert COMMAND_VARIABLE in lost.value.reason


@pytest.mark.integration
@linux
async def test_a_keeper_that_is_killed_takes_the_server_with_it(tmp_path: Path) -> None:
    async with _kept(stand_in(tmp_path, "stubborn")) as (child, ready):
        server = psutil.Process(ready.pid)
        os.kill(child.pid, signal.SIGKILL)
        await _gone(server)


@pytest.mark.integration
async def test_a_killed_parent_takes_keeper_and_server_with_it(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from g2gbench.process.message import from_json\n"
        "from g2gbench.process.spawn import Child\n"
        "from g2gbench.service.room.plan import LivekitServerPlan, RoomReady\n"
        "async def main():\n"
        "    plan = from_json(sys.argv[1], (LivekitServerPlan,))\n"
        f"    child = await Child.start('room', '{MODULE}', plan, ready=RoomReady)\n"
        "    print((await child.ready(30)).to_json(), flush=True)\n"
        "    await child.ended.wait()\n"
        "asyncio.run(main())\n"
    )
    command = stand_in(tmp_path, "stubborn")
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, _plan(command).to_json()), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    line = await asyncio.wait_for(parent.stdout.readline(), LONG_S)
    server = psutil.Process(from_json(line.decode(), (RoomReady,)).pid)
    keeper = psutil.Process(server.ppid())
    parent.kill()
    await parent.wait()
    await _gone(server)
    await _gone(keeper)


async def _gone(process: psutil.Process) -> None:
    """Until it has ended; whoever adopted it need not have heard of it."""
    for _ in range(int(LONG_S)):
        _, left = await asyncio.to_thread(psutil.wait_procs, [process], timeout=1)
        with contextlib.suppress(psutil.NoSuchProcess):
            if left and process.status() != psutil.STATUS_ZOMBIE:
                continue
        return
    raise AssertionError(f"{process} is still there")


# -- the leash


def test_the_leash_becomes_the_command_unless_the_parent_is_already_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, ...]] = []
    became: list[tuple[str, list[str]]] = []

    class Libc:
        def __init__(self, _: None) -> None:
            pass

        def prctl(self, *arguments: int) -> int:
            asked.append(arguments)
            return 0

    monkeypatch.setattr(ctypes, "CDLL", Libc)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "execv", lambda path, command: became.append((path, command)))
    die_with_parent.main([str(os.getppid()), "/bin/server", "--flag"])
    assert became == [("/bin/server", ["/bin/server", "--flag"])]
    assert asked == [(die_with_parent.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)]
    with pytest.raises(SystemExit):
        die_with_parent.main([str(os.getpid()), "/bin/server"])
    assert len(became) == 1


def test_the_leash_asks_the_kernel_only_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", None)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "execv", lambda path, _: became.append(path))
    die_with_parent.main([str(os.getppid()), "/bin/server"])
    assert became == ["/bin/server"]
