"""Real child processes from outside: start, hear, end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from g2gbench.process import spawn
from g2gbench.process.message import Failed, Lost, Message, Stalled
from g2gbench.process.spawn import Child, ChildLost, describe
from g2gbench.secrecy import Unshown
from tests.process.children.plans import (
    Cleaned,
    CleansPlan,
    Echoed,
    EchoPlan,
    FailsPlan,
    Nested,
    Nothing,
    Number,
    Planned,
    Ready,
    Said,
    Word,
)

pytestmark = pytest.mark.integration

CHILDREN = "tests.process.children"
ANSWERS = (Planned, Echoed, Said, Cleaned)
LONG_S = 30.0
R = TypeVar("R", bound=Message)


class Heard:
    """What a child said, to be awaited."""

    def __init__(self, child: Child[R]) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.statuses: list[int] = []
        child.on_message = self.messages.put_nowait
        child.on_end = self.statuses.append

    async def next(self) -> Message:
        return await asyncio.wait_for(self.messages.get(), LONG_S)


@contextlib.asynccontextmanager
async def _child(
    module: str, plan: Message, ready: type[R], log_path: Path | None = None
) -> AsyncIterator[tuple[Child[R], Heard]]:
    child = await Child.start(
        "tested", f"{CHILDREN}.{module}", plan, log_path, ready=ready, answers=ANSWERS
    )
    heard = Heard(child)
    try:
        yield child, heard
    finally:
        await child.end()


def _saying(*messages: Message) -> FailsPlan:
    return FailsPlan(says=tuple(message.to_json() for message in messages))


async def test_the_plan_arrives_whole() -> None:
    plan = EchoPlan("räuberisch 🏙\nzwei" + "x" * 100_000, Nested((1, None, 1.5)))
    async with _child("echo", plan, Planned) as (child, _):
        assert await child.ready(LONG_S) == Planned(plan)


async def test_what_is_wrong_in_a_plan_are_the_last_words_of_the_child(tmp_path: Path) -> None:
    async with _child("echo", Number(1), Planned, tmp_path / "log") as (child, _):
        last = "last words: ValueError: a line without a message; allowed: EchoPlan"
        with pytest.raises(ChildLost, match=last):
            await child.ready(LONG_S)


async def test_a_plan_may_come_later(tmp_path: Path) -> None:
    child = await Child.start("tested", f"{CHILDREN}.echo", None, tmp_path / "log", ready=Planned)
    plan = EchoPlan("told later")
    child.send(plan)
    assert await child.ready(LONG_S) == Planned(plan)
    await child.end()
    assert (tmp_path / "log").read_text() == ""


async def test_a_child_that_never_gets_its_plan_ends_without_a_word(tmp_path: Path) -> None:
    child = await Child.start("tested", f"{CHILDREN}.echo", None, tmp_path / "log", ready=Planned)
    assert await child.end() == 0
    assert (tmp_path / "log").read_text() == ""


async def test_the_first_message_of_the_kind_of_readiness_is_the_one_that_says_ready() -> None:
    """What a child says before it is ready is never taken for its address."""
    async with _child("echo", EchoPlan(), Echoed) as (child, heard):
        child.send(Number(1))
        child.send(Number(2))
        assert await child.ready(LONG_S) == Echoed(Number(1))
        assert [await heard.next() for _ in range(2)] == [Planned(EchoPlan()), Echoed(Number(2))]


async def test_messages_go_both_ways_in_order() -> None:
    async with _child("echo", EchoPlan(), Planned) as (child, heard):
        await child.ready(LONG_S)
        sent = [Number(number) if number % 2 else Word(str(number)) for number in range(20)]
        for command in sent:
            child.send(command)
        assert [await heard.next() for _ in sent] == [Echoed(command) for command in sent]


async def test_each_raw_line_can_be_had_instead_of_its_meaning() -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    async with _child("echo", EchoPlan(), Planned) as (child, heard):
        await child.ready(LONG_S)
        child.on_line = lines.put_nowait
        child.send(Number(1))
        line = await asyncio.wait_for(lines.get(), LONG_S)
        assert line == '{"Echoed":{"command":{"number":1}}}'
        assert heard.messages.empty()


async def test_what_a_child_prints_is_no_message_and_lands_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _child("chatty", Nothing(), Ready, log) as (child, heard):
        assert await child.ready(LONG_S) == Ready()
        assert await heard.next() == Said(1)
        await asyncio.wait_for(child.ended.wait(), LONG_S)
    assert heard.messages.empty()
    text = log.read_text()
    for words in ("printed", "written natively", "of a grandchild"):
        assert words in text


async def test_the_log_is_appended_to(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("earlier\n")
    async with _child("chatty", Nothing(), Ready, log) as (child, _):
        await asyncio.wait_for(child.ended.wait(), LONG_S)
    assert log.read_text().startswith("earlier\n")


async def test_a_child_that_is_not_ready_in_time_is_lost() -> None:
    async with _child("fails", FailsPlan(), Ready) as (child, _):
        with pytest.raises(ChildLost, match=r"^the tested process was not ready after 0\.05 s$"):
            await child.ready(0.05)
        assert child.returncode is None  # whoever waits in vain decides what becomes of it


async def test_who_is_cancelled_as_the_child_becomes_ready_is_cancelled() -> None:
    async with _child("fails", FailsPlan(), Ready) as (child, _):
        waiting = asyncio.ensure_future(child.ready(LONG_S))
        await asyncio.sleep(0)  # it waits
        child._on_line(Ready().to_json())
        await asyncio.sleep(0)  # the message is on its way to who waits
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_child_that_ends_before_it_is_ready_is_named_with_its_status() -> None:
    async with _child("fails", FailsPlan(status=7), Ready) as (child, heard):
        lost = r"^the tested process ended \(status 7\) before it was ready$"
        with pytest.raises(ChildLost, match=lost) as raised:
            await child.ready(LONG_S)
        assert heard.statuses == [7]
        assert raised.value.reason == ""  # it gave none itself


async def test_a_child_that_raises_leaves_its_traceback_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with _child("fails", FailsPlan(raises="no such camera"), Ready, log) as (child, _):
        last = r"\(status 1, its last words: RuntimeError: no such camera\) before it was ready"
        with pytest.raises(ChildLost, match=last):
            await child.ready(LONG_S)
    assert "RuntimeError: no such camera" in log.read_text()


@pytest.mark.parametrize("earlier", ["", "of another child\n"])
async def test_the_last_words_are_a_childs_own(earlier: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(earlier)
    async with _child("fails", FailsPlan(status=7), Ready, log) as (child, _):
        with pytest.raises(ChildLost, match=r"ended \(status 7\) before"):
            await child.ready(LONG_S)
        log.unlink()
        assert child.end_in_words(7) == "the tested process ended (status 7)"


async def test_a_child_that_failed_is_lost_with_its_reason_even_when_it_has_ended_since() -> None:
    async with _child("fails", _saying(Failed("no room to be had")), Ready) as (child, heard):
        lost = r"^the tested process cannot start: no room to be had$"
        with pytest.raises(ChildLost, match=lost) as raised:
            await child.ready(LONG_S)
        assert raised.value.reason == "no room to be had"
        assert heard.messages.empty()
        assert child.returncode is None
        await child.end()
        with pytest.raises(ChildLost, match=lost):
            await child.ready(LONG_S)


@pytest.mark.parametrize("first", [Lost("its server ended"), Stalled(0.5, 7), Said(1)], ids=repr)
async def test_what_else_comes_before_readiness_is_heard_and_not_taken_for_it(
    first: Message,
) -> None:
    async with _child("fails", _saying(first, Ready()), Ready) as (child, heard):
        assert await child.ready(LONG_S) == Ready()
        assert await heard.next() == first


async def test_failed_lost_and_stalled_are_heard_without_being_named_as_answers() -> None:
    sent = [Failed("too late to fail"), Lost("its server ended"), Stalled(0.5, 7)]
    child = await Child.start("tested", f"{CHILDREN}.fails", _saying(Ready(), *sent), ready=Ready)
    heard = Heard(child)
    try:
        assert [await heard.next() for _ in sent] == sent
        assert await child.ready(LONG_S) == Ready()
    finally:
        await child.end()


async def test_nothing_of_the_working_directory_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("", ".", os.environ["PYTHONPATH"])))
    async with _child("echo", EchoPlan("a"), Planned) as (child, _):
        assert await child.ready(LONG_S) == Planned(EchoPlan("a"))


async def test_a_secret_is_revealed_to_the_child_alone() -> None:
    plan = EchoPlan(api_key=Unshown("a-secret-of-mine"))
    assert "a-secret" not in repr(plan)
    async with _child("echo", plan, Planned) as (child, _):
        assert (await child.ready(LONG_S)).plan.api_key == "a-secret-of-mine"


NO_KIND = (
    "a line without a message; "
    "allowed: Ready, Failed, Lost, Stalled, Planned, Echoed, Said, Cleaned\n"
)
NO_MESSAGES = {
    "text": ("hello", "Expecting value: line 1 column 1"),
    "a number": ("7", NO_KIND),
    "nothing": ("{}", NO_KIND),
    "unknown": (Nothing().to_json(), NO_KIND),
    "readiness with more": ('{"Ready":{"url":"a"}}', 'Ready: can not match "url"'),
    "an answer with less": ('{"Said":{}}', 'Said: missing value for field "number"'),
}


@pytest.mark.parametrize(("line", "why"), NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_a_line_that_is_no_message_is_skipped_before_readiness_and_after_it(
    line: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A library may print while it is imported, when nothing keeps it from stdout yet."""
    says = (line, Ready().to_json(), line, Said(1).to_json())
    async with _child("fails", FailsPlan(says=says), Ready) as (child, heard):
        assert await child.ready(LONG_S) == Ready()
        assert await heard.next() == Said(1)
    assert caplog.text.count(f"ignored a line of the tested process: {why}") == 2


async def test_a_killed_child_is_heard_to_end() -> None:
    async with _child("echo", EchoPlan(), Planned) as (child, heard):
        await child.ready(LONG_S)
        os.kill(child.pid, signal.SIGKILL)
        await asyncio.wait_for(child.ended.wait(), LONG_S)
        assert heard.statuses == [-signal.SIGKILL]
        assert child.returncode == -signal.SIGKILL
        child.send(Word("too late"))  # no error


async def test_what_a_child_said_comes_before_its_end() -> None:
    order: list[object] = []
    async with _child("cleans", CleansPlan(), Ready) as (child, _):
        await child.ready(LONG_S)
        child.on_message = order.append
        child.on_end = order.append
        await child.end()
    assert order == [Cleaned(), 0]


async def test_a_child_that_ignores_everything_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawn, "KILL_GRACE_S", 0.05)
    async with _child("stubborn", Nothing(), Ready) as (child, heard):
        await child.ready(LONG_S)
        async with asyncio.timeout(LONG_S):
            assert await child.end(0.05) == -signal.SIGKILL
            await child.ended.wait()
        assert heard.statuses == [-signal.SIGKILL]


def test_the_three_steps_of_an_end_are_bounded() -> None:
    assert spawn.TERM_GRACE_S + 2 * spawn.KILL_GRACE_S <= 10


async def test_ending_twice_is_no_error() -> None:
    async with _child("cleans", CleansPlan(), Ready) as (child, _):
        await child.ready(LONG_S)
        assert (await child.end(), await child.end()) == (0, 0)


async def test_a_plan_is_on_no_command_line_and_in_no_environment() -> None:
    async with _child("echo", EchoPlan(api_key=Unshown("a-secret-of-mine")), Planned) as (child, _):
        ready = await child.ready(LONG_S)
        assert ready.plan.api_key == "a-secret-of-mine"
        process = psutil.Process(child.pid)
        shown = " ".join([*process.cmdline(), *process.environ().values()])
        assert f"{CHILDREN}.echo" in shown
        assert "a-secret-of-mine" not in shown


async def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_spares_it() -> None:
    async with _child("echo", EchoPlan(), Planned) as (child, _):
        await child.ready(LONG_S)
        assert os.getsid(child.pid) == child.pid != os.getsid(0)


@pytest.mark.parametrize(("status", "words"), [(0, "status 0"), (3, "status 3"), (-9, "signal 9")])
def test_a_status_in_words(status: int, words: str) -> None:
    assert describe(status) == words
