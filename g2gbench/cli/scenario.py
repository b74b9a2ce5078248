"""``g2gbench scenario``: validate, list, show and copy scenarios, and print their JSON Schema."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from g2gbench.cli import completion
from g2gbench.cli.durations import duration
from g2gbench.cli.network import show_network
from g2gbench.cli.scenario_argument import ScenarioArgument, complete_names
from g2gbench.errors import InputError
from g2gbench.scenario import (
    Problem,
    Scenario,
    ScenarioError,
    cells,
    json_schema,
    load,
    resolved,
    yaml_of,
)
from g2gbench.scenario.built_in_scenarios import built_in, find, to_edit
from g2gbench.store.named_files import with_paths

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
@click.argument("files", nargs=-1, required=True, type=ScenarioArgument(), metavar="SCENARIO…")
@_AS_JSON
def validate_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Check scenarios, files or built-in names; every problem is printed with its line and column.

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
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@_AS_JSON
def list_command(directory: Path | None, as_json: bool) -> None:
    """List the scenarios in DIRECTORY with cells and estimated time.

    Without one: those in ./scenarios, if there is such a folder, then the built-in ones, which
    run by their names.

    \b
    Times are in s and min, for all cells and repetitions.
    Example:
      g2gbench scenario list
    """
    if directory is not None and not directory.is_dir():
        raise InputError(f"{directory}: no such directory; name one that holds *.yaml scenarios")
    folder = directory or Path("scenarios")
    paths = sorted(path for path in _files(folder) if path.suffix in (".yaml", ".yml"))
    own = [] if directory else list(built_in().values())
    scenarios, problems = _load_all([*paths, *own])
    if as_json:
        rows = [
            {
                **_summary(path, scenarios.get(path), problems.get(path, ())),
                "built_in": path in own,
            }
            for path in (*paths, *own)
        ]
        _print_json({"schema": 1, "scenarios": rows})
    else:
        width = max((len(scenario.name) for scenario in scenarios.values()), default=0)
        for path, scenario in scenarios.items():
            mark = "built in  " if path in own else "" if directory else f"{'':10}"
            about = f"{mark}{scenario.description}"
            click.echo(f"{scenario.name:<{width}}  {_extent(scenario):<24}  {about}")
    _raise_all(problems)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


@scenario_group.command("copy", short_help="Write a built-in one to edit.", context_settings=_HELP)
@click.argument("name", shell_complete=complete_names)
@click.argument("path", required=False, type=click.Path(path_type=Path))
def copy_command(name: str, path: Path | None) -> None:
    """Write the built-in scenario NAME to PATH (default: NAME.yaml), for you to edit.

    A file that is there is never overwritten. Quantities in it carry units, such as 50ms.

    \b
    Example:
      g2gbench scenario copy wifi mine.yaml
    """
    target = path or Path(f"{name}.yaml")
    if target.is_dir():
        target = target / f"{name}.yaml"
    text = to_edit(name, target.parent)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{target}: is there already, and is kept; name another file") from error
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror}") from error
    click.echo(target)


@scenario_group.command(
    "show", short_help="Print a scenario as it would run.", context_settings=_HELP
)
@click.argument("file", required=False, type=ScenarioArgument(), metavar="[SCENARIO]")
@click.option(
    "--set",
    "overrides",
    shell_complete=completion.fields,
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
    file: Path | None, overrides: tuple[str, ...], network: bool, output: Path | None, as_json: bool
) -> None:
    """Print SCENARIO as it would run: defaults filled in, units written out, secrets as ***.

    SCENARIO is a file or the name of a built-in one. What is printed is itself a scenario. With
    --network it may also be a trace or the name of a profile; capacity, delay and loss of both
    directions are drawn, at their worst in each column. Without any all profiles are listed.

    Quantities carry units, such as 50ms, 2Mbps, 1%; g2gbench scenario -h lists them.

    \b
    Example:
      g2gbench scenario show wifi --set session.duration=60s
      g2gbench scenario show --network lte-driving
      g2gbench scenario show --network scenarios/blackout.yaml --output blackout.png
    """
    if network:
        show_network(None if file is None else str(file), overrides, output, as_json)
        return
    if output is not None:
        raise InputError("--output: it needs --network, which draws the picture")
    if file is None:
        raise InputError("name a scenario file; --network alone lists the profiles")
    path = find(file)
    folder = path.parent.absolute()
    # As the scenario itself names them: what is printed is a scenario of that folder.
    document = with_paths(
        resolved(load(path, overrides=overrides)), lambda name: os.path.relpath(name, folder)
    )
    if as_json:
        _print_json(document)
    else:
        click.echo(yaml_of(document), nl=False)


def _load_all(
    paths: Sequence[Path],
) -> tuple[dict[Path, Scenario], dict[Path, tuple[Problem, ...]]]:
    scenarios: dict[Path, Scenario] = {}
    problems: dict[Path, tuple[Problem, ...]] = {}
    for path in paths:
        try:
            scenarios[path] = load(find(path))
        except ScenarioError as error:
            problems[path] = error.problems
    return scenarios, problems


def _raise_all(problems: dict[Path, tuple[Problem, ...]]) -> None:
    if problems:
        raise ScenarioError(problem for group in problems.values() for problem in group)


def _summary(
    path: Path, scenario: Scenario | None, problems: Sequence[Problem]
) -> dict[str, object]:
    row: dict[str, object] = {"file": str(path), "valid": scenario is not None}
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


def _print_json(document: dict[str, object]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
