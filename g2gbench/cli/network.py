"""``g2gbench scenario show --network``: what a scenario's network, a profile or a trace does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from g2gbench.errors import InputError
from g2gbench.report.formats.network_chart import chart, listing
from g2gbench.scenario import PROFILES, Problem, ScenarioError, cells, load, parse_trace
from g2gbench.scenario.built_in_scenarios import built_in, find, is_name
from g2gbench.scenario.loading import read_bytes
from g2gbench.scenario.model.network_timeline import Course, of_profile, of_scenario, of_trace
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.scenario.network.traces import MAX_TRACE_BYTES
from g2gbench.scenario.problems import Refused, nearest_name


def show_network(
    name: str | None, overrides: Sequence[str], output: Path | None, as_json: bool
) -> None:
    """Draw a network, or list all profiles."""
    if name is None:
        if output is not None or overrides:
            raise InputError("name a scenario file, a trace or a profile to draw")
        _list(as_json)
        return
    found = courses(name, overrides)
    if output is not None:
        _write(found, output)
    if as_json:
        _print({"schema": 1, "networks": [course.document for course in found]})
    elif output is None:
        click.echo("\n".join(map(chart, found)), nl=False)


def courses(name: str, overrides: Sequence[str]) -> list[Course]:
    """Return the courses to draw: one, or one for each cell whose network differs."""
    if name not in PROFILES and is_name(name) and name in built_in():
        return _of_scenario(find(name), overrides)
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return _of_scenario(path, overrides)
    if overrides:
        raise InputError(f"--set: {name} is no scenario file, so there are no fields to set")
    if name in PROFILES:
        return [of_profile(name, PROFILES[name])]
    if not path.exists():
        nearest = nearest_name(name, [*PROFILES, *built_in()])
        meant = f'; did you mean "{nearest}"?' if nearest else ""
        known = ", ".join(PROFILES)
        raise InputError(f"{name}: neither a file nor a profile; the profiles are {known}{meant}")
    try:
        data = read_bytes(path, MAX_TRACE_BYTES)
    except Refused as refused:
        raise ScenarioError([Problem(name, message=refused.message)]) from refused
    return [of_trace(parse_trace(data, name, name))]


def _of_scenario(path: Path, overrides: Sequence[str]) -> list[Course]:
    found: dict[str, Course] = {}
    for cell in cells(load(path, overrides=overrides)):
        scenario = cell.scenario
        alike = repr((scenario.network, scenario.timeline, scenario.session))
        title = scenario.name if cell.name == "default" else f"{scenario.name}: {cell.name}"
        found.setdefault(alike, of_scenario(scenario, title))
    return list(found.values())


def _write(found: list[Course], output: Path) -> None:
    if output.suffix != ".png":
        raise InputError(f"{output}: the picture is a PNG; name a file that ends in .png")
    if len(found) > 1:
        raise InputError(
            f"--output: the cells of this scenario have {len(found)} networks, and a picture shows "
            "one; --set 'matrix={}' and the fields of one cell"
        )
    # Reading matplotlib takes a second that nothing else here needs.
    from g2gbench.report.figures.network import draw

    try:
        draw(found[0], output)
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}") from error


def _list(as_json: bool) -> None:
    if as_json:
        rows = [{"name": name, **document_of(profile)} for name, profile in PROFILES.items()]
        _print({"schema": 1, "profiles": rows})
    else:
        click.echo(listing(dict(PROFILES)), nl=False)


def _print(document: dict[str, object]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
