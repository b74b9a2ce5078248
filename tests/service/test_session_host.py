"""One session's two processes: made ready, told apart, and ended whatever state they are in."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from livekit import rtc

from g2gbench.process.message import Lost, Message
from g2gbench.process.spawn import ChildLost
from g2gbench.service.plan import Applied, HostSettings, LivekitServerRoom, WorkerReport
from g2gbench.service.session_host import TOKEN_HOURS, WORKER_IDENTITY, RoomUnavailable, SessionHost
from tests.service.room.livekit_servers import stand_in
from tests.service.services import LONG_S, host_settings

M = TypeVar("M", bound=Message)
pytestmark = pytest.mark.integration


class Said:
    """What a host's processes say."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[str, Message]] = asyncio.Queue()

    def __call__(self, process: str, message: Message) -> None:
        self.messages.put_nowait((process, message))

    async def until(self, kind: type[M]) -> tuple[str, M]:
        """The next message of a kind, with who sent it; those before it are skipped."""
        async with asyncio.timeout(LONG_S):
            while True:
                process, message = await self.messages.get()
                if isinstance(message, kind):
                    return process, message

    def kinds(self) -> set[type[Message]]:
        """The kinds of all that is left."""
        kinds: set[type[Message]] = set()
        while not self.messages.empty():
            kinds.add(type(self.messages.get_nowait()[1]))
        return kinds


@contextlib.asynccontextmanager
async def _host(settings: HostSettings | None = None) -> AsyncIterator[tuple[SessionHost, Said]]:
    said = Said()
    host = SessionHost(settings or host_settings(), said)
    try:
        yield host, said
    finally:
        await host.close()
        assert psutil.Process().children(recursive=True) == []


async def test_a_host_is_a_room_with_a_worker_in_it_and_ends_with_both() -> None:
    async with _host() as (host, said):
        await host.start()
        assert set(host.pids) == {"room", "worker"}
        assert {p.pid for p in psutil.Process().children()} == set(host.pids.values())
        assert host.url.startswith("ws://127.0.0.1:")
        host.restamp(True)
        host.apply(7, "a beach", None)
        assert await said.until(Applied) == ("worker", Applied(7))
    assert not host.lost
    kinds = said.kinds()
    assert WorkerReport in kinds  # the worker's goodbye is heard
    assert Lost not in kinds


async def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    async with _host(host_settings(tmp_path)) as (host, _):
        await host.start()
        shown = " ".join(
            word for pid in host.pids.values() for word in psutil.Process(pid).cmdline()
        )
        assert "g2gbench.service.worker" in shown
        assert host._secret not in shown
        assert "eyJ" not in shown  # how every token begins
    for name in ("room", "worker"):
        log = (tmp_path / f"{name}.log").read_text()
        assert host._secret not in log
        assert "eyJ" not in log


def test_a_token_is_for_one_identity_one_room_and_some_hours() -> None:
    host = SessionHost(host_settings(), Said())
    payload = host.token(WORKER_IDENTITY).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"] == WORKER_IDENTITY
    assert claims["sub"].startswith("inference-server-")
    assert claims["video"] == {**claims["video"], "room": host.room_name, "roomJoin": True}
    assert 0 < claims["exp"] - time.time() <= TOKEN_HOURS * 3600


def test_no_two_hosts_share_a_name_or_a_secret() -> None:
    one, other = (SessionHost(host_settings(), Said()) for _ in range(2))
    for name in ("room_name", "session_id", "_key", "_secret"):
        assert getattr(one, name) != getattr(other, name)


@pytest.mark.parametrize("name", ["room", "worker"])
async def test_a_process_that_ends_by_itself_is_told_by_name(name: str) -> None:
    async with _host() as (host, said):
        await host.start()
        os.kill(host.pids[name], signal.SIGKILL)
        lost = Lost(f"the {name} process ended (signal 9)")
        assert await said.until(Lost) == (name, lost)
        assert host.lost


async def test_a_worker_that_its_room_sends_away_says_so() -> None:
    async with _host() as (host, said):
        await host.start()
        double = rtc.Room()
        await double.connect(host.url, host.token(WORKER_IDENTITY))
        lost = Lost("the worker lost its room (DUPLICATE_IDENTITY)")
        assert await said.until(Lost) == ("worker", lost)
        await double.disconnect()


async def test_a_worker_that_cannot_start_is_named_and_its_log_says_why(tmp_path: Path) -> None:
    async with _host(host_settings(tmp_path, transform="melt")) as (host, _):
        lost = r"^the worker process ended \(status 1, .*'melt'.*\) before it was ready$"
        with pytest.raises(ChildLost, match=lost):
            await host.start()
    assert "transform 'melt'" in (tmp_path / "worker.log").read_text()


async def test_a_frozen_worker_does_not_hold_up_the_end() -> None:
    """The service promises to be gone after 5 s, with all its children."""
    async with _host() as (host, _):
        await host.start()
        os.kill(host.pids["worker"], signal.SIGSTOP)
        async with asyncio.timeout(4):
            await host.close()
        assert not any(psutil.pid_exists(pid) for pid in host.pids.values())


# -- a livekit-server as the room; a stand-in is enough to see who is who


def _with_server(command: Path | str, log_dir: Path | None = None) -> HostSettings:
    return host_settings(log_dir, LivekitServerRoom(command=str(command)))


async def test_a_managed_server_that_cannot_be_had_is_no_loss_and_starts_no_worker() -> None:
    async with _host(_with_server("no-such-server")) as (host, said):
        with pytest.raises(RoomUnavailable, match="no no-such-server on this machine"):
            await host.start()
        assert set(host.pids) == {"room"}  # the process that looked for it
    assert Lost not in said.kinds()


async def test_the_room_is_the_servers_process_and_its_end_is_told_once(tmp_path: Path) -> None:
    async with _host(_with_server(stand_in(tmp_path), tmp_path)) as (host, said):
        with pytest.raises(ChildLost, match="worker"):  # nobody answers its signalling
            await host.start()
        server = psutil.Process(host.pids["room"])
        keeper = server.parent()
        assert keeper is not None
        assert "g2gbench.service.room.livekit_server" in keeper.cmdline()
        assert host._secret not in " ".join(server.cmdline() + keeper.cmdline())
        await said.until(Lost)  # the worker's
        os.kill(server.pid, signal.SIGKILL)
        assert await said.until(Lost) == ("room", Lost("livekit-server ended (signal 9)"))
        await asyncio.wait_for(host._children["room"].ended.wait(), LONG_S)
        assert Lost not in said.kinds()
        assert host.lost
    assert host._secret not in (tmp_path / "room.log").read_text()
