from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from g2gbench.process.watch import EVERY_S, STALL_FROM_S, StoppedProcesses, is_stopped, watch

MS = 1_000_000


@pytest.mark.parametrize(("late_ms", "told"), [(0, False), (99, False), (100, True), (500, True)])
async def test_a_loop_that_wakes_late_is_told(late_ms: int, told: bool) -> None:
    assert STALL_FROM_S == 0.1
    now_ns = 0
    stalls: list[tuple[int, float]] = []

    async def sleep(seconds: float) -> None:
        nonlocal now_ns
        if now_ns:
            raise asyncio.CancelledError
        now_ns += round(seconds * 1e9) + late_ms * MS

    with pytest.raises(asyncio.CancelledError):
        await watch(lambda *stall: stalls.append(stall), clock_ns=lambda: now_ns, sleep=sleep)
    end_ns = round(EVERY_S * 1e9) + late_ms * MS
    assert stalls == ([(end_ns, late_ms / 1e3)] if told else [])


def test_a_process_that_is_held_is_told_with_its_time_once_it_runs_again() -> None:
    held: set[int] = set()
    stopped = StoppedProcesses(held.__contains__)
    pids = {"room": [1], "client": [2, 3]}
    assert list(stopped.look(100 * MS, pids)) == []
    held |= {3}
    assert list(stopped.look(200 * MS, pids)) == []
    held |= {1}
    assert list(stopped.look(300 * MS, pids)) == []
    held -= {3}
    assert list(stopped.look(500 * MS, pids)) == [("client", 0.3)]
    assert list(stopped.look(600 * MS, pids)) == []
    assert list(stopped.held(700 * MS)) == [("room", 0.4)]


@pytest.mark.integration
def test_the_system_knows_which_process_is_held() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        assert not is_stopped(child.pid)
        os.kill(child.pid, signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        assert is_stopped(child.pid)
    finally:
        child.kill()
        child.wait()
    assert not psutil.pid_exists(child.pid)
    assert not is_stopped(child.pid)
