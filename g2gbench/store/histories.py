"""The runs below a directory, put together where they are alike: one history each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from g2gbench.analysis.likeness import SAME_MACHINE, fingerprint
from g2gbench.errors import InputError
from g2gbench.store.baselines import FILE as BASELINE
from g2gbench.store.reading import Run, open_run
from g2gbench.store.run_directory import RUN

_log = logging.getLogger(__name__)

_TOLD_OF: Final = ("release", "python")


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
        """By which it is told from others."""
        return f"{self.name} ({self.scenario_id}) on {self.machine}"


def histories(root: Path, name: str | None = None) -> tuple[History, ...]:
    """The histories below ``root``, of the scenario ``name`` alone where one is given.

    Kept baselines are copies and left out, and so is what cannot be read, with a warning that names
    it. A run that lies there twice counts once. Raises InputError where there is no run.
    """
    unreadable: list[str] = []
    found = _runs(root, name, unreadable)
    runs = sorted(found, key=lambda run: (str(run.facts["started"]), run.path.name))
    for reason in unreadable:
        _log.warning("left out: %s", reason)
    if not runs:
        of = f" of a scenario {name!r}" if name else ""
        left_out = f" Left out: {'; '.join(unreadable)}" if unreadable else ""
        raise InputError(f"there is no run{of} below {root}.{left_out}")
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        machine = [run.facts["machine"].get(name) for name in SAME_MACHINE]
        groups.setdefault((run.name, _scenario_id(run), *machine), []).append(run)
    return tuple(_history(found) for found in groups.values())


def machine_of(machine: Mapping[str, Any]) -> str:
    """A machine in words."""
    memory = machine.get("memory_bytes")
    size = f"{memory / 2**30:.2f} GiB" if isinstance(memory, int) else "unknown memory"
    return (
        f"{machine.get('processor') or 'unknown processor'}, {machine.get('cores')} cores, {size}, "
        f"{machine.get('system')} {machine.get('architecture')}"
    )


def changed_between(before: Run, after: Run) -> list[str]:
    """What else is not the same in two runs of a history: versions of what measures."""
    kept = [
        {"g2gbench": run.facts["g2gbench"], **run.facts.get("versions", {})}
        | {name: run.facts["machine"].get(name) for name in _TOLD_OF}
        for run in (before, after)
    ]
    return [
        f"{name} {kept[0].get(name)} -> {kept[1].get(name)}"
        for name in dict.fromkeys([*kept[0], *kept[1]])
        if kept[0].get(name) != kept[1].get(name)
    ]


def _scenario_id(run: Run) -> str:
    return fingerprint(run.facts["scenario"])[:8]


def _history(runs: list[Run]) -> History:
    counted = tuple(run for run in runs if run.status in ("pass", "fail", "invalid"))
    left_out = {str(run.path): run.status for run in runs if run not in counted}
    machine = machine_of(runs[0].facts["machine"])
    return History(runs[0].name, _scenario_id(runs[0]), machine, counted, left_out)


def _runs(root: Path, name: str | None, unreadable: list[str]) -> Iterator[Run]:
    """The runs, each once; why others cannot be read is added to ``unreadable``."""
    seen: dict[str, Path] = {}
    for path in sorted(root.rglob(RUN)):
        if (path.parent / BASELINE).exists():
            continue
        try:
            run = open_run(path.parent)
            _ = run.summary_data
        except InputError as error:
            unreadable.append(str(error))
            continue
        if name not in (None, run.name):
            continue
        if run.id in seen:
            unreadable.append(f"{run.path} is the same run as {seen[run.id]}.")
            continue
        seen[run.id] = run.path
        yield run
