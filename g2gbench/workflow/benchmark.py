"""The main flow: scenario -> plan -> trial -> ledger -> metrics -> verdict -> report."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from g2gbench import report
from g2gbench.analysis.verdict import CellPlan
from g2gbench.client import frame_source, headless_page, vmaf
from g2gbench.errors import FaultError, InputError
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.scenario import Cell, Scenario, cells, load, resolved, to_yaml
from g2gbench.scenario.built_in_scenarios import find
from g2gbench.scenario.loading import read_text
from g2gbench.scenario.model.masking import secrets_of
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.store import calibrations, resuming
from g2gbench.store.files import writable
from g2gbench.store.machine import describe_machine
from g2gbench.store.named_files import checksums
from g2gbench.store.origin import Origin
from g2gbench.store.reading import Run, open_run
from g2gbench.store.run_directory import RunDirectory
from g2gbench.trial import plan
from g2gbench.trial.blocking import randomised_blocks
from g2gbench.trial.control import SessionControl
from g2gbench.trial.schedule import Schedule
from g2gbench.workflow.trial_series import Progress, run_trials

DEFAULT_ROOT = Path("reports")
log = logging.getLogger(__name__)


def run(
    scenario: Scenario | Path | str,
    *,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    repeat: int | None = None,
    retries: int = 0,
    progress: Progress | None = None,
) -> Run:
    """Run a scenario and report on it; blocks until it is over.

    Args:
        scenario: a scenario, the path of a scenario file, or the name of a built-in one.
        out: where run directories are made; default ``reports/``.
        overrides: ``path=value`` each, as ``--set`` takes them; of a file or a built-in scenario.
        repeat: how often each cell is measured; None: as the scenario says.
        retries: how often a trial may run again because it was invalid.
        progress: is called as trials begin, go on and end.

    Raises InputError for a scenario that cannot be used, and RuntimeError inside a running event
    loop: await `run_async` there. Whatever else goes wrong is a status of the run, not an
    exception: what was measured is never lost.

    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(
            run_async(
                scenario,
                out=out,
                overrides=overrides,
                repeat=repeat,
                retries=retries,
                progress=progress,
            )
        )
    raise RuntimeError(
        "g2gbench.run blocks, and an event loop runs here: await g2gbench.run_async(…) instead"
    )


async def run_async(
    scenario: Scenario | Path | str,
    *,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    repeat: int | None = None,
    retries: int = 0,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
    origin: Origin | None = None,
    steering: SessionControl | None = None,
    reporting: Callable[[], None] = lambda: None,
) -> Run:
    """``run`` for an event loop of one's own; ``stop`` ends it early, what it has is kept.

    ``origin``: what a scenario that was read elsewhere was read from. ``steering``: a person's page
    is the client of its trials, and the person ends them. ``reporting`` is called when all is
    measured, and the report, which takes seconds, is written.
    """
    scenario, read_from = _read(scenario, overrides, repeat)
    planned = cells(scenario)
    root = Path(out) if out is not None else DEFAULT_ROOT
    await _check(planned)
    writable(root, "--out")
    schedule = Schedule(randomised_blocks(plan.blocks(planned), scenario.seed), retries=retries)
    document = _run_as(scenario, steering)
    calibration = calibrations.named(calibrations.load(), describe_machine())
    directory = RunDirectory.create(
        root,
        scenario.name,
        now=datetime.now(UTC),
        plans=_plans(planned),
        scenario=document,
        origin=origin or read_from,
        secrets=secrets_of(scenario),
        extra={
            "files": checksums(document),
            "calibration": None if calibration is None else calibration.model_dump(),
            **({} if steering is None else {"live": True}),
        },
    )
    return await _measure(
        directory, schedule, progress or Progress(), stop or asyncio.Event(), steering, reporting
    )


async def resume_async(
    stored: Run,
    scenario: Scenario,
    *,
    retries: int = 0,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
    reporting: Callable[[], None] = lambda: None,
) -> Run:
    """Go on with a run that was stopped, without the trials that it has.

    ``scenario`` is the one that it was made from (``store.origin.scenario_of``). Raises InputError
    for a run that is complete, still runs, or was begun elsewhere.
    """
    schedule = remaining(stored, scenario, retries=retries)
    planned = cells(scenario)
    await _check(planned)
    try:
        directory = RunDirectory.reopen(
            stored.path,
            stored.facts,
            now=datetime.now(UTC),
            plans=_plans(planned),
            results=[trial.result for trial in stored.trials],
            secrets=secrets_of(scenario),
        )
    except BlockingIOError as error:
        raise InputError(f"{stored.path} is still being measured by another process.") from error
    return await _measure(
        directory,
        schedule,
        progress or Progress(),
        stop or asyncio.Event(),
        reporting=reporting,
    )


def remaining(stored: Run, scenario: Scenario, *, retries: int = 0) -> Schedule:
    """The trials that a stopped run has not; raises InputError for one that cannot go on."""
    resuming.check(stored)
    planned = cells(scenario)
    return Schedule(
        randomised_blocks(plan.blocks(planned), scenario.seed),
        retries=retries,
        before=resuming.statuses(stored, _plans(planned)),
    )


def _run_as(scenario: Scenario, steering: SessionControl | None) -> dict[str, object]:
    """The scenario as it is kept, with the page's camera where that is its source."""
    document = resolved(scenario)
    if steering is not None and steering.camera:
        width, height = scenario.frame_size
        camera = {"kind": "camera", "size": f"{width}x{height}", "fps": scenario.fps}
        source = document_of(scenario.source)
        document["source"] = {**source, "path": None, "device": None, **camera}
    return document


async def _measure(
    directory: RunDirectory,
    schedule: Schedule,
    progress: Progress,
    stop: asyncio.Event,
    steering: SessionControl | None = None,
    reporting: Callable[[], None] = lambda: None,
) -> Run:
    """Every trial of the schedule, then the verdict and the report.

    Raises FaultError when the run directory takes no more; what it took is judged.
    """
    lost: OSError | None = None
    try:
        async for _ in run_trials(directory, schedule, stop, progress, steering):
            pass
    except OSError as error:
        lost = error
    try:
        directory.finish(now=datetime.now(UTC), interrupted=stop.is_set() or lost is not None)
        measured = open_run(directory.path)
    except (OSError, InputError) as error:
        raise FaultError(f"{directory.path} cannot be written any more: {error}") from error
    try:
        report.write(measured)
    except OSError as error:
        lack = f"{error.strerror}; g2gbench report {directory.path} writes it once that is mended"
        log.warning("the report is not complete: %s", lack)
    if lost is not None:
        raise FaultError(f"{directory.path}: the run was broken off: {lost}; what it has is kept")
    return measured


async def _check(planned: Sequence[Cell]) -> None:
    """Raise InputError where this machine lacks what the cells ask for."""
    frame_source.check(plan.source_plan(cell.scenario) for cell in planned)
    vmaf.check(cell.scenario for cell in planned)
    await headless_page.check(cell.scenario for cell in planned)


def _plans(planned: Sequence[Cell]) -> list[CellPlan]:
    return [
        CellPlan(
            cell.name,
            cell.scenario.repeat,
            dict(cell.settings),
            cell.scenario.expect,
            cell.slug,
            cell.scenario.judging,
        )
        for cell in planned
    ]


def _read(
    scenario: Scenario | Path | str, overrides: Sequence[str], repeat: int | None
) -> tuple[Scenario, Origin]:
    """The scenario with what it came from."""
    if isinstance(scenario, Scenario):
        if overrides:
            raise InputError(
                "overrides: a scenario that was read already takes none; "
                "give them to g2gbench.load_scenario, or name its file here"
            )
        if repeat is not None:
            if repeat < 1:
                raise InputError(f"repeat: {repeat} is no number of trials; allowed: 1 or more")
            scenario = scenario.model_copy(update={"repeat": repeat})
        return scenario, Origin(to_yaml(scenario))
    given = (*overrides, *(() if repeat is None else (f"repeat={repeat}",)))
    path = find(scenario)
    read = load(path, overrides=given, environment=ENVIRONMENT)
    return read, Origin(read_text(path), str(path), given)
