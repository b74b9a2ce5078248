"""What the end-to-end tests share: short scenarios, a progress that acts, and the command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.records import Event, Reached, Record
from g2gbench.workflow.trial_series import Progress

ROOT = Path(__file__).resolve().parents[2]
PASSTHROUGH = """\
name: {name}
target: {{kind: loopback, model: camera-360p}}
source: {{content: street, size: 640x360, fps: 30}}
session: {{warmup: {warmup}s, duration: {duration}s, playout_delay: 0ms, fidelity: off}}
"""


def passthrough(name: str = "short", warmup: float = 1, duration: float = 4) -> str:
    """A 640x360 loopback that lets pixels pass, without impairment."""
    return PASSTHROUGH.format(name=name, warmup=warmup, duration=duration)


class Acting(Progress):
    """A progress that does something once the session has reached a phase."""

    def __init__(self, phase: str, act: Callable[[Mapping[str, int]], None]) -> None:
        self.pids: dict[str, int] = {}
        self.results: list[TrialResult] = []
        self._phase = phase
        self._act = act

    def record(self, record: Record) -> None:
        """Learn the processes' ids; act."""
        if isinstance(record, Event) and record.name == "processes":
            self.pids |= {name: int(str(pid)) for name, pid in record.detail.items()}
        if isinstance(record, Reached) and record.phase == self._phase:
            self._act(self.pids)

    def trial_ended(self, result: TrialResult) -> None:
        """Keep it."""
        self.results.append(result)


def kill(name: str) -> Callable[[Mapping[str, int]], None]:
    """Kill one process of the trial by its recorded id."""
    return lambda pids: os.kill(pids[name], signal.SIGKILL)


def all_gone(pids: Mapping[str, int], seconds: float = 20) -> bool:
    """Whether these processes end within so long."""
    alive = []
    for pid in pids.values():
        try:
            alive.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    _, left = psutil.wait_procs(alive, timeout=seconds)
    return all(p.status() == psutil.STATUS_ZOMBIE for p in left)


async def g2gbench(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """Start the command as a user would."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "g2gbench",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


async def until(stream: asyncio.StreamReader | None, text: str) -> str:
    """Read lines until one holds ``text``; that line. Fails when the stream ends before."""
    assert stream is not None
    while line := (await asyncio.wait_for(stream.readline(), 60)).decode():
        if text in line:
            return line
    raise AssertionError(f"{text!r} was never said")
