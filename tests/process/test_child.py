"""The inside of a child: how it ends, whatever becomes of its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from g2gbench.process.spawn import Child

pytestmark = pytest.mark.integration

CLEANS = "tests.process.children.cleans"
LONG_S = 30.0


async def _ended_by(stop: int | None, plan: dict[str, Any] | None = None) -> tuple[int, list[Any]]:
    """Start the child that cleans up; end its input (None) or signal it; status and messages."""
    said: list[Any] = []
    child = await Child.start("tested", CLEANS, plan or {})
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
    assert await _ended_by(None) == (0, [{"cleaned": True}])


async def test_sigterm_cancels_the_child_which_cleans_up() -> None:
    assert await _ended_by(signal.SIGTERM) == (0, [{"cleaned": True}])


async def test_a_child_that_is_stuck_ends_by_itself_when_its_input_ends() -> None:
    """Status 70: its own doing, neither a clean end nor the parent's signal."""
    assert await _ended_by(None, {"stuck": True, "grace_s": 0.1}) == (70, [])


async def test_ctrl_c_is_the_parents_business() -> None:
    child = await Child.start("tested", "tests.process.children.echo", {})
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    try:
        await child.ready(LONG_S)
        child.on_message = heard.put_nowait
        os.kill(child.pid, signal.SIGINT)
        child.tell({"still": "there"})
        assert await asyncio.wait_for(heard.get(), LONG_S) == {"heard": {"still": "there"}}
    finally:
        assert await child.end() == 0


@pytest.mark.parametrize("plan", [{}, {"stuck": True, "grace_s": 0.1}], ids=["idle", "stuck"])
def test_no_child_outlives_a_parent_that_was_killed(plan: dict[str, Any]) -> None:
    """Both hold the same pipe open: its end of file means that both are gone."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.process.children.family", json.dumps(plan)],
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


def _echoed(*lines: str) -> tuple[list[Any], str]:
    """What the echoing child says to these lines, and its log."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.process.children.echo"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_command_that_is_no_json_is_skipped() -> None:
    said, log = _echoed('{"a": 1}', "nonsense", '{"b": 2}')
    assert said[0] == {"plan": {"a": 1}}
    assert "a command that is no JSON: ignored" in log
    assert "Traceback" not in log


def test_a_parent_that_hears_no_more_ends_its_child() -> None:
    """Its input stays open: only what it says tells the child."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.process.children.echo"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"{}\n")
        child.stdin.flush()
        child.stdout.readline()
        child.stdout.close()
        child.stdin.write(b'{"a": 1}\n')
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
        input="{}\n",
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=True,
    )
    assert json.loads(done.stdout) == {"selector": "SelectSelector"}
