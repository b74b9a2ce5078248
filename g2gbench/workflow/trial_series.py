"""Many trials of the instrument itself: conditions in blocks, each kept as a run's trials are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from g2gbench.analysis.trials import TrialResult
from g2gbench.errors import FaultError
from g2gbench.scenario import Scenario, cells
from g2gbench.store.run_directory import RunDirectory
from g2gbench.trial import plan
from g2gbench.trial.runner import TrialRunner


class Named(Protocol):
    """A condition: what is done to a session on purpose."""

    @property
    def name(self) -> str:
        """By which its trials are kept, as the cell of a run."""


Condition = TypeVar("Condition", bound=Named)


@dataclass(frozen=True, slots=True)
class Done(Generic[Condition]):
    """A trial that has ended, with its directory."""

    condition: Condition
    repeat: int
    result: TrialResult
    path: Path


async def run_all(
    directory: RunDirectory,
    order: Sequence[Condition],
    scenario_of: Callable[[Condition], Scenario],
    *,
    seed: int,
    on_trial: Callable[[int, int, str], None],
    stop: asyncio.Event,
) -> AsyncIterator[Done[Condition]]:
    """Run one trial after the other, each of a scenario with one cell, until ``stop`` is set.

    ``on_trial`` hears (index from 0, of how many, condition) before each. The n-th trial of a
    condition has the seed ``seed + n``.
    """
    repeats = dict.fromkeys((condition.name for condition in order), 0)
    for index, condition in enumerate(order):
        if stop.is_set():
            return
        on_trial(index, len(order), condition.name)
        repeat = repeats[condition.name]
        repeats[condition.name] += 1
        (cell,) = cells(scenario_of(condition))
        trial = plan.PlannedTrial(cell, repeat, seed=seed + repeat)
        place = directory.trial(condition.name, repeat)
        runner = TrialRunner(
            trial, place.journal, place.log_dir, place.service_log_path, place.packet_log_path
        )
        broken = await runner.run(stop)
        result = place.finish(runner.broken_as if broken else None, broken)
        if result.status == "fault":  # nor will it start for the next one
            raise FaultError(f"{broken}; see {place.log_dir}")
        yield Done(condition, repeat, result, place.path)
