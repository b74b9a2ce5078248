"""Baselines: copies of runs to compare later ones with, kept by name below one directory."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from g2gbench.errors import InputError
from g2gbench.store.files import directory_name, write_json
from g2gbench.store.reading import Run, open_run
from g2gbench.store.run_directory import RUN, SUMMARY, SUMMARY_CSV
from g2gbench.store.shapes import BaselineFile
from g2gbench.store.stored_json import read_json
from g2gbench.store.trial_directory import EVENTS, FRAMES, QUALITY, RESULT, RTCSTATS

_log = logging.getLogger(__name__)

DEFAULT_ROOT: Final = Path("reports") / "baselines"
FILE: Final = "baseline.json"
"""What makes a run directory a baseline: its name, and when and from which run it was kept."""

SCHEMA: Final = 1
_OF_A_RUN: Final = (RUN, SUMMARY, SUMMARY_CSV)
_OF_A_TRIAL: Final = (RESULT, FRAMES, RTCSTATS, QUALITY, EVENTS)
"""What is kept of a trial: not the journal and the logs, which are most of its bytes."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A kept run; ``facts`` is its baseline.json."""

    path: Path
    facts: dict[str, object]

    @property
    def name(self) -> str:
        """By which it is found."""
        return str(self.facts["name"])

    @property
    def saved(self) -> str:
        """Time at which it was saved, in ISO 8601."""
        return str(self.facts["saved"])

    @property
    def run_name(self) -> str:
        """The directory of the run that it is a copy of."""
        return str(self.facts["run"])

    @property
    def run(self) -> Run:
        """The run itself."""
        return open_run(self.path)


def save(
    run: Run, *, now: datetime, name: str | None = None, root: Path = DEFAULT_ROOT
) -> Baseline:
    """Keep a copy of ``run`` under ``name`` (its scenario's), in place of the one before.

    Raises InputError for a run without a valid trial: nothing could be compared with it.
    """
    if not any(trial.status == "ok" for trial in run.trials):
        raise InputError(f"{run.path} has no valid trial: nothing could be compared with it.")
    name = name or run.name
    path = root / directory_name(name)
    beside = root / f".{path.name}.{os.getpid()}.tmp"
    root.mkdir(parents=True, exist_ok=True)
    facts = {
        "schema": SCHEMA,
        "name": name,
        "saved": now.isoformat(timespec="seconds"),
        "run": run.path.name,
    }
    try:
        _copy(run, beside)
        write_json(beside / FILE, facts)
        if path.exists():
            shutil.rmtree(path)
        beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Baseline(path, facts)


def listed(root: Path = DEFAULT_ROOT) -> tuple[Baseline, ...]:
    """The baselines below ``root``, by name."""
    found = sorted(_found(root), key=lambda baseline: baseline.name)
    return tuple(found)


def find(asked: str, *, scenario: str | None = None, root: Path = DEFAULT_ROOT) -> Run:
    """The run that ``asked`` names; raises InputError, with what there is, when there is none.

    A run directory; else a directory of baselines, in which that of ``scenario`` is taken; else
    the name of a baseline below ``root``.
    """
    path = Path(asked)
    if (path / RUN).is_file():
        return open_run(path)
    if path.is_dir() and scenario is not None:
        return named(scenario, path).run
    if path.is_dir():
        return open_run(path)  # says why it is none
    return named(asked, root).run


def named(name: str, root: Path = DEFAULT_ROOT) -> Baseline:
    """The baseline of this name; raises InputError, with those there are, when there is none."""
    there = listed(root)
    for baseline in there:
        if baseline.name == name:
            return baseline
    names = ", ".join(baseline.name for baseline in there) or "none yet"
    raise InputError(
        f"no run directory and no baseline {name!r} below {root} (there: {names}). "
        "Keep one with: g2gbench baseline save RUN"
    )


def _found(root: Path) -> Iterator[Baseline]:
    for file in root.glob(f"*/{FILE}"):
        if file.parent.name.startswith("."):
            continue
        try:
            yield Baseline(file.parent, read_json(file, BaselineFile))
        except InputError as error:
            _log.warning("%s It is left out; keep it anew: g2gbench baseline save RUN", error)


def _copy(run: Run, target: Path) -> None:
    target.mkdir(parents=True)
    for name in _OF_A_RUN:
        if (run.path / name).exists():
            shutil.copy2(run.path / name, target / name)
    for trial in run.trials:
        place = target / trial.path.relative_to(run.path)
        place.mkdir(parents=True)
        for name in _OF_A_TRIAL:
            if (trial.path / name).exists():
                shutil.copy2(trial.path / name, place / name)
