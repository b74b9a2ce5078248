"""A real livekit-server as the room: managed for a loopback, and as a target at a URL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import psutil
import pytest

from g2gbench.scenario import loads
from g2gbench.service.plan import LivekitServerRoom
from g2gbench.service.room import livekit_server
from g2gbench.service.room.livekit_server import Ports, Server, free_ports
from g2gbench.service.session_host import SessionHost
from g2gbench.workflow.benchmark import run_async
from tests.e2e.livekit import BINARY, needs_livekit_server
from tests.e2e.sessions import Acting, all_gone, g2gbench, kill, passthrough
from tests.inconclusive import assert_sound
from tests.service.services import host_settings

pytestmark = [pytest.mark.session, pytest.mark.slow]
SECRET = "a-very-secret-secret-of-forty-characters"
KEY = "APIoftheselocaltests"
TOKEN = "eyJ[A-Za-z0-9_-]{12}"
"""How every token begins, and as much more as no compressed picture holds by chance."""
TARGET = """\
name: remote
target:
  kind: livekit
  url: '{url}'
  api_key: '${{G2G_TEST_KEY}}'
  api_secret: '${{G2G_TEST_SECRET}}'
  model: camera-360p
source: {{content: street, size: 640x360, fps: 30}}
session: {{warmup: 1s, duration: 3s, playout_delay: 0ms}}
"""


def managed(name: str, warmup: float = 1, duration: float = 4) -> str:
    """A loopback through a livekit-server of its own."""
    text = passthrough(name, warmup, duration)
    return text.replace("kind: loopback,", "kind: loopback, room: livekit-server,")


@contextlib.asynccontextmanager
async def _serving() -> AsyncIterator[str]:
    """A server of somebody else's, at a URL."""
    server = await Server.start(str(BINARY), KEY, SECRET, None)
    try:
        yield f"ws://127.0.0.1:{server.port}"
    finally:
        await server.stop()


async def _run(tmp_path: Path, url: str, secret: str = SECRET) -> tuple[int, str]:
    scenario = tmp_path / "remote.yaml"
    scenario.write_text(TARGET.format(url=url))
    process = await g2gbench(
        *("run", str(scenario), "--out", str(tmp_path / "runs")),
        G2G_TEST_KEY=KEY,
        G2G_TEST_SECRET=secret,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


def _files_with(path: Path, *patterns: str) -> list[tuple[Path, str]]:
    """The files that hold one of these patterns."""
    files = [f for f in path.rglob("*") if f.is_file()]
    return [(f, one) for f in files for one in patterns if re.search(one.encode(), f.read_bytes())]


# -- a managed one


@needs_livekit_server
async def test_a_loopback_through_a_real_server_is_measured_over_the_link(tmp_path: Path) -> None:
    progress = Acting("measure", lambda _: None)
    run = await run_async(loads(managed("managed")), out=tmp_path, progress=progress)
    (trial,) = run.trials
    result = trial.result
    assert_sound(result)
    assert result.frames["delivered"] / result.frames["captured"] > 0.9
    assert result.readings["misread"] == result.readings["witness_disagree"] == 0
    session = trial.recorded.session
    # Remote frames that meet the SDK at work on its own track cost a stall, or the session.
    assert session.reached["publish"] < session.reached["subscribe"]
    packets = session.counter("link", "media_packets")
    assert packets is not None
    assert packets > result.frames["captured"]  # both ways went through it
    assert set(progress.pids) == {"client", "service", "link", "room", "worker"}
    rooms = [u for u in session.usage if u.process == "room"]
    assert rooms[-1].cpu_s > 0
    assert all_gone(progress.pids)
    assert _files_with(run.path, TOKEN) == []


@needs_livekit_server
async def test_a_server_that_is_killed_costs_the_trial_but_not_what_it_measured(
    tmp_path: Path,
) -> None:
    loop = asyncio.get_running_loop()

    def act(pids: Mapping[str, int]) -> None:
        loop.call_later(2, kill("room"), pids)  # some frames later

    progress = Acting("measure", act)
    run = await run_async(loads(managed("killed", duration=60)), out=tmp_path, progress=progress)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert "livekit-server ended (signal 9)" in trial.result.message
    assert trial.result.frames["captured"] > 0
    assert run.summary_data["exit_code"] == 3
    lost = [e for e in trial.recorded.session.events if e.name == "process_lost"]
    assert [e.detail["process"] for e in lost] == ["room"]
    assert all_gone(progress.pids)


async def test_no_server_is_exit_4_with_the_way_to_get_one(tmp_path: Path) -> None:
    text = managed("none").replace(
        "room: livekit-server", "room: {kind: livekit-server, command: no-such-server}"
    )
    run = await run_async(loads(text), out=tmp_path)
    (trial,) = run.trials
    assert trial.result.status == "unreachable"
    assert "no-such-server" in trial.result.message
    assert livekit_server.INSTALL in trial.result.message
    assert run.summary_data["exit_code"] == 4


@needs_livekit_server
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
async def test_a_port_taken_meanwhile_is_another_try(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port, free = taken.getsockname()[1], free_ports()
        tcp = kind == socket.SOCK_STREAM
        first = free._replace(signalling=port) if tcp else free._replace(media=port)
        chosen = iter([first, free_ports()])
        tried: list[Ports] = []

        def choose() -> Ports:
            tried.append(next(chosen))
            return tried[-1]

        server = await Server.start(str(BINARY), KEY, SECRET, None, choose_ports=choose)
        try:
            assert server.port == tried[1].signalling
            assert len(tried) == 2
        finally:
            await server.stop()


@needs_livekit_server
async def test_it_listens_on_loopback_alone() -> None:
    ports = free_ports()
    server = await Server.start(str(BINARY), KEY, SECRET, (0, 0), choose_ports=lambda: ports)
    try:
        connections = psutil.Process(server.pid).net_connections()
        listening = {
            (c.type, c.laddr.ip, c.laddr.port)
            for c in connections
            if c.type == socket.SOCK_DGRAM or c.status == psutil.CONN_LISTEN
        }
        assert listening == {
            (socket.SOCK_STREAM, "127.0.0.1", ports.signalling),
            (socket.SOCK_DGRAM, "127.0.0.1", ports.media),
        }
    finally:
        await server.stop()


@needs_livekit_server
async def test_a_server_whose_room_is_in_use_ends_in_time_too() -> None:
    """One SIGTERM would only drain it."""
    settings = host_settings(room=LivekitServerRoom(command=str(BINARY)))
    host = SessionHost(settings, lambda *_: None)
    await host.start()
    pids = host.pids
    async with asyncio.timeout(4):
        await host._children["room"].end(1.5)  # the worker is still there
    assert host._children["room"].returncode == 0  # by itself
    await host.close()
    assert all_gone(pids)


# -- somebody else's


@needs_livekit_server
async def test_a_server_at_a_url_is_measured_and_its_secret_is_written_nowhere(
    tmp_path: Path,
) -> None:
    async with _serving() as url:
        status, said = await _run(tmp_path, url)
    assert status in (0, 3), said
    journal = next((tmp_path / "runs").rglob("journal.jsonl")).read_text()
    assert '"phase":"measured"' in journal
    processes = next(json.loads(x) for x in journal.splitlines() if '"processes"' in x)
    assert "room" not in processes["detail"]
    counts = [json.loads(x) for x in journal.splitlines() if '"source":"link"' in x]
    assert counts[-1]["values"]["media_packets"] > 0
    for word in (SECRET, "eyJ"):
        assert word not in said
    assert _files_with(tmp_path / "runs", SECRET, KEY, TOKEN) == []


@needs_livekit_server
async def test_a_wrong_secret_is_exit_4_and_in_no_file(tmp_path: Path) -> None:
    wrong = "another-secret-that-has-forty-characters"
    async with _serving() as url:
        status, said = await _run(tmp_path, url, wrong)
    assert status == 4, said
    assert "the LiveKit server refused: HTTP status 401" in said
    for word in (wrong, KEY, "eyJ"):
        assert word not in said
    assert _files_with(tmp_path / "runs", wrong, KEY, TOKEN) == []


@pytest.mark.nightly
async def test_nobody_at_the_url_is_exit_4_with_the_reason(tmp_path: Path) -> None:
    status, said = await _run(tmp_path, "ws://127.0.0.1:9")
    assert status == 4, said
    assert "the LiveKit server could not be reached" in said


@pytest.mark.nightly
@needs_livekit_server
async def test_a_server_at_a_url_that_dies_costs_the_trial_but_not_what_it_measured(
    tmp_path: Path,
) -> None:
    server = await Server.start(str(BINARY), KEY, SECRET, None)
    loop = asyncio.get_running_loop()

    def act(_: Mapping[str, int]) -> None:
        loop.call_later(2, os.kill, server.pid, signal.SIGKILL)

    progress = Acting("measure", act)
    text = TARGET.format(url=f"ws://127.0.0.1:{server.port}").replace(
        "duration: 3s", "duration: 3min"
    )
    environment = {"G2G_TEST_KEY": KEY, "G2G_TEST_SECRET": SECRET}
    scenario = loads(text, environment=environment)
    run = await run_async(scenario, out=tmp_path, progress=progress)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert trial.result.frames["captured"] > 0
    assert run.summary_data["exit_code"] == 3
    assert all_gone(progress.pids)
    assert _files_with(run.path, SECRET, KEY, TOKEN) == []
