"""``g2gbench serve`` as a process: what it says, whom it serves, and that nothing of it remains."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from g2gbench.errors import ExitCode

ROOT = Path(__file__).parents[2]
LONG_S = 30.0
END_S = 5.0  # promised to whoever sends SIGTERM

pytestmark = pytest.mark.session


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "g2gbench", "serve", *options]


class Served:
    """A running ``serve`` that has said where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.lines = [process.stdout.readline(), process.stdout.readline()]
        found = re.search(r"(ws://127\.0\.0\.1:\d+)/v1/stream", self.lines[0])
        assert found, self.lines
        self.base = found[1]

    def client(self, query: str) -> ClientConnection:
        return connect(f"{self.base}/v1/stream?{query}", proxy=None)

    def ended_by(self, number: int) -> tuple[int, list[psutil.Process]]:
        """Signal it; its exit code, and the children that are left when it is gone."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        assert children
        os.kill(self.process.pid, number)
        code = self.process.wait(END_S)
        return code, [child for child in children if child.is_running()]


@contextlib.contextmanager
def _serve(*options: str) -> Iterator[Served]:
    with subprocess.Popen(
        _command("--port", "0", *options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield Served(process)
        finally:
            if process.poll() is None:
                process.kill()


def _hear(client: ClientConnection) -> dict[str, Any]:
    message = json.loads(client.recv(LONG_S))
    assert isinstance(message, dict)
    return message


def test_it_says_what_to_connect_to_and_ends_at_sigterm_with_all_its_children() -> None:
    with _serve() as served:
        port = served.base.rpartition(":")[2]
        assert "lucy-2.1" in served.lines[0]
        assert f"ws://127.0.0.1:{port} and http://127.0.0.1:{port}\n" in served.lines[1]
        assert served.ended_by(signal.SIGTERM) == (0, [])


def test_ctrl_c_ends_it_too_and_tells_the_client_that_is_there() -> None:
    with _serve("--queue", "1", "--key", "mine") as served:
        with served.client("api_key=yours&model=lucy-2.1") as refused:
            assert _hear(refused) == {"type": "error", "error": "Invalid API key"}
        with served.client("api_key=mine&model=lucy-2.1") as client:
            client.send(json.dumps({"type": "livekit_join"}))
            queued = {"type": "queue_position", "position": 1, "queue_size": 1}
            assert _hear(client) == queued
            assert _hear(client)["type"] == "livekit_room_info"
            assert served.ended_by(signal.SIGINT) == (0, [])


def test_a_model_of_another_name_can_be_served() -> None:
    with _serve("--model", "lucy-2.5", "--transform", "mirror") as served:
        with served.client("api_key=any&model=lucy-2.5") as client:
            client.send(json.dumps({"type": "livekit_join"}))
            assert _hear(client)["type"] == "livekit_room_info"
            client.send(json.dumps({"type": "prompt", "prompt": "x"}))
            assert _hear(client)["success"] is True
        assert served.ended_by(signal.SIGTERM) == (0, [])


def test_a_port_that_is_taken_is_bad_input_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            _command("--port", str(port)),
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert (done.returncode, done.stdout) == (ExitCode.BAD_INPUT, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"error: --port {port}: ")
    assert last.endswith("; choose another one")
    assert "Traceback" not in done.stderr
