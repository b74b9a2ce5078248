"""``g2gbench preflight`` as a command, against servers of the test's own on the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from unittest import mock

import pytest

from g2gbench import cli
from g2gbench.service.stun import StunServer

ROOT = Path(__file__).parents[2]
UNSHARE = [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--net"]
SECRET = "sk-preflight-secret"


def _may_unshare() -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    return False


@contextlib.asynccontextmanager
async def _stun(delay_s: float = 0.0) -> AsyncIterator[str]:
    server = StunServer(delay_s)
    port = await server.start()
    try:
        yield f"stun:127.0.0.1:{port}"
    finally:
        server.stop()


@contextlib.contextmanager
def _blocked() -> Iterator[str]:
    """An address at which every packet disappears."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        yield f"stun:127.0.0.1:{one.getsockname()[1]}"


def _command(*options: str, key: str = SECRET) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"DECART_API_KEY": key}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        cli.main(["preflight", *options])
    return int(end.value.code or 0), out.getvalue(), err.getvalue()


async def _preflight(*options: str) -> tuple[int, str, str]:
    """The same beside a server of this event loop: the command has its own."""
    return await asyncio.to_thread(_command, *options)


async def test_a_server_that_answers_is_good() -> None:
    async with _stun() as url:
        status, out, _ = await _preflight("--stun", url)
    assert status == 0
    assert out.startswith("GOOD  preflight")
    assert f"{url} over IPv4: answered after" in out
    assert "what to do" not in out


async def test_a_slow_server_alone_is_fair_with_the_reason_and_advice() -> None:
    async with _stun(0.2) as url:
        status, out, _ = await _preflight("--stun", url, "--json")
        below, *_ = await _preflight("--stun", url, "--require", "good")
    told = json.loads(out)
    assert (status, told["exit_code"], below) == (0, 0, 1)
    assert (told["quality"], told["limiting_factor"]) == ("fair", "latency")
    assert "more than 150 ms" in told["reasons"][0]
    assert told["advice"][0].startswith("The way to the service is long")
    assert told["metrics"]["transport"] == "udp"
    assert told["metrics"]["stun"][0]["rtt_ms"] > 150


@pytest.mark.session  # it measures how long it takes
def test_blocked_udp_is_poor_and_says_what_to_allow_in_time() -> None:
    with _blocked() as url:
        status, out, _ = _command("--stun", url, "--json")
    told = json.loads(out)
    if not told["metrics"]["hosts"]:
        pytest.skip("this machine has no address but the loopback: that is no network")
    assert status == 1
    assert told["quality"] == "poor"
    assert told["metrics"]["transport"] == "relay"
    assert told["metrics"]["took_ms"] < 6000  # its own time limit, which it must keep
    assert told["advice"][0].startswith("UDP is blocked: allow outgoing UDP")


@pytest.mark.integration
@pytest.mark.skipif(not _may_unshare(), reason="no network namespaces for users here (unshare -rn)")
async def test_no_network_is_critical_and_exit_4() -> None:
    command = [*UNSHARE, sys.executable, "-m", "g2gbench", "preflight", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, "--stun", "stun:192.0.2.1:3478", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    told = json.loads(out)
    assert process.returncode == told["exit_code"] == 4
    assert told["quality"] == "critical"
    assert told["metrics"]["transport"] == "failed"
    assert told["metrics"]["stun"][0]["error"] == "Network is unreachable"
    assert told["advice"][0].startswith("There is no network")


def test_names_that_cannot_be_resolved_are_told_from_blocked_udp() -> None:
    status, out, _ = _command("--stun", "stun:no..name", "--json")
    told = json.loads(out)
    if not told["metrics"]["hosts"]:
        pytest.skip("this machine has no address but the loopback: that is no network")
    assert (status, told["quality"], told["metrics"]["transport"]) == (3, None, None)
    assert told["reasons"][0].startswith("whether UDP passes is not known")
    assert told["advice"][0].startswith("No STUN server's name can be resolved")


@pytest.mark.integration
async def test_an_emulated_network_is_in_between() -> None:
    async with _stun() as url:
        status, out, _ = await _preflight("--stun", url, "--network", "wifi-edge", "--json")
    told = json.loads(out)
    assert status in (0, 1)
    assert told["metrics"]["stun"][0]["server"] == url  # by the name that it was given
    assert told["metrics"]["rtt_ms"] > 5


@pytest.mark.slow
async def test_a_blackout_in_between_is_blocked_udp() -> None:
    async with _stun() as url:
        status, out, _ = await _preflight("--stun", url, "--network", "blackout", "--json")
    assert status in (1, 4)
    assert json.loads(out)["metrics"]["transport"] in ("relay", "failed")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--stun", "turn:host"), "--stun: 'turn:host' is no STUN server; allowed: stun:HOST"),
        (("--deep", "--stun", "stun:h"), "a deep preflight asks no STUN server"),
        (("--deep", "--model", "lucy-0"), "'lucy-0' is no known model; known: lucy-2.1"),
        (("--deep", "--url", "http://h"), "--url is 'http://h'; allowed: ws://… or wss://…"),
        (("--url", "ws://h"), "--url: no session is opened without --deep"),
        (("--model", "lucy-2.1"), "--model: no session is opened without --deep"),
        (("--key-env", "KEY"), "--key-env: no session is opened without --deep"),
        (("--stun", "stun:no..name", "--network", "wifi"), "its name cannot be resolved"),
        (("--network", "wifey"), "Invalid value for '--network'"),
    ],
)
def test_bad_input_is_exit_2_with_what_is_allowed(options: tuple[str, ...], words: str) -> None:
    status, out, err = _command(*options)
    assert status == 2
    assert words in err
    assert out == ""
    assert "Traceback" not in err


def test_a_deep_preflight_needs_a_key() -> None:
    status, _, err = _command("--deep", key="")
    assert status == 2
    assert "$DECART_API_KEY is not set" in err


def test_nobody_at_the_url_is_exit_4_with_what_to_look_at() -> None:
    status, out, err = _command("--deep", "--url", "ws://127.0.0.1:9")
    assert status == 4
    assert out.startswith("CRITICAL  deep preflight")
    assert "could not be reached" in out
    assert "lets WebSockets" in out
    assert SECRET not in out + err
