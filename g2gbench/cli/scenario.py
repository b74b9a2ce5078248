"""``g2gbench scenario``: validate, list and show scenario files, and print their JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from g2gbench.cli.durations import duration
from g2gbench.cli.network import show_network
from g2gbench.errors import InputError
from g2gbench.scenario import (
    Problem,
    Scenario,
    ScenarioError,
    cells,
    json_schema,
    load,
    resolved,
    to_yaml,
)

_HELP = {"help_option_names": ["-h", "--help"]}
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


@click.group("scenario", context_settings=_HELP)
def scenario_group() -> None:
    """Work with scenario files: what to run, and what must hold.

    \b
    Quantities carry their unit:
      durations  us ms s min          50ms, 20s
      bitrates   bps kbps Mbps Gbps   2Mbps
      ratios     %                    1%
      queues     a duration, packets, B kB KB MB
    Rates in frames per second and counts are plain numbers.

    \b
    Example:
      g2gbench scenario validate scenarios/*.yaml
    """


@scenario_group.command(
    "validate", short_help="Tell every problem of files.", context_settings=_HELP
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@_AS_JSON
def validate_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Check scenario files; every problem is told with its line and column.

    Ends with exit code 2 if there is any. Variables of the environment (${NAME}) need not be set.

    Quantities carry units, such as 50ms, 2Mbps, 1%; g2gbench scenario -h lists them.

    \b
    Example:
      g2gbench scenario validate scenarios/wifi.yaml
    """
    scenarios, problems = _load_all(files)
    if as_json:
        _print_json(
            {
                "schema": 1,
                "valid": not problems,
                "files": [
                    _summary(path, scenarios.get(path), problems.get(path, ())) for path in files
                ],
            }
        )
    else:
        for path, scenario in scenarios.items():
            click.echo(f"{path}: valid, {_extent(scenario)}")
    _raise_all(problems)


@scenario_group.command("schema", short_help="Print the JSON Schema.", context_settings=_HELP)
def schema_command() -> None:
    """Print the JSON Schema (draft 2020-12) of scenario files, units and ranges in it.

    \b
    Editors with a YAML language server use it when a file begins with
      # yaml-language-server: $schema=./scenario.schema.json
    \b
    Example:
      g2gbench scenario schema > scenarios/scenario.schema.json
    """
    _print_json(json_schema())


@scenario_group.command("list", short_help="List names, cells and times.", context_settings=_HELP)
@click.argument("directory", default=Path("scenarios"), type=click.Path(path_type=Path))
@_AS_JSON
def list_command(directory: Path, as_json: bool) -> None:
    """List the scenarios in DIRECTORY (default: scenarios) with cells and estimated time.

    \b
    Times are in s and min, for all cells and repetitions.
    Example:
      g2gbench scenario list scenarios
    """
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory; name one that holds *.yaml scenarios")
    paths = sorted(path for path in directory.iterdir() if path.suffix in (".yaml", ".yml"))
    scenarios, problems = _load_all(paths)
    if as_json:
        rows = [_summary(path, scenarios.get(path), problems.get(path, ())) for path in paths]
        _print_json({"schema": 1, "scenarios": rows})
    else:
        width = max((len(scenario.name) for scenario in scenarios.values()), default=0)
        for scenario in scenarios.values():
            click.echo(f"{scenario.name:<{width}}  {_extent(scenario):<24}  {scenario.description}")
    _raise_all(problems)


@scenario_group.command("show", short_help="Print FILE as it would run.", context_settings=_HELP)
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Replace a field, such as publish.max_bitrate=500kbps or expect[0]='ttff_ms < 3s'.",
)
@click.option(
    "--network",
    "network",
    is_flag=True,
    help="Draw instead what the network does over time: of a scenario, a profile or a trace.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.png",
    help="With --network: write the picture to a file.",
)
@_AS_JSON
def show_command(
    file: str | None, overrides: tuple[str, ...], network: bool, output: Path | None, as_json: bool
) -> None:
    """Print FILE as it would run: defaults filled in, units written out, secrets as ***.

    What is printed is itself a scenario. With --network, FILE may also be a trace or the name of a
    profile; capacity, delay and loss of both directions are drawn, at their worst in each column.
    Without a FILE all profiles are listed.

    Quantities carry units, such as 50ms, 2Mbps, 1%; g2gbench scenario -h lists them.

    \b
    Example:
      g2gbench scenario show scenarios/wifi.yaml --set session.duration=60s
      g2gbench scenario show --network lte-driving
      g2gbench scenario show --network scenarios/blackout.yaml --output blackout.png
    """
    if network:
        show_network(file, overrides, output, as_json)
        return
    if output is not None:
        raise InputError("--output: it needs --network, which draws the picture")
    if file is None:
        raise InputError("name a scenario file; --network alone lists the profiles")
    scenario = load(Path(file), overrides=overrides)
    if as_json:
        _print_json(resolved(scenario))
    else:
        click.echo(to_yaml(scenario), nl=False)


def _load_all(
    paths: Sequence[Path],
) -> tuple[dict[Path, Scenario], dict[Path, tuple[Problem, ...]]]:
    scenarios: dict[Path, Scenario] = {}
    problems: dict[Path, tuple[Problem, ...]] = {}
    for path in paths:
        try:
            scenarios[path] = load(path)
        except ScenarioError as error:
            problems[path] = error.problems
    return scenarios, problems


def _raise_all(problems: dict[Path, tuple[Problem, ...]]) -> None:
    if problems:
        raise ScenarioError(problem for group in problems.values() for problem in group)


def _summary(path: Path, scenario: Scenario | None, problems: Sequence[Problem]) -> dict[str, Any]:
    row: dict[str, Any] = {"file": str(path), "valid": scenario is not None}
    if scenario is not None:
        names = [cell.name for cell in cells(scenario)]
        row |= {
            "name": scenario.name,
            "description": scenario.description,
            "cells": names,
            "estimated_s": _estimated_seconds(scenario),
        }
    return row | {"problems": [asdict(problem) for problem in problems]}


def _estimated_seconds(scenario: Scenario) -> float:
    return sum(cell.scenario.estimated_seconds for cell in cells(scenario))


def _extent(scenario: Scenario) -> str:
    count = len(cells(scenario))
    cell_word = "cell" if count == 1 else "cells"
    return f"{count} {cell_word}, about {duration(_estimated_seconds(scenario))}"


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
