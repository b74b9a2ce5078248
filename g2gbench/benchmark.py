"""The main flow: scenario -> plan -> trial -> ledger -> metrics -> verdict -> report."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from g2gbench import report
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import CellPlan
from g2gbench.measure.records import Record
from g2gbench.scenario import Scenario, cells, load, resolved, to_yaml
from g2gbench.store import calibrations
from g2gbench.store.machine import describe_machine
from g2gbench.store.reading import Run, open_run
from g2gbench.store.run_directory import RunDirectory
from g2gbench.trial import pictures, plan
from g2gbench.trial.plan import PlannedTrial
from g2gbench.trial.runner import TrialRunner

DEFAULT_ROOT = Path("reports")


class Progress(Protocol):
    """Hears how a run goes on; shows it, or does not."""

    def trial_started(self, trial: PlannedTrial, index: int, total: int) -> None:
        """Trial ``index`` (from 0) of ``total`` begins."""

    def record(self, record: Record) -> None:
        """The trial's journal has one more record."""

    def trial_ended(self, result: TrialResult) -> None:
        """It is over, and was evaluated."""


class Silent:
    """Shows nothing."""

    def trial_started(self, trial: PlannedTrial, index: int, total: int) -> None:
        """Nothing."""

    def record(self, record: Record) -> None:
        """Nothing."""

    def trial_ended(self, result: TrialResult) -> None:
        """Nothing."""


def run(scenario: Scenario | Path | str, *, out: Path | str | None = None) -> Run:
    """Run a scenario and report on it; blocks until it is over.

    Args:
        scenario: a scenario, or the path of a scenario file.
        out: where run directories are made; default ``reports/``.

    Raises InputError for a scenario that cannot be used. Whatever else goes wrong is a status of
    the run, not an exception: what was measured is never lost.

    """
    return asyncio.run(run_async(scenario, out=out))


async def run_async(
    scenario: Scenario | Path | str,
    *,
    out: Path | str | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
    text: str | None = None,
) -> Run:
    """``run`` for an event loop of one's own; ``stop`` ends it early, what it has is kept.

    ``text``: what a scenario that was read elsewhere looked like in its file.
    """
    scenario, written = _read(scenario)
    progress, stop = progress or Silent(), stop or asyncio.Event()
    planned = cells(scenario)
    pictures.check(cell.scenario for cell in planned)
    trials = plan.trials(planned)
    directory = RunDirectory.create(
        Path(out) if out is not None else DEFAULT_ROOT,
        scenario.name,
        now=datetime.now(UTC),
        plans=[
            CellPlan(
                c.name,
                c.scenario.repeat,
                dict(c.settings),
                c.scenario.expect,
                c.slug,
                c.scenario.judging,
            )
            for c in planned
        ],
        scenario=resolved(scenario),
        scenario_text=text if text is not None else written,
        secrets=plan.secrets(scenario),
        extra={"calibration": calibrations.named(calibrations.load(), describe_machine())},
    )
    for index, trial in enumerate(trials):
        if stop.is_set():
            break
        progress.trial_started(trial, index, len(trials))
        place = directory.trial(trial.cell.name, trial.repeat)
        broken = await TrialRunner(
            trial,
            place.journal,
            place.log_dir,
            place.service_log_path,
            place.packet_log_path,
            progress.record,
        ).run(stop)
        progress.trial_ended(place.finish("failed" if broken else None, broken))
    directory.finish(now=datetime.now(UTC), interrupted=stop.is_set())
    measured = open_run(directory.path)
    report.write(measured)
    return measured


def _read(scenario: Scenario | Path | str) -> tuple[Scenario, str]:
    """The scenario with the text that it came from."""
    if isinstance(scenario, Scenario):
        return scenario, to_yaml(scenario)
    path = Path(scenario)
    return load(path, environment=os.environ), path.read_text(encoding="utf-8")
