"""The run directory while a run goes on: every file is complete at any moment."""

from __future__ import annotations

import csv
import errno
import io
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from g2gbench import __version__
from g2gbench.analysis.plain import from_plain, to_plain
from g2gbench.analysis.result import RunResult
from g2gbench.analysis.summary import ROW_COLUMNS, result_of, rows
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import CellPlan
from g2gbench.store.attempts import attempts_at, put_aside
from g2gbench.store.files import Held, directory_name, writable, write_json, write_text
from g2gbench.store.machine import describe_machine, package_versions
from g2gbench.store.origin import NOWHERE, Origin
from g2gbench.store.redaction import Redactor
from g2gbench.store.trial_directory import TrialDirectory

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n")

SCHEMA: Final = 1
"""Version of the run directory; a reader refuses a newer one."""

RUN = "run.json"
SUMMARY = "summary.json"
SUMMARY_CSV = "summary.csv"
TRIALS = "trials"
RESERVE: Final = ".reserve"
RESERVE_BYTES: Final = 1 << 19
"""Kept free for the verdict while a run goes on: of a disk that fills up it still takes that."""


log = logging.getLogger(__name__)


class RunDirectory:
    """A run that is being measured; ``path`` is ``<root>/<name>-<YYYYmmdd-HHMMSS>``."""

    def __init__(self, path: Path, facts: dict[str, Any], redactor: Redactor) -> None:
        self.path = path
        self._facts = facts
        self._redactor = redactor
        self._plans: list[CellPlan] = []
        self._results: list[TrialResult] = []
        self._open: TrialDirectory | None = None
        self._held = Held(path)
        self._reserve = path / RESERVE

    @classmethod
    def create(
        cls,
        root: Path,
        name: str,
        *,
        now: datetime,
        plans: Sequence[CellPlan],
        scenario: Mapping[str, Any],
        origin: Origin = NOWHERE,
        secrets: Sequence[SecretStr] = (),
        extra: Mapping[str, object] | None = None,
    ) -> RunDirectory:
        """Make the directory and its run.json.

        ``scenario`` is the resolved scenario as plain data, ``origin`` what it was read from;
        ``plans`` say which cells are to be measured how often. ``secrets`` are kept out of every
        file. ``extra`` is added to run.json.
        """
        redactor = Redactor(secrets)
        facts = {
            "schema": SCHEMA,
            "id": uuid.uuid4().hex,
            "g2gbench": __version__,
            "name": name,
            "status": "running",
            "started": now.isoformat(timespec="seconds"),
            "ended": None,
            "scenario": redactor.data(dict(scenario)),
            **origin.without_secrets(secrets).as_plain(),
            "versions": package_versions(),
            "machine": describe_machine(),
            **redactor.data(dict(extra or {})),
            "cells": [_planned(plan) for plan in plans],
            "trials": [
                {"cell": plan.cell, "repeat": repeat, "status": "planned", "path": None}
                for plan in plans
                for repeat in range(plan.repeat)
            ],
            "order": [],
        }
        path = _fresh(root, f"{directory_name(name)}-{now:%Y%m%d-%H%M%S}")
        if origin.file:
            folder = Path(origin.file).absolute().parent
            facts["scenario_folder"] = os.path.relpath(folder, path.absolute())
        run = cls(path, facts, redactor)
        run._plans = list(plans)
        run._write_facts()
        run._reserve.write_bytes(os.urandom(RESERVE_BYTES))
        return run

    @classmethod
    def reopen(
        cls,
        path: Path,
        facts: Mapping[str, Any],
        *,
        now: datetime,
        plans: Sequence[CellPlan],
        results: Sequence[TrialResult],
        secrets: Sequence[SecretStr] = (),
    ) -> RunDirectory:
        """Go on with a run that was stopped.

        ``facts`` are those of its run.json, ``plans`` those that it was made with, ``results``
        those of the trials that it has. Raises BlockingIOError when it still runs.
        """
        run = cls(path, dict(facts), Redactor(secrets))
        run._plans = list(plans)
        run._results = list(results)
        for judged in (SUMMARY, SUMMARY_CSV):  # they speak of fewer trials than there will be
            (path / judged).unlink(missing_ok=True)
        resumed = [*facts.get("resumed", ()), now.isoformat(timespec="seconds")]
        run._facts |= {"status": "running", "ended": None, "resumed": resumed}
        run._write_facts()
        return run

    @property
    def results(self) -> tuple[TrialResult, ...]:
        """The trials that have ended, in that order."""
        return tuple(self._results)

    def trial(self, cell: str, repeat: int) -> TrialDirectory:
        """Begin a trial of a planned cell, named by its name or its slug.

        What an earlier attempt at it has left is kept beside it. Raises ValueError for a cell that
        was not planned.
        """
        plan = next((p for p in self._plans if cell in (p.cell, p.slug)), None)
        if plan is None:
            raise ValueError(f"cell {cell!r} is not planned in this run")
        if not self.path.is_dir():  # nothing of it shall come back without the rest
            raise FileNotFoundError(errno.ENOENT, "it is gone", str(self.path))
        place = place_of(plan, repeat)
        put_aside(self.path, place)
        self._forget(plan.cell, repeat)
        attempts = attempts_at(self.path, place)
        self._open = TrialDirectory(
            self.path / place,
            plan.cell,
            repeat,
            redactor=self._redactor,
            on_result=self._ended,
            cores=self._facts["machine"]["cores"],
            judging=plan.judging,
            attempts=attempts,
        )
        self._facts.setdefault("order", []).append(
            {"cell": plan.cell, "repeat": repeat, "attempt": len(attempts)}
        )
        self._note(
            plan.cell,
            repeat,
            status="running",
            path=place.as_posix(),
            message="",
            invalid_because=[],
            attempts=[attempt.as_plain() for attempt in attempts],
        )
        return self._open

    def finish(self, *, now: datetime, interrupted: bool = False) -> RunResult:
        """Judge what was measured and write summary.json and summary.csv; gives the result.

        A trial that is still open is ended as interrupted first.
        """
        self._reserve.unlink(missing_ok=True)
        if self._open is not None:
            self._open.finish("interrupted")
        judged = result_of(
            self._plans,
            sorted(self._results, key=lambda result: result.repeat),
            name=self._facts["name"],
            run_dir=str(self.path),
            interrupted=interrupted,
        )
        summary = self._redactor.data(to_plain(judged))
        result = from_plain(summary)
        write_json(self.path / SUMMARY, summary)
        write_text(self.path / SUMMARY_CSV, as_csv(result))
        self._facts |= {
            "status": result.status,
            "ended": now.isoformat(timespec="seconds"),
        }
        self._write_facts()
        self._held.release()
        return result

    def _forget(self, cell: str, repeat: int) -> None:
        self._results = [r for r in self._results if (r.cell, r.repeat) != (cell, repeat)]

    def _ended(self, result: TrialResult) -> None:
        self._results.append(result)
        self._open = None
        self._note(
            result.cell,
            result.repeat,
            status=result.status,
            message=result.message,
            invalid_because=list(result.invalid_because),
        )

    def _note(self, cell: str, repeat: int, **facts: object) -> None:
        for trial in self._facts["trials"]:
            if (trial["cell"], trial["repeat"]) == (cell, repeat):
                trial |= facts
                break
        else:
            self._facts["trials"].append({"cell": cell, "repeat": repeat, **facts})
        try:
            self._write_facts()
        except OSError as error:
            if not self.path.is_dir():
                raise
            log.warning("%s is behind: %s", self.path / RUN, error.strerror)  # a full disk

    def _write_facts(self) -> None:
        write_json(self.path / RUN, self._redactor.data(self._facts))


def place_of(plan: CellPlan, repeat: int) -> Path:
    """Return where a trial is kept, within the run directory."""
    return Path(TRIALS) / (plan.slug or directory_name(plan.cell)) / str(repeat)


def as_csv(result: RunResult) -> str:
    """summary.csv: one row per trial and metric, and per cell with its interval.

    Text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, ROW_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(result):
        writer.writerow({column: _as_text(value) for column, value in row.items()})
    return text.getvalue()


def _as_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    # A bare carriage return ends a line for some readers and is quoted by none.
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{value}" if value.startswith(_FORMULA) else value


def _planned(plan: CellPlan) -> dict[str, object]:
    return {
        "cell": plan.cell,
        "settings": dict(plan.settings),
        "repeat": plan.repeat,
        "expect": [expectation.text for expectation in plan.expectations],
        "judging": plan.judging.as_plain(),
    }


def _fresh(root: Path, name: str) -> Path:
    """A new directory of this name, numbered when another run took it in the same second.

    Raises InputError where none can be made.
    """
    writable(root, "--out")
    root.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path
