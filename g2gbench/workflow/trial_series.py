"""Many trials, one after the other: those of a run, and those of the instrument itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from g2gbench.analysis.trials import TrialResult
from g2gbench.errors import FaultError
from g2gbench.measure.records import Record
from g2gbench.scenario import Scenario, cells
from g2gbench.store.run_directory import RunDirectory
from g2gbench.trial.control import SessionControl
from g2gbench.trial.plan import PlannedTrial
from g2gbench.trial.runner import TrialRunner
from g2gbench.trial.schedule import Coming, Schedule


class Progress:
    """Hears how trials go on; shows nothing by itself."""

    def trial_started(self, coming: Coming) -> None:
        """A trial begins."""

    def record(self, record: Record) -> None:
        """The trial's journal has one more record."""

    def trial_ended(self, result: TrialResult) -> None:
        """The trial is over, and was evaluated."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial that has ended. ``path``: its directory; ``broken``: why it broke; empty: it did not.

    ``log_dir`` has what its processes wrote.
    """

    trial: PlannedTrial
    result: TrialResult
    path: Path
    broken: str
    log_dir: Path


async def run_trials(
    directory: RunDirectory,
    schedule: Schedule,
    stop: asyncio.Event,
    progress: Progress,
    steering: SessionControl | None = None,
) -> AsyncIterator[Ended]:
    """Run the trials of a schedule until ``stop`` is set; each is kept before it is yielded."""
    while not stop.is_set() and (coming := schedule.next()) is not None:
        progress.trial_started(coming)
        trial, begun_s = coming.trial, time.monotonic()
        with directory.trial(trial.cell.name, trial.repeat) as place:
            runner = TrialRunner(
                trial,
                place.journal,
                place.log_dir,
                place.service_log_path,
                place.packet_log_path,
                progress.record,
                steering,
            )
            broken = await runner.run(stop)
            result = place.finish(runner.broken_as if broken else None, broken)
        schedule.ended(trial, result.status, time.monotonic() - begun_s)
        progress.trial_ended(result)
        yield Ended(trial, result, place.path, broken, place.log_dir)


class Condition(Protocol):
    """Impairment of a session, by name."""

    @property
    def name(self) -> str:
        """By which its trials are kept, as the cell of a run."""


C = TypeVar("C", bound=Condition)


@dataclass(frozen=True, slots=True)
class Done(Generic[C]):
    """A trial of a condition that has ended, with its directory."""

    condition: C
    result: TrialResult
    path: Path


async def run_conditions(
    directory: RunDirectory,
    order: Sequence[C],
    scenario_of: Callable[[C], Scenario],
    *,
    seed: int,
    progress: Progress,
    stop: asyncio.Event,
) -> AsyncIterator[Done[C]]:
    """Run a trial a condition, each of a scenario with one cell, until ``stop`` is set.

    The n-th trial of a condition has the seed ``seed + n``. Raises FaultError when the instrument
    cannot start: it will not for the next one either.
    """
    conditions = {condition.name: condition for condition in order}
    repeats = dict.fromkeys(conditions, 0)
    made = {name: cells(scenario_of(condition)) for name, condition in conditions.items()}
    planned = []
    for condition in order:
        (cell,) = made[condition.name]
        repeat = repeats[condition.name]
        repeats[condition.name] += 1
        planned.append(PlannedTrial(replace(cell, name=condition.name), repeat, seed + repeat))
    async for ended in run_trials(directory, Schedule([planned]), stop, progress):
        if ended.result.status == "fault":
            raise FaultError(f"{ended.broken}; see {ended.log_dir}")
        yield Done(conditions[ended.trial.cell.name], ended.result, ended.path)
