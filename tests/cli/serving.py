"""``g2gbench serve`` as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
END_S = 5.0  # promised to whoever sends SIGTERM


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "g2gbench", "serve", *options]


class Served:
    """A running ``serve`` that has said where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.lines = [self.line() for _ in range(6)]
        found = re.search(r"(ws://127\.0\.0\.1:\d+)/v1/stream", self.lines[0])
        assert found, self.lines
        self.base = found[1]

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

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
def serve(*options: str, **environment: str) -> Iterator[Served]:
    with subprocess.Popen(
        command("--port", "0", *options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    ) as process:
        try:
            yield Served(process)
        finally:
            if process.poll() is None:
                process.kill()
