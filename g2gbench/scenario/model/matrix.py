"""The matrix: one scenario for each combination of the values that are varied."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from g2gbench.scenario.document.overrides import assigned, parse_path
from g2gbench.scenario.document.yaml_tree import (
    Entry,
    Listing,
    Node,
    Table,
    describe,
    from_plain,
    plain,
    written,
)
from g2gbench.scenario.model.field_paths import matrix_paths
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.serialisation import revealed
from g2gbench.scenario.model.validation import validate
from g2gbench.scenario.problems import Place, Problem, Refused, ScenarioError, nearest_name, ordered

MAX_CELLS = 1000
_LONGEST_SLUG = 100

Settings: TypeAlias = tuple[tuple[str, Node], ...]
"""What makes a cell: the varied paths, each with its value in the document."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination: ``settings`` are (path, value as written), ``scenario`` has no matrix."""

    name: str
    settings: tuple[tuple[str, str], ...]
    scenario: Scenario

    @property
    def slug(self) -> str:
        """The name as a directory name: unique, safe on any file system, at most 100 characters."""
        safe = re.sub(r"[^A-Za-z0-9._=,+-]+", "-", self.name)
        # Upper case outside a unit could collide where a file system ignores case.
        without_units = re.sub(r"(?<=[0-9])([kMG]?bps|[kKM]?B)\b", "", safe)
        if safe == self.name and len(safe) <= _LONGEST_SLUG and without_units.islower():
            return safe
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:10]
        return f"{safe[: _LONGEST_SLUG - 11]}-{digest}"


def cells(scenario: Scenario) -> tuple[Cell, ...]:
    """The cells of a scenario in the order of its matrix, the last path varying fastest.

    Without a matrix: one cell named ``default``. Raises ScenarioError when a cell is not valid,
    which cannot happen to a scenario that was loaded.
    """
    place = Place(f"scenario {scenario.name}")
    tree = from_plain(revealed(scenario), place)
    assert isinstance(tree, Table)
    found, problems = expand(tree)
    if problems:
        raise ScenarioError(ordered(problems))
    return tuple(_cell(settings, valid) for settings, valid in found)


def _cell(settings: Settings, scenario: Scenario) -> Cell:
    texts = tuple((path, _flow(plain(node))) for path, node in settings)
    name = ",".join(f"{path}={value}" for path, value in texts) or "default"
    return Cell(name, texts, scenario)


def expand(tree: Table) -> tuple[list[tuple[Settings, Scenario]], list[Problem]]:
    """Every valid combination of a document's matrix, and every problem of matrix and cells."""
    entry = tree.get("matrix")
    base = without_matrix(tree)
    axes, problems = _axes(entry.value) if entry is not None else ([], [])
    found: list[tuple[Settings, Scenario]] = []
    for settings in itertools.product(*axes):
        try:
            scenario, wrong = validate(_with(base, settings))
        except Refused as refused:  # a path leads through something that is no mapping
            path, value = settings[-1]
            problems.append(Problem.at(value.place, value.path or path, "", refused))
            continue
        problems.extend(wrong)
        if scenario is not None:
            found.append((settings, scenario))
    problems.extend(_duplicates(found))
    return found, problems


def _axes(matrix: Node) -> tuple[list[list[tuple[str, Node]]], list[Problem]]:
    """The usable axes, each a list of (path, value), and what is wrong with the others."""
    if not isinstance(matrix, Table):
        refused = Refused(allowed=("a mapping of field paths to lists of values",))
        return [], [Problem.at(matrix.place, "matrix", describe(matrix), refused)]
    axes: list[list[tuple[str, Node]]] = []
    problems: list[Problem] = []
    paths = [entry.key for entry in matrix.entries]
    for entry in matrix.entries:
        wrong = list(_axis_problems(entry, paths))
        problems.extend(wrong)
        if not wrong and isinstance(entry.value, Listing):
            values = enumerate(entry.value.items)
            path = entry.key
            axes.append([(path, replace(v, path=f"matrix.{path}[{i}]")) for i, v in values])
    count = math.prod(len(axis) for axis in axes)
    if count > MAX_CELLS:
        refused = Refused(f"the matrix has {count} cells", allowed=(f"at most {MAX_CELLS}",))
        return [], [*problems, Problem.at(matrix.place, "matrix", "", refused)]
    return axes, problems


def without_matrix(tree: Table) -> Table:
    """The document without its matrix."""
    return replace(tree, entries=tuple(e for e in tree.entries if e.key != "matrix"))


def _with(tree: Table, settings: tuple[tuple[str, Node], ...]) -> Table:
    for path, value in settings:
        tree = assigned(tree, parse_path(path), value, value.place)
    return tree


def _axis_problems(entry: Entry, paths: list[str]) -> Iterator[Problem]:
    known = matrix_paths()
    path, shown = entry.key, f"matrix.{entry.key}"
    above = next((other for other in paths if path.startswith(f"{other}.")), None)
    if path not in known:
        refused = Refused(
            f'"{path}" is not a field that a matrix can vary',
            allowed=_siblings(path, known),
            nearest=nearest_name(path, known),
        )
        yield Problem.at(entry.place, shown, f'"{path}"', refused)
    elif above is not None:
        yield Problem.at(entry.place, shown, "", Refused(f"the matrix varies {above} too"))
    if not isinstance(entry.value, Listing) or not entry.value.items:
        refused = Refused(allowed=("a list of one or more values",))
        yield Problem.at(entry.value.place, shown, describe(entry.value), refused)


def _siblings(path: str, known: tuple[str, ...]) -> tuple[str, ...]:
    parent = path.rpartition(".")[0]
    return tuple(p for p in known if p.rpartition(".")[0] == parent) or tuple(
        p for p in known if "." not in p
    )


def _duplicates(found: list[tuple[Settings, Scenario]]) -> Iterator[Problem]:
    """Cells that are one scenario, whether written alike (vp8, vp8) or not (1Mbps, 1000kbps)."""
    seen: dict[str, Settings] = {}
    for settings, scenario in found:
        document = revealed(scenario)
        key = json.dumps(document, sort_keys=True, default=repr)  # a trace's tells its checksum
        first = seen.setdefault(key, settings)
        for (_, value), (_, before) in zip(settings, first, strict=True):
            if value.path is not None and value.path != before.path:
                refused = Refused(f"it gives the same cell as {before.path}")
                yield Problem.at(value.place, value.path, describe(value), refused)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return written(value)
