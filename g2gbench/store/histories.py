"""The runs below a directory, put together where they are alike: one history each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from g2gbench.analysis.comparability import fingerprint, machine_differences
from g2gbench.errors import InputError
from g2gbench.store.baselines import FILE as BASELINE
from g2gbench.store.named_files import scenario_of_run
from g2gbench.store.reading import Run, open_run
from g2gbench.store.run_directory import RUN
from g2gbench.store.shapes import Machine

_log = logging.getLogger(__name__)

_NAMED_FACTS: Final = ("release", "python")


@dataclass(frozen=True, slots=True)
class History:
    """Runs of one scenario on one machine, oldest first.

    ``scenario_id`` is the beginning of the scenario's fingerprint: two histories of one name are of
    scenarios that differ, or of two machines. ``left_out`` says why a run does not count.
    """

    name: str
    scenario_id: str
    machine: str
    runs: tuple[Run, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """By which it is distinguished from others."""
        return f"{self.name} ({self.scenario_id}) on {self.machine}"


def histories(root: Path, name: str | None = None) -> tuple[History, ...]:
    """The histories below ``root``, of the scenario ``name`` alone where one is given.

    Kept baselines are copies and left out, and so is what cannot be read, with a warning that names
    it. A run that lies there twice counts once. Raises InputError where there is no run.
    """
    unread: dict[str, str] = {}
    found = _runs(root, name, unread)
    runs = sorted(found, key=lambda run: (run.file.started, run.path.name))
    if not runs:
        of = f" of a scenario {name!r}" if name else ""
        left_out = "".join(f"\n  left out: {path} ({why})" for path, why in unread.items())
        raise InputError(f"there is no run{of} below {root}.{left_out}")
    groups: list[list[Run]] = []
    for run in runs:
        same = next((found for found in groups if _of_one_history(found[0], run)), None)
        groups.append([run]) if same is None else same.append(run)
    first, *others = map(_history, groups)
    return (replace(first, left_out={**first.left_out, **unread}), *others)


def machine_of(machine: Machine) -> str:
    """A machine in words."""
    memory = machine.memory_bytes
    size = f"{memory / 2**30:.2f} GiB" if memory is not None else "unknown memory"
    return (
        f"{machine.processor or 'unknown processor'}, {machine.cores} cores, {size}, "
        f"{machine.system} {machine.architecture}"
    )


def changed_between(before: Run, after: Run) -> list[str]:
    """Return the versions that differ between two runs of a history."""
    kept = [
        {"g2gbench": run.file.g2gbench, **run.file.versions}
        | {name: getattr(run.file.machine, name) for name in _NAMED_FACTS}
        for run in (before, after)
    ]
    return [
        f"{name} {kept[0].get(name)} -> {kept[1].get(name)}"
        for name in dict.fromkeys([*kept[0], *kept[1]])
        if kept[0].get(name) != kept[1].get(name)
    ]


def _of_one_history(one: Run, other: Run) -> bool:
    same = (one.name, _scenario_id(one)) == (other.name, _scenario_id(other))
    return same and not machine_differences(
        one.file.machine.model_dump(), other.file.machine.model_dump()
    )


def _scenario_id(run: Run) -> str:
    return fingerprint(scenario_of_run(run.facts))[:8]


def _history(runs: list[Run]) -> History:
    counted: dict[str, Run] = {}
    left_out: dict[str, str] = {}
    for run in runs:
        first = counted.get(run.identity)
        if run.status not in ("pass", "fail", "invalid"):
            left_out[str(run.path)] = run.status
        elif first is not None:
            left_out[str(run.path)] = f"the same run as {first.path}"
        else:
            counted[run.identity] = run
    machine = machine_of(runs[0].file.machine)
    return History(runs[0].name, _scenario_id(runs[0]), machine, tuple(counted.values()), left_out)


def _runs(root: Path, name: str | None, unread: dict[str, str]) -> Iterator[Run]:
    """The runs below ``root``; ``unread`` gets each that cannot be read, with the reason."""
    for path in sorted(root.rglob(RUN)):
        if (path.parent / BASELINE).exists():
            continue
        try:
            run = open_run(path.parent)
            _ = run.result
        except InputError as error:
            unread[str(path.parent)] = str(error)
            continue
        if name in (None, run.name):
            yield run
