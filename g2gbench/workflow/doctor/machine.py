"""This machine: its cores, its clock, its timers, its cameras."""

from __future__ import annotations

import asyncio
import glob
import platform
import selectors
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from g2gbench.measure.advice import ALLOW
from g2gbench.process.cores import cores
from g2gbench.process.realtime_priority import use_realtime_priority
from g2gbench.workflow.doctor.finding import Finding

_NEEDED_CORES: Final = 2
_BUSY_SHARE: Final = 0.25
_TIMER_ROUNDS: Final = 200
_TIMER_LATE_MS: Final = 1.0


def machine() -> Finding:
    """Find its cores and memory, and how much of it is busy."""
    import psutil  # late: without it the other checks are made all the same

    count = cores()
    memory = psutil.virtual_memory().total / 2**30
    busy = psutil.cpu_percent(interval=0.5) / 100
    detail = f"{count} cores, {memory:.0f} GiB, {platform.system()}, {busy:.0%} busy now"
    if count < _NEEDED_CORES:
        mend = f"a loopback trial needs {_NEEDED_CORES} cores: expect invalid trials"
        return Finding("machine", "warning", detail, mend)
    if busy > _BUSY_SHARE:
        return Finding("machine", "warning", detail, "close what else runs here before a run")
    return Finding("machine", "ok", detail)


def clock() -> Finding:
    """Return how fine the clock is that all times are read on."""
    steps = []
    for _ in range(1000):
        start = now = time.monotonic_ns()
        while now == start:
            now = time.monotonic_ns()
        steps.append(now - start)
    step = statistics.median(steps)
    info = time.get_clock_info("monotonic")
    detail = f"{info.implementation}, {step:.0f} ns between two readings"
    if step > 1_000_000:
        return Finding("clock", "warning", detail, "g2g cannot be finer than this clock")
    return Finding("clock", "ok", detail)


async def timers() -> Finding:
    """Lateness of the event loop that links run on, as they run on it."""
    with ThreadPoolExecutor(1) as alone:  # its thread ends with what it was given
        first, late = await asyncio.get_running_loop().run_in_executor(alone, _loop_lateness)
    p50, p99 = statistics.median(late), sorted(late)[round(0.99 * len(late)) - 1]
    how = "" if first else "out"
    detail = (
        f"{_TIMER_ROUNDS} timers of 2 ms late by {p50:.2f} ms (p50), {p99:.2f} ms (p99), "
        f"with{how} real-time scheduling"
    )
    if p99 > _TIMER_LATE_MS:
        mend = "an emulated link will be late by as much: close what else runs here"
        return Finding("timers", "warning", detail, mend if first else f"{mend}, or {ALLOW}")
    return Finding("timers", "ok", detail)


def _loop_lateness() -> tuple[bool, list[float]]:
    """Return whether this thread may go first, and by how many ms each timer was late."""
    first = use_realtime_priority()

    async def measure() -> list[float]:
        late = []
        for _ in range(_TIMER_ROUNDS):
            due = time.monotonic() + 0.002
            await asyncio.sleep(0.002)
            late.append((time.monotonic() - due) * 1000)
        return late

    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        return first, runner.run(measure())


def cameras() -> Finding:
    """The cameras that ``source.kind: camera`` could open."""
    found = sorted(glob.glob("/dev/video*"))
    if found:
        return Finding("cameras", "ok", ", ".join(found))
    detail = "none under /dev/video*; the synthetic source needs none"
    return Finding(
        "cameras",
        "missing",
        detail,
        "for source.kind: camera, connect one, or let this user read /dev/video*",
    )
