"""``g2gbench run``: the main job."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from g2gbench.cli import baseline_comparison, completion
from g2gbench.cli.durations import duration
from g2gbench.cli.progress import Display
from g2gbench.cli.scenario_argument import ScenarioArgument
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import ExitCode
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.report.formats import comparison_text
from g2gbench.report.formats.terminal import render
from g2gbench.scenario import Problem, Scenario, ScenarioError, cells, load
from g2gbench.scenario.built_in_scenarios import find
from g2gbench.scenario.loading import read_text
from g2gbench.store.origin import Origin, scenario_of
from g2gbench.store.reading import Run, open_run
from g2gbench.trial.plan import blocks
from g2gbench.trial.schedule import Schedule
from g2gbench.workflow.benchmark import DEFAULT_ROOT, remaining, resume_async, run_async


def _asked_for(
    context: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]
) -> tuple[Path, ...]:
    """Scenarios are needed, unless a run goes on, which has its own."""
    if not paths and context.params.get("resume") is None:
        raise click.MissingParameter(ctx=context, param=parameter)
    return paths


@click.command("run", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenarios", nargs=-1, type=ScenarioArgument(), callback=_asked_for)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_ROOT,
    show_default=True,
    help="Where run directories are made.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    shell_complete=completion.fields,
    help="Override a field.",
)
@click.option("--repeat", type=click.IntRange(1, 1000), help="Trials of each cell.")
@click.option(
    "--retries",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="How often a trial may run again because it was invalid.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="DIRECTORY",
    is_eager=True,  # known before it is asked whether a scenario is needed
    help="Go on with a run that was stopped, without the trials that it has.",
)
@click.option(
    "--baseline",
    shell_complete=completion.baselines,
    help="Compare with this: a run, a directory of baselines, or a name.",
)
@click.option(
    "--confirm",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Measure what looks worse than the baseline N times more before saying so.",
)
@baseline_comparison.options
@click.option("--dry-run", is_flag=True, help="Say what would run and how long it takes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="Every metric in the table.")
def run_command(
    scenarios: tuple[Path, ...],
    out: Path,
    overrides: tuple[str, ...],
    repeat: int | None,
    retries: int,
    resume: Path | None,
    baseline: str | None,
    confirm: int | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **compared_how: Any,
) -> None:
    """Run scenarios, print what they came to, write a report beside the raw data.

    A SCENARIO is a file, or the name of one that comes with this package (g2gbench scenario list).

    Exit codes: 0 pass, 1 an expectation failed, 2 bad input, 3 measured but invalid,
    4 the target could not be reached, 5 a fault of this tool or machine,
    130 interrupted (what was measured is kept).

    \b
    Examples:
      g2gbench run wifi
      g2gbench run scenarios/wifi.yaml --set publish.codec=h264 --set session.duration=30s
      g2gbench run --resume reports/wifi-20260314-021000
      g2gbench run scenarios/wifi.yaml --repeat 5 --baseline wifi
    """
    how = baseline_comparison.Options(**compared_how)
    if confirm and baseline is None:
        raise click.UsageError("--confirm needs a --baseline to confirm a regression against.")
    if how.asked and baseline is None:
        raise click.UsageError("how to compare is said, but not with what: name a --baseline.")
    settings = (*overrides, *([f"repeat={repeat}"] if repeat else []))
    if resume is not None:
        _refuse_out_with_resume()
        jobs = [_resumed(resume, scenarios, settings, retries)]
    else:
        jobs = _fresh(scenarios, settings, retries, out)
    scenarios_read = [job.scenario for job in jobs]
    bases = baseline_comparison.bases_of(baseline, scenarios_read, how)
    for warning in baseline_comparison.too_few(bases, scenarios_read):
        click.echo(f"warning: {warning}", err=True)
    if dry_run:
        _print_plan(jobs, as_json)
        return
    runs, interrupted = asyncio.run(_run_all(jobs, quiet))
    code = _exit_code([run.result.exit_code for run in runs], interrupted)
    compared, broken_off = baseline_comparison.compared(
        bases, runs, confirm=confirm, quiet=quiet, how=how
    )
    summaries = [baseline_comparison.with_comparison(run, compared) for run in runs]
    if as_json:
        whole = summaries[0] if len(jobs) == 1 else {"schema": 1, "runs": summaries}
        _print(json.dumps(whole, indent=2))
    else:
        _print("\n".join(render(run, verbose=verbose) for run in runs))
        for comparison in compared.values():
            _print(f"\n{comparison_text.terminal(comparison)}")
    code = ExitCode.INTERRUPTED if broken_off else code
    raise SystemExit(baseline_comparison.exit_code(code, compared.values(), how))


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is asked for: ``begin`` measures the trials of ``schedule``."""

    scenario: Scenario
    schedule: Schedule
    begin: Callable[[Display, asyncio.Event], Awaitable[Run]]


def _fresh(paths: Sequence[Path], settings: tuple[str, ...], retries: int, out: Path) -> list[Job]:
    read = _read_all(paths, settings)
    return [_job(path, scenario, settings, retries, out) for path, scenario in read]


def _read_all(paths: Sequence[Path], settings: tuple[str, ...]) -> list[tuple[Path, Scenario]]:
    """Each file with its scenario; raises ScenarioError with what is wrong in any of them."""
    read: list[tuple[Path, Scenario]] = []
    problems: list[Problem] = []
    for argument in paths:
        try:
            path = find(argument)
            read.append((path, load(path, overrides=settings, environment=ENVIRONMENT)))
        except ScenarioError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    first: dict[str, Path] = {}
    for path, scenario in read:
        if scenario.name in first:
            message = f"named {scenario.name!r}, as {first[scenario.name]} is: rename one of them"
            problems.append(Problem(str(path), message=message))
        first.setdefault(scenario.name, path)
    if problems:
        raise ScenarioError(problems)
    return read


def _job(path: Path, scenario: Scenario, settings: tuple[str, ...], retries: int, out: Path) -> Job:
    origin = Origin(read_text(path), str(path), settings)

    async def begin(display: Display, stop: asyncio.Event) -> Run:
        return await run_async(
            scenario,
            out=out,
            retries=retries,
            progress=display,
            stop=stop,
            origin=origin,
            reporting=display.reporting,
        )

    return Job(scenario, Schedule(blocks(cells(scenario))), begin)


def _resumed(
    directory: Path, paths: Sequence[Path], settings: tuple[str, ...], retries: int
) -> Job:
    if len(paths) > 1:
        raise click.UsageError("--resume goes on with one run: name one scenario, or none.")
    if settings and not paths:
        raise click.UsageError("--set and --repeat are those of the run that goes on.")
    stored = open_run(directory)
    file = find(paths[0]) if paths else None
    scenario = scenario_of(
        stored.facts, ENVIRONMENT, file=file, overrides=settings, run_dir=stored.path
    )

    async def begin(display: Display, stop: asyncio.Event) -> Run:
        return await resume_async(
            stored,
            scenario,
            retries=retries,
            progress=display,
            stop=stop,
            reporting=display.reporting,
        )

    return Job(scenario, remaining(stored, scenario, retries=retries), begin)


def _refuse_out_with_resume() -> None:
    given = click.get_current_context().get_parameter_source("out")
    if given is not ParameterSource.DEFAULT:
        raise click.UsageError("--out has no meaning with --resume: the run has its directory.")


async def _run_all(jobs: Sequence[Job], quiet: bool) -> tuple[list[Run], bool]:
    display = Display(quiet=quiet)
    runs: list[Run] = []
    with stop_signals(display.stopping) as stop:
        for job in jobs:
            if stop.is_set():
                break
            runs.append(await job.begin(display, stop))
    return runs, stop.is_set()


def _print(text: str) -> None:
    """Print; a reader that is gone changes nothing about the verdict."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing is left to fail when Python ends


def _exit_code(codes: Sequence[int], interrupted: bool) -> int:
    """Of one run its own; of several: a fault first, then a failure, then doubt."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if len(set(codes)) == 1:
        return codes[0]
    first = (ExitCode.FAULT, ExitCode.FAIL)
    return next((code for code in first if code in codes), ExitCode.INVALID)


def _print_plan(jobs: Sequence[Job], as_json: bool) -> None:
    plans = [
        {
            "scenario": job.scenario.name,
            "cells": [cell.name for cell in cells(job.scenario)],
            "repeat": job.scenario.repeat,
            "trials": len(job.schedule.left),
            "seconds": job.schedule.left_s,
        }
        for job in jobs
    ]
    if as_json:
        click.echo(json.dumps({"schema": 1, "plan": plans}, indent=2))
        return
    for job in jobs:
        names = [cell.name for cell in cells(job.scenario)]
        left = job.schedule.left
        asked = sum(cell.scenario.repeat for cell in cells(job.scenario))
        rest = "" if len(left) == asked else f"{len(left)} of {asked} trials left, "
        click.echo(
            f"{job.scenario.name}: {len(names)} cell(s) x {job.scenario.repeat} trial(s), "
            f"{rest}about {duration(job.schedule.left_s)}"
        )
        for name in names:
            click.echo(f"  {name}")
