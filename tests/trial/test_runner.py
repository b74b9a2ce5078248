"""What the runner does where no session is needed; whole sessions are in tests/e2e."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from g2gbench.measure.records import Counters, Ended, Event, Reached, Record, decode
from g2gbench.process import spawn
from g2gbench.scenario import cells, loads
from g2gbench.trial import plan
from g2gbench.trial.runner import TrialRunner
from tests.e2e.sessions import passthrough


class _Lines:
    def __init__(self, room_for: int = 10**6) -> None:
        self.lines: list[str] = []
        self._room_for = room_for

    def write(self, line: str) -> None:
        if len(self.lines) >= self._room_for:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines.append(line)


def _runner(
    journal: _Lines, tmp_path: Path, on_record: Callable[[Record], None] = lambda _: None
) -> TrialRunner:
    (trial,) = plan.trials(cells(loads(passthrough(duration=60))))
    packet_log = tmp_path / "packets.bin"
    frame_log = tmp_path / "service_frames.jsonl"
    return TrialRunner(trial, journal, tmp_path, frame_log, packet_log, on_record)


@pytest.mark.parametrize(
    "error",
    [
        spawn.ChildLost("the client process ended (status 1) before it was ready"),
        OSError(errno.EAGAIN, "Resource temporarily unavailable"),
    ],
    ids=["ends", "is refused"],
)
async def test_a_process_that_does_not_start_is_a_fault_and_the_trials_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def start(*_: object, **__: object) -> spawn.Child[Any]:
        raise error

    monkeypatch.setattr(spawn.Child, "start", start)
    journal = _Lines()
    runner = _runner(journal, tmp_path)
    broken = await runner.run(asyncio.Event())
    assert str(error) in broken
    assert runner.broken_as == "fault"
    (ended,) = [r for r in map(decode, journal.lines) if isinstance(r, Ended)]
    assert (ended.reason, ended.message) == ("fault", broken)


@pytest.mark.slow
@pytest.mark.session
async def test_an_error_of_whoever_follows_a_trial_ends_it_in_time_and_loses_nothing(
    tmp_path: Path,
) -> None:
    def listen(record: Record) -> None:
        if isinstance(record, Reached) and record.phase == "measure":
            raise RuntimeError("of the listener")

    journal = _Lines()
    runner = _runner(journal, tmp_path, listen)
    with pytest.raises(RuntimeError, match="of the listener"):
        await asyncio.wait_for(runner.run(asyncio.Event()), 60)
    records = list(map(decode, journal.lines))
    assert any(isinstance(r, Ended) for r in records)  # the client's own: it was read to its end
    assert isinstance(records[-1], Counters)


@pytest.mark.slow
@pytest.mark.session
async def test_a_full_disk_ends_the_trial_in_time_with_the_reason(tmp_path: Path) -> None:
    journal = _Lines(room_for=40)
    broken = await asyncio.wait_for(_runner(journal, tmp_path).run(asyncio.Event()), 60)
    assert broken == "the journal cannot be written: No space left on device"
    assert len(journal.lines) == 40


@pytest.mark.slow
@pytest.mark.session
async def test_a_trial_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan.PlannedTrial, "limit_s", 3.0)
    journal = _Lines()
    broken = await asyncio.wait_for(_runner(journal, tmp_path).run(asyncio.Event()), 60)
    assert broken == "the trial did not end within 3 s"
    events = [r.name for r in map(decode, journal.lines) if isinstance(r, Event)]
    assert "time_limit" in events
    assert json.loads(journal.lines[0])["kind"] == "event"  # the processes come first
