"""``g2gbench run``: the main job."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from g2gbench.benchmark import DEFAULT_ROOT, run_async
from g2gbench.cli.progress import Display
from g2gbench.errors import ExitCode, InputError
from g2gbench.report.terminal import render
from g2gbench.scenario import Scenario, cells, load
from g2gbench.store.reading import Run


@click.command("run", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_ROOT,
    show_default=True,
    help="Where run directories are made.",
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a field.")
@click.option("--repeat", type=click.IntRange(1, 1000), help="Trials of each cell.")
@click.option("--dry-run", is_flag=True, help="Say what would run and how long it takes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="Every metric in the table.")
def run_command(
    scenarios: tuple[Path, ...],
    out: Path,
    overrides: tuple[str, ...],
    repeat: int | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run scenario files, print what they came to, write a report beside the raw data.

    Exit codes: 0 pass, 1 an expectation failed, 2 bad input, 3 measured but invalid,
    4 the target could not be reached, 130 interrupted (what was measured is kept).

    \b
    Examples:
      g2gbench run scenarios/wifi.yaml
      g2gbench run scenarios/wifi.yaml --set publish.codec=h264 --set session.duration=30s
    """
    settings = [*overrides, *([f"repeat={repeat}"] if repeat else [])]
    read = [load(path, overrides=settings, environment=os.environ) for path in scenarios]
    names = [scenario.name for scenario in read]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two scenarios are named {name!r}: rename one of them")
    if dry_run:
        _say_plan(read, as_json)
        return
    runs, interrupted = asyncio.run(_run_all(scenarios, read, out, quiet))
    summaries = [run.summary_data for run in runs]
    if as_json:
        whole = summaries[0] if len(read) == 1 else {"schema": 1, "runs": summaries}
        _say(json.dumps(whole, indent=2))
    else:
        _say("\n".join(render(run, verbose=verbose) for run in runs))
    raise SystemExit(_exit_code(summaries, interrupted))


async def _run_all(
    paths: Sequence[Path], scenarios: Sequence[Scenario], out: Path, quiet: bool
) -> tuple[list[Run], bool]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    display = Display(quiet=quiet)
    runs: list[Run] = []
    for path, scenario in zip(paths, scenarios, strict=True):
        if stop.is_set():
            break
        text = path.read_text(encoding="utf-8")
        runs.append(await run_async(scenario, out=out, progress=display, stop=stop, text=text))
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return runs, stop.is_set()


def _say(text: str) -> None:
    """Print; a reader that is gone changes nothing about the verdict."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing is left to fail when Python ends


def _exit_code(summaries: Sequence[dict[str, Any]], interrupted: bool) -> int:
    """Of one run its own; of several: a failure first, then doubt."""
    codes = [int(summary["exit_code"]) for summary in summaries]
    if interrupted:
        return ExitCode.INTERRUPTED
    if len(set(codes)) == 1:
        return codes[0]
    return ExitCode.FAIL if ExitCode.FAIL in codes else ExitCode.INVALID


def _say_plan(scenarios: Sequence[Scenario], as_json: bool) -> None:
    plans = [
        {
            "scenario": scenario.name,
            "cells": [cell.name for cell in cells(scenario)],
            "repeat": scenario.repeat,
            "seconds": sum(cell.scenario.estimated_seconds for cell in cells(scenario)),
        }
        for scenario in scenarios
    ]
    if as_json:
        click.echo(json.dumps({"schema": 1, "plan": plans}, indent=2))
        return
    for plan in plans:
        names = plan["cells"]
        assert isinstance(names, list)
        click.echo(
            f"{plan['scenario']}: {len(names)} cell(s) x {plan['repeat']} trial(s), "
            f"about {plan['seconds']:.0f} s"
        )
        for name in names:
            click.echo(f"  {name}")
