"""The inside of a child: how it ends, whatever becomes of its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from g2gbench.process.message import Message, Stalled, from_json
from g2gbench.process.spawn import Child
from g2gbench.process.watch import STALL_FROM_S
from tests.process.children.plans import (
    Cleaned,
    CleansPlan,
    Echoed,
    EchoPlan,
    Nothing,
    Number,
    Planned,
    Ready,
    Selector,
    Word,
)

pytestmark = pytest.mark.integration

CLEANS = "tests.process.children.cleans"
ECHO = "tests.process.children.echo"
LONG_S = 30.0
IDLE = CleansPlan()
STUCK = CleansPlan(stuck=True, grace_s=0.1)


async def _ended_by(stop: int | None, plan: CleansPlan = IDLE) -> tuple[int, list[Message]]:
    """Start the child that cleans up; end its input (None) or signal it; status and messages."""
    said: list[Message] = []
    child = await Child.start("tested", CLEANS, plan, ready=Ready, answers=(Cleaned,))
    try:
        await child.ready(LONG_S)
        child.on_message = said.append
        if stop is not None:
            os.kill(child.pid, stop)
            await asyncio.wait_for(child.ended.wait(), LONG_S)
    finally:
        status = await child.end()
    return status, said


async def test_the_end_of_its_input_cancels_the_child_which_cleans_up() -> None:
    assert await _ended_by(None) == (0, [Cleaned()])


async def test_sigterm_cancels_the_child_which_cleans_up() -> None:
    assert await _ended_by(signal.SIGTERM) == (0, [Cleaned()])


async def test_a_child_that_is_stuck_ends_by_itself_when_its_input_ends() -> None:
    """Status 70: its own doing, neither a clean end nor the parent's signal."""
    assert await _ended_by(None, STUCK) == (70, [])


async def test_ctrl_c_is_the_parents_business() -> None:
    child = await Child.start("tested", ECHO, EchoPlan(), ready=Planned, answers=(Echoed,))
    heard: asyncio.Queue[Message] = asyncio.Queue()
    try:
        await child.ready(LONG_S)
        child.on_message = heard.put_nowait
        os.kill(child.pid, signal.SIGINT)
        child.send(Word("still there"))
        assert await asyncio.wait_for(heard.get(), LONG_S) == Echoed(Word("still there"))
    finally:
        assert await child.end() == 0


@pytest.mark.parametrize("plan", [IDLE, STUCK], ids=["idle", "stuck"])
def test_no_child_outlives_a_parent_that_was_killed(plan: CleansPlan) -> None:
    """Both hold the same pipe open: its end of file means that both are gone."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.process.children.family", plan.to_json()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # the child inherits it
    )
    with parent:
        assert parent.stdout is not None
        child_pid = json.loads(parent.stdout.readline())["child"]
        try:
            os.kill(child_pid, 0)  # it is there
            os.kill(parent.pid, signal.SIGKILL)
            parent.communicate(timeout=LONG_S)
        except subprocess.TimeoutExpired:
            os.kill(child_pid, signal.SIGKILL)
            raise
    assert parent.returncode == -signal.SIGKILL


def _echoed(*lines: str) -> tuple[list[Message], str]:
    """What the echoing child says to these lines, and its log."""
    done = subprocess.run(
        [sys.executable, "-m", ECHO],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=True,
    )
    return [from_json(line, (Planned, Echoed)) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "Expecting value"),
        ("[1, 2]", "a line without a message; allowed: Number, Word"),
        ('{"EchoPlan":{}}', "a line without a message; allowed: Number, Word"),
        ('{"Number":{"number":1,"unit":"s"}}', 'Number: can not match "unit"'),
        ('{"Number":{"number":"one"}}', 'Number: wrong value type for field "number"'),
        ('{"Word":{}}', 'Word: missing value for field "word"'),
    ],
)
def test_a_line_that_is_no_command_is_skipped_and_the_log_says_why(line: str, why: str) -> None:
    said, log = _echoed(EchoPlan("a").to_json(), line, Number(2).to_json())
    assert said[0] == Planned(EchoPlan("a"))
    assert f"ignored a line that is no command: {why}" in log
    assert "Traceback" not in log


async def test_commands_after_one_that_is_skipped_are_still_obeyed() -> None:
    child = await Child.start("tested", ECHO, EchoPlan(), ready=Planned, answers=(Echoed,))
    heard: asyncio.Queue[Message] = asyncio.Queue()
    try:
        await child.ready(LONG_S)
        child.on_message = heard.put_nowait
        child.send(Nothing())
        child.send(Number(2))
        assert await asyncio.wait_for(heard.get(), LONG_S) == Echoed(Number(2))
    finally:
        assert await child.end() == 0


async def test_a_child_that_stood_still_says_for_how_long_and_until_when() -> None:
    child = await Child.start("tested", CLEANS, IDLE, ready=Ready, answers=(Cleaned,))
    heard: asyncio.Queue[Message] = asyncio.Queue()
    try:
        await child.ready(LONG_S)
        child.on_message = heard.put_nowait
        start_ns = time.monotonic_ns()
        os.kill(child.pid, signal.SIGSTOP)
        await asyncio.sleep(0.4)
        os.kill(child.pid, signal.SIGCONT)
        async with asyncio.timeout(LONG_S):
            while True:
                said = await heard.get()
                assert isinstance(said, Stalled)
                if said.at_ns > start_ns:  # on a busy machine it may have stood still before
                    break
        assert said.seconds >= STALL_FROM_S
        assert said.at_ns < time.monotonic_ns()
    finally:
        assert await child.end() == 0


def test_a_parent_that_hears_no_more_ends_its_child() -> None:
    """Its input stays open: only what it says tells the child."""
    with subprocess.Popen(
        [sys.executable, "-m", ECHO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(EchoPlan().to_json().encode() + b"\n")
        child.stdin.flush()
        child.stdout.readline()
        child.stdout.close()
        child.stdin.write(Number(1).to_json().encode() + b"\n")
        child.stdin.flush()
        try:
            assert child.wait(LONG_S) == 0
        except subprocess.TimeoutExpired:
            child.kill()
            raise


def test_the_event_loop_runs_on_select() -> None:
    """The timeouts of epoll are whole milliseconds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.process.children.loop"],
        input=Nothing().to_json() + "\n",
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=True,
    )
    assert from_json(done.stdout, (Selector,)) == Selector("SelectSelector")
