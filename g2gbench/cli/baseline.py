"""``g2gbench baseline``: runs that later ones are compared with, and this machine's noise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from g2gbench.analysis.comparability import differences
from g2gbench.analysis.comparison import JUDGED
from g2gbench.analysis.plain import plain_estimate
from g2gbench.analysis.valid import counting
from g2gbench.cli import completion
from g2gbench.errors import InputError
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import label, plural, shown, single
from g2gbench.store import baselines, noise
from g2gbench.store.baselines import Baseline
from g2gbench.store.comparing import conditions, refuse
from g2gbench.store.files import writable
from g2gbench.store.reading import open_run

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_root = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=baselines.DEFAULT_ROOT,
    show_default=True,
    help="Where baselines are kept.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group("baseline", context_settings=_SETTINGS)
def baseline_group() -> None:
    """Keep runs to compare later ones with, and know this machine's noise.

    \b
    Example:
      g2gbench baseline save reports/wifi-20260314-021000
      g2gbench run scenarios/wifi.yaml --repeat 5 --baseline wifi
    """


@baseline_group.command("save", context_settings=_SETTINGS)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", help="By which it is found; without one the scenario's name.")
@_root
def save_command(run: Path, name: str | None, root: Path) -> None:
    """Keep a copy of a run as a baseline, in place of one of the same name.

    Copied is what reports and comparisons need (about 100 kB a trial of 20 s), not its journals.

    \b
    Example:
      g2gbench baseline save reports/wifi-20260314-021000 --name last-release
    """
    writable(root, "--root")
    kept = baselines.save(open_run(run), now=datetime.now(UTC), name=name, root=root)
    click.echo(f"{kept.name}: {_trials(kept)} kept in {kept.path}")


@baseline_group.command("list", context_settings=_SETTINGS)
@_root
@_json
def list_command(root: Path, as_json: bool) -> None:
    """Name the baselines that are kept, with the time (UTC) at which each was saved.

    \b
    Example:
      g2gbench baseline list
    """
    found = baselines.listed(root)
    if as_json:
        facts = [{**one.facts, "path": str(one.path)} for one in found]
        click.echo(json.dumps({"schema": baselines.SCHEMA, "baselines": facts}, indent=2))
        return
    if not found:
        click.echo(f"no baseline below {root}; keep one with: g2gbench baseline save RUN")
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        click.echo(f"{one.name:<{width}}  {one.saved}  {_trials(one)}  {one.path}")


@baseline_group.command("show", context_settings=_SETTINGS)
@click.argument("name", shell_complete=completion.baselines)
@_root
@_json
def show_command(name: str, root: Path, as_json: bool) -> None:
    """Show what a baseline holds: from which run, and the metrics that are judged.

    \b
    Example:
      g2gbench baseline show wifi
    """
    found = baselines.named(name, root)
    if as_json:
        click.echo(json.dumps(_facts(found), indent=2))
        return
    click.echo(f"{found.name}: run {found.run_name}, saved {found.saved}")
    for cell in found.run.result.cells:
        valid = len(counting(cell.trials))
        click.echo(f"\n  {short_cell(cell.cell)}, {plural(valid, 'valid trial')}")
        for metric in JUDGED:
            value, interval = shown(metric, cell.metrics[metric])
            click.echo(f"    {label(metric):<12} {value:>12}  {interval}".rstrip())


@baseline_group.command("noise", context_settings=_SETTINGS)
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json
def noise_command(runs: tuple[Path, ...], as_json: bool) -> None:
    """Learn from runs of one and the same thing which differences mean nothing on this machine.

    Each difference is in the metric's own unit. It is kept in the user's data folder (noise.json)
    for this scenario and machine, and is the least effect floor of every later comparison of it.
    Two runs of 5 trials are better than one of 10: a machine drifts between runs.

    \b
    Example:
      g2gbench baseline noise reports/wifi-20260314-021000 reports/wifi-20260314-022000
    """
    read = [open_run(path) for path in runs]
    for other in read[1:]:
        refuse(differences(conditions(read[0]), conditions(other)), ())
    found = noise.measured(read, taken=datetime.now(UTC))
    path = noise.save(read[0], found)
    if as_json:
        document = {
            "schema": noise.SCHEMA,
            **found.model_dump(exclude_unset=True),
            "path": str(path),
        }
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"{found.name}: differences that mean nothing on this machine")
    for cell, metrics in found.cells.items():
        click.echo(f"\n  {short_cell(cell)}")
        for metric in JUDGED:
            if metric in metrics:
                one = metrics[metric]
                value = f"{single(metric, one.value):>12}  of {one.trials} trials"
                click.echo(f"    {label(metric):<12} {value}")
    click.echo(f"\nkept in {path}")


def _trials(found: Baseline) -> str:
    try:
        trials = found.run.trials
    except InputError as error:
        return f"cannot be read ({error})"
    valid = sum(trial.status == "ok" for trial in trials)
    return f"{valid} of {plural(len(trials), 'trial')} valid"


def _facts(found: Baseline) -> dict[str, object]:
    run = found.run
    return {
        **found.facts,
        "path": str(found.path),
        "g2gbench": run.file.g2gbench,
        "machine": run.file.machine.model_dump(exclude_unset=True),
        "cells": [
            {
                "cell": cell.cell,
                "valid": len(counting(cell.trials)),
                "metrics": {
                    name: plain_estimate(name, cell.metrics[name]) if name in cell.metrics else None
                    for name in JUDGED
                },
            }
            for cell in run.result.cells
        ],
    }
