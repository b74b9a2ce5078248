"""Each reason that makes a trial invalid, caused for real."""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from g2gbench.browser import chromium
from g2gbench.scenario import loads
from g2gbench.service.plan import ServicePlan
from g2gbench.store.reading import Run, Trial
from g2gbench.trial import plan as planning
from g2gbench.trial import runner
from g2gbench.trial.machine_watch import MachineMonitor, swapped_bytes
from g2gbench.workflow.benchmark import run_async
from tests.e2e.livekit import needs_livekit_server
from tests.e2e.sessions import Acting, passthrough

pytestmark = [pytest.mark.session, pytest.mark.slow]
needs_chromium = pytest.mark.skipif(
    chromium.find(os.environ) is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"
)
_PAGEOUT = 21  # MADV_PAGEOUT of Linux: Python's mmap does not name it


async def _run(text: str, tmp_path: Path, progress: Any = None) -> tuple[Run, Trial]:
    run = await run_async(loads(text), out=tmp_path, progress=progress)
    (trial,) = run.trials
    return run, trial


def _because(run: Run, trial: Trial, words: str) -> None:
    """The trial is invalid for this reason, and the run's exit code says so."""
    assert trial.result.status == "invalid", trial.result
    because = trial.result.invalid_because
    assert any(words in reason for reason in because), (words, because)
    assert (run.status, run.summary_data["exit_code"]) == ("invalid", 3)


def _stall(seconds: float, *processes: str) -> Callable[[Mapping[str, int]], None]:
    """Stop processes of the trial, one after the other, from a second after measuring began on."""
    tasks: list[asyncio.Task[None]] = []

    async def hold(pids: Sequence[int]) -> None:
        # All times are the fault's own schedule: what it hits must have come in the steady state.
        for pid in pids:
            await asyncio.sleep(1)
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

    return lambda pids: tasks.append(asyncio.ensure_future(hold([pids[p] for p in processes])))


async def test_each_process_that_stood_still_is_named_and_what_came_of_it(tmp_path: Path) -> None:
    """Half a second each: what waited for it comes late, and neither target nor network is why."""
    # The link first, while all of the traffic passes: what waits in it is 3 % of all packets.
    names = ("link", "client", "worker", "room", "service")
    delayed = "network: {uplink: {delay: 300ms}, downlink: {delay: 300ms}}\n"
    text = passthrough("stalled", duration=9) + delayed
    run, trial = await _run(text, tmp_path, Acting("measure", _stall(0.5, *names)))
    for name in names:
        _because(run, trial, f"the {name} process stood still for ")
    _because(run, trial, "of the captures were late or skipped")
    _because(run, trial, "the link was late")


async def test_each_of_many_causes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markers that lie or are blank, packets that bypassed the link, and the clock."""
    # It holds frames for long enough that the next one, whose number it stamps, is on its way too.
    processing = "{mean: 100ms, faults: {misstamp_every: 25, blank_every: 26}}"
    text = passthrough("spoilt").replace(
        "model: camera-360p", f"model: camera-360p, processing: {processing}"
    )
    spawn = runner.TrialRunner._spawn
    stepped: list[int] = []

    async def leaky(self: runner.TrialRunner, name: str, module: str, *told: Any) -> Any:
        return await spawn(self, name, "tests.e2e.leaky_link" if name == "link" else module, *told)

    monkeypatch.setattr(runner.TrialRunner, "_spawn", leaky)
    # The machine's own clock stays as it is: what the trial reads is set back by 1 s.
    monkeypatch.setattr(
        runner,
        "MachineMonitor",
        lambda: MachineMonitor(wall_ns=lambda: time.time_ns() - sum(stepped)),
    )
    run, trial = await _run(
        text, tmp_path, Acting("measure", lambda _: stepped.append(1_000_000_000))
    )
    for words in (
        "carried another number in their metadata than in their marker",
        "could not be read or were misread",
        "did not pass through the link",
        "the clock stepped by -1000 ms",
    ):
        _because(run, trial, words)


@pytest.mark.nightly
@needs_livekit_server
async def test_a_livekit_server_that_was_stopped(tmp_path: Path) -> None:
    text = passthrough("stopped-room", duration=5)
    text = text.replace("kind: loopback,", "kind: loopback, room: livekit-server,")
    run, trial = await _run(text, tmp_path, Acting("measure", _stall(0.5, "room")))
    _because(run, trial, "the room process stood still for ")


@pytest.mark.nightly
@needs_chromium
async def test_a_browser_that_was_stopped(tmp_path: Path) -> None:
    """Its main process, which the page's own processes need only now and then."""

    def browser(pids: Mapping[str, int]) -> None:
        (found,) = psutil.Process(pids["client"]).children()
        _stall(0.5, "browser")({"browser": found.pid})

    text = passthrough("stopped-browser", duration=5) + "client: {kind: browser}\n"
    run, trial = await _run(text, tmp_path, Acting("measure", browser))
    _because(run, trial, "the client process stood still for ")


_HOG = """
import os, time
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
print(flush=True)
while True:
    until = time.monotonic() + 0.04
    while time.monotonic() < until:
        pass
    time.sleep(0.02)
"""
"""Keeps a core from everybody else for two thirds of the time."""


async def test_a_machine_that_is_busy_with_something_else(tmp_path: Path) -> None:
    hogs = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _HOG, stdout=subprocess.PIPE)
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        for process in hogs:
            assert process.stdout is not None
            if not await process.stdout.readline():
                pytest.skip("only real-time scheduling takes a core from others: run it as root")
        run, trial = await _run(passthrough("starved"), tmp_path)
    finally:
        for process in hogs:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    _because(run, trial, "a thread of the client process waited for a core for ")
    _because(run, trial, "a thread of the worker process waited for a core for ")


async def test_a_playout_delay_that_was_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room asks for another one than the scenario."""
    service_plan = planning.service_plan

    def other(*given: Any) -> ServicePlan | None:
        told = service_plan(*given)
        assert told is not None
        room = replace(told.host.room, playout_delay_ms=(100, 100))
        return replace(told, host=replace(told.host, room=room))

    monkeypatch.setattr(planning, "service_plan", other)
    run, trial = await _run(passthrough("playout", warmup=2), tmp_path)
    _because(run, trial, "the client held whole frames for")
    _because(run, trial, "the worker held whole frames for")


@pytest.mark.skipif(
    psutil.swap_memory().total == 0 or not hasattr(mmap.mmap, "madvise"),
    reason="this machine has no swap: add some with swapon",
)
async def test_a_machine_that_swapped(tmp_path: Path) -> None:
    with mmap.mmap(-1, 64 << 20) as memory:

        def push_out(_: Mapping[str, int]) -> None:
            memory[:: mmap.PAGESIZE] = b"x" * len(range(0, len(memory), mmap.PAGESIZE))
            before = swapped_bytes()
            memory.madvise(_PAGEOUT)
            assert swapped_bytes() > before

        run, trial = await _run(passthrough("swap"), tmp_path, Acting("measure", push_out))
    _because(run, trial, "the machine swapped")
