"""Real child processes from outside: start, hear, end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from g2gbench.process import spawn
from g2gbench.process.spawn import Child, ChildLost, describe

pytestmark = pytest.mark.integration

CHILDREN = "tests.process.children"
LONG_S = 30.0


class Heard:
    """What a child said, to be awaited."""

    def __init__(self, child: Child) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.statuses: list[int] = []
        child.on_message = self.messages.put_nowait
        child.on_end = self.statuses.append

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.messages.get(), LONG_S)


@contextlib.asynccontextmanager
async def _child(
    module: str, plan: dict[str, Any] | None = None, log_path: Path | None = None
) -> AsyncIterator[tuple[Child, Heard]]:
    child = await Child.start("tested", f"{CHILDREN}.{module}", plan or {}, log_path)
    heard = Heard(child)
    try:
        yield child, heard
    finally:
        await child.end()


async def test_the_plan_arrives_whole() -> None:
    plan = {"text": "räuberisch 🏙\nzwei", "long": "x" * 100_000, "nested": {"a": [1, None, 1.5]}}
    async with _child("echo", plan) as (child, _):
        assert await child.ready(LONG_S) == {"plan": plan}


async def test_a_plan_may_come_later(tmp_path: Path) -> None:
    child = await Child.start("tested", f"{CHILDREN}.echo", None, tmp_path / "log")
    child.tell({"told": "later"})
    assert await child.ready(LONG_S) == {"plan": {"told": "later"}}
    await child.end()
    assert (tmp_path / "log").read_text() == ""


async def test_a_child_that_never_gets_its_plan_ends_without_a_word(tmp_path: Path) -> None:
    child = await Child.start("tested", f"{CHILDREN}.echo", None, tmp_path / "log")
    assert await child.end() == 0
    assert (tmp_path / "log").read_text() == ""


async def test_the_first_message_that_has_the_key_is_the_one_that_says_ready() -> None:
    """What a child says before it is ready is never taken for its address."""
    child = await Child.start("tested", f"{CHILDREN}.echo", {}, ready="heard")
    heard = Heard(child)
    child.tell({"url": 1})
    try:
        assert await child.ready(LONG_S) == {"heard": {"url": 1}}
        assert await heard.next() == {"plan": {}}
    finally:
        await child.end()


async def test_messages_go_both_ways_in_order() -> None:
    async with _child("echo") as (child, heard):
        await child.ready(LONG_S)
        for number in range(20):
            child.tell({"number": number})
        assert [await heard.next() for _ in range(20)] == [
            {"heard": {"number": number}} for number in range(20)
        ]


async def test_each_raw_line_can_be_had_instead_of_its_meaning() -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    async with _child("echo") as (child, heard):
        await child.ready(LONG_S)
        child.on_line = lines.put_nowait
        child.tell({"a": 1})
        assert await asyncio.wait_for(lines.get(), LONG_S) == '{"heard":{"a":1}}'
        assert heard.messages.empty()


async def test_what_a_child_prints_is_no_message_and_lands_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _child("chatty", log_path=log) as (child, heard):
        assert await child.ready(LONG_S) == {"message": 1}
        assert await heard.next() == {"message": 2}
        await asyncio.wait_for(child.ended.wait(), LONG_S)
    assert heard.messages.empty()
    text = log.read_text()
    for words in ("printed", "written natively", "of a grandchild"):
        assert words in text


async def test_the_log_is_appended_to(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("earlier\n")
    async with _child("chatty", log_path=log) as (child, _):
        await asyncio.wait_for(child.ended.wait(), LONG_S)
    assert log.read_text().startswith("earlier\n")


async def test_a_child_that_is_not_ready_in_time_is_lost() -> None:
    async with _child("fails") as (child, _):
        with pytest.raises(ChildLost, match=r"^the tested process was not ready after 0\.05 s$"):
            await child.ready(0.05)
        assert child.returncode is None  # whoever waits in vain decides what becomes of it


async def test_who_is_cancelled_as_the_child_becomes_ready_is_cancelled() -> None:
    async with _child("fails") as (child, _):
        waiting = asyncio.ensure_future(child.ready(LONG_S))
        await asyncio.sleep(0)  # it waits
        child._heard('{"ready": true}')
        await asyncio.sleep(0)  # the message is on its way to who waits
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_child_that_ends_before_it_is_ready_is_named_with_its_status() -> None:
    async with _child("fails", {"status": 7}) as (child, heard):
        lost = r"^the tested process ended \(status 7\) before it was ready$"
        with pytest.raises(ChildLost, match=lost):
            await child.ready(LONG_S)
        assert heard.statuses == [7]


async def test_a_child_that_raises_leaves_its_traceback_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _child("fails", {"raises": "no such camera"}, log) as (child, _):
        last = r"\(status 1, its last words: RuntimeError: no such camera\) before it was ready"
        with pytest.raises(ChildLost, match=last):
            await child.ready(LONG_S)
    assert "RuntimeError: no such camera" in log.read_text()


@pytest.mark.parametrize("earlier", ["", "of another child\n"])
async def test_the_last_words_are_a_childs_own(earlier: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(earlier)
    async with _child("fails", {"status": 7}, log) as (child, _):
        with pytest.raises(ChildLost, match=r"ended \(status 7\) before"):
            await child.ready(LONG_S)
        log.unlink()
        assert child.told_end(7) == "the tested process ended (status 7)"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"error": "no room to be had"}', "no room to be had"),
        ('{"lost": "the worker ended", "process": "worker"}', "the worker ended"),
        ('{"counts": {}}', "it said counts"),
        ("{}", "it said nothing"),
    ],
)
async def test_another_first_message_than_was_waited_for_is_a_loss(said: str, told: str) -> None:
    async with _child("fails", {"says": [said]}) as (child, _):
        with pytest.raises(ChildLost, match=f"did not say its url, pids: {told}$") as lost:
            await child.ready(LONG_S, "url", "pids")
        assert lost.value.said == json.loads(said)


async def test_nothing_of_the_working_directory_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("", ".", os.environ["PYTHONPATH"])))
    async with _child("echo", {"a": 1}) as (child, _):
        assert await child.ready(LONG_S) == {"plan": {"a": 1}}


async def test_a_secret_is_revealed_to_the_child_alone() -> None:
    plan = {"api_key": SecretStr("a-secret-of-mine")}
    assert "a-secret" not in repr(plan)
    async with _child("echo", plan) as (child, _):
        assert await child.ready(LONG_S) == {"plan": {"api_key": "a-secret-of-mine"}}
        with pytest.raises(TypeError, match="object is nothing that a child can be told"):
            child.tell({"a": object()})


async def test_what_is_printed_before_the_first_message_is_skipped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A library may print while it is imported, when nothing keeps it from stdout yet."""
    async with _child("fails", {"says": ["hello", "7", '{"ready": true}']}) as (child, _):
        assert await child.ready(LONG_S) == {"ready": True}
    assert caplog.text.count("the tested process said something that is no message") == 2


async def test_later_lines_that_are_no_messages_are_skipped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with _child("echo") as (child, heard):
        await child.ready(LONG_S)
        child.on_line("not json")
        child.tell({"a": 1})
        assert await heard.next() == {"heard": {"a": 1}}
    assert "the tested process said something that is no message" in caplog.text


async def test_a_killed_child_is_heard_to_end() -> None:
    async with _child("echo") as (child, heard):
        await child.ready(LONG_S)
        os.kill(child.pid, signal.SIGKILL)
        await asyncio.wait_for(child.ended.wait(), LONG_S)
        assert heard.statuses == [-signal.SIGKILL]
        assert child.returncode == -signal.SIGKILL
        child.tell({"too": "late"})  # no error


async def test_what_a_child_said_comes_before_its_end() -> None:
    order: list[object] = []
    async with _child("cleans") as (child, _):
        await child.ready(LONG_S)
        child.on_message = order.append
        child.on_end = order.append
        await child.end()
    assert order == [{"cleaned": True}, 0]


async def test_a_child_that_ignores_everything_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawn, "KILL_GRACE_S", 0.05)
    async with _child("stubborn") as (child, heard):
        await child.ready(LONG_S)
        async with asyncio.timeout(LONG_S):
            assert await child.end(0.05) == -signal.SIGKILL
            await child.ended.wait()
        assert heard.statuses == [-signal.SIGKILL]


def test_the_three_steps_of_an_end_are_bounded() -> None:
    assert spawn.TERM_GRACE_S + 2 * spawn.KILL_GRACE_S <= 10


async def test_ending_twice_is_no_error() -> None:
    async with _child("cleans") as (child, _):
        await child.ready(LONG_S)
        assert (await child.end(), await child.end()) == (0, 0)


async def test_a_plan_is_on_no_command_line_and_in_no_environment() -> None:
    async with _child("echo", {"api_key": "a-secret-of-mine"}) as (child, _):
        ready = await child.ready(LONG_S)
        assert ready["plan"]["api_key"] == "a-secret-of-mine"
        process = psutil.Process(child.pid)
        shown = " ".join([*process.cmdline(), *process.environ().values()])
        assert f"{CHILDREN}.echo" in shown
        assert "a-secret-of-mine" not in shown


async def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_spares_it() -> None:
    async with _child("echo") as (child, _):
        await child.ready(LONG_S)
        assert os.getsid(child.pid) == child.pid != os.getsid(0)


@pytest.mark.parametrize(("status", "words"), [(0, "status 0"), (3, "status 3"), (-9, "signal 9")])
def test_a_status_in_words(status: int, words: str) -> None:
    assert describe(status) == words
