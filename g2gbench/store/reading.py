"""Read a run directory back, also one whose run was killed half-way."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from g2gbench.analysis.plain import to_plain
from g2gbench.analysis.result import NOT_KNOWN, JudgedAgain, RecordedVerdict, RunResult
from g2gbench.analysis.summary import ROW_COLUMNS, result_of, rows
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import CellPlan
from g2gbench.errors import InputError
from g2gbench.measure.check import Check
from g2gbench.measure.journal import Session
from g2gbench.measure.metric_value import missing
from g2gbench.measure.quality import Judged
from g2gbench.measure.registry import METRICS
from g2gbench.measure.validity import without_frames
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings
from g2gbench.scenario.fields.expectation import parse_expectation
from g2gbench.scenario.fields.quantities import BITRATE
from g2gbench.scenario.problems import Refused
from g2gbench.store.attempts import attempts_at
from g2gbench.store.files import directory_name
from g2gbench.store.run_directory import RUN, SCHEMA, SUMMARY
from g2gbench.store.shapes import PlannedCell, RunFile
from g2gbench.store.stored_json import check, read_json
from g2gbench.store.stored_summary import read_summary
from g2gbench.store.stored_tables import read_ledger, read_quality, read_stats
from g2gbench.store.tables import (
    QUALITY_COLUMNS,
    ledger_table,
    quality_table,
    stats_table,
    table_quality,
)
from g2gbench.store.trial_directory import (
    EVENTS,
    FRAMES,
    JOURNAL,
    QUALITY,
    RESULT,
    RTCSTATS,
    Recorded,
    read_events,
    read_records,
    read_result,
    settled,
)

_log = logging.getLogger(__name__)

_FRAME_TYPES: Mapping[pa.DataType, object] = {
    pa.int64(): pd.Int64Dtype(),
    pa.int32(): pd.Int32Dtype(),
}


_SHOWN: Final = ("g2g_ms.p50", "g2g_ms.p95", "ttff_ms", "drop_ratio", "fps")

JUDGED_AGAIN: Final = "judged-again"
"""Below it, the reports of a run under other bounds than those it was recorded with."""


@dataclass(frozen=True)
class Trial:
    """One trial of a stored run.

    ``rebuilt``: the run was killed before the trial had ended; everything is computed from its
    journal and it counts as interrupted. ``judging`` is what its quality was judged with;
    ``again`` what came of it where that was not when it was recorded.
    """

    path: Path
    cell: str
    repeat: int
    result: TrialResult
    rebuilt: bool
    judging: Settings = DEFAULT_SETTINGS
    again: tuple[Judged, ...] | None = None

    def __repr__(self) -> str:
        return f"Trial({self.cell!r}, {self.repeat}, {self.result.status}, {str(self.path)!r})"

    @property
    def status(self) -> str:
        """ok, invalid, unreachable, interrupted, failed or fault."""
        return self.result.status

    @cached_property
    def recorded(self) -> Recorded:
        """The raw records: the journal's session, the model worker's and the link's log."""
        return read_records(self.path)

    def frames(self) -> pd.DataFrame:
        """The ledger: one row per captured frame."""
        return _frame(self.frames_table())

    def rtcstats(self) -> pd.DataFrame:
        """One row per snapshot of the WebRTC statistics, units as the W3C defines them."""
        return _frame(self.rtcstats_table())

    @cached_property
    def session(self) -> Session:
        """Its events, without frames and samples; with them where the trial was cut off."""
        if self.rebuilt or not (self.path / EVENTS).exists():
            return self.recorded.session
        return read_events(self.path)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks of its validity; of a version that kept none, those that can be made again."""
        if self.result.checks or self.result.status == "unreachable":
            return self.result.checks
        unknown = dict.fromkeys(METRICS, missing(NOT_KNOWN))
        return tuple(without_frames(self.session, {**unknown, **self.result.metrics}))

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The verdict of every second; empty for a trial of an older version."""
        if self.again is not None:
            return self.again
        if self.rebuilt:
            return self.recorded.evaluate(judging=self.judging).judged
        stored = self.path / QUALITY
        if not stored.exists():
            return ()
        try:
            return table_quality(read_quality(stored, QUALITY_COLUMNS))
        except (TypeError, ValueError) as error:  # a sample that nothing can have measured
            raise InputError(f"{stored} is damaged: {error}") from error

    def quality(self) -> pd.DataFrame:
        """One row a second: the sample, its level, and the verdict that was held."""
        return _frame(quality_table(self.judged))

    def frames_table(self) -> pa.Table:
        """The ledger as it is stored."""
        if not self.rebuilt:
            return read_ledger(self.path / FRAMES)
        return ledger_table(self.recorded.evaluate().ledger)

    def rtcstats_table(self) -> pa.Table:
        """The statistics as they are stored."""
        if not self.rebuilt:
            return read_stats(self.path / RTCSTATS)
        return stats_table(self.recorded.session.stats)


@dataclass(frozen=True)
class Run:
    """A stored run: ``facts`` is its run.json as it is there, ``trials`` those that were begun.

    ``missing`` are parts of it that were there once and are not now, in words.
    ``judged_under``: the file whose bounds it was judged again under, empty for the recorded
    verdict; ``recorded`` is then what that was.
    """

    path: Path
    facts: dict[str, Any]
    trials: tuple[Trial, ...]
    judged_under: str = ""
    recorded: RecordedVerdict | None = None
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        facts = f"{self.name!r}, {self.file.status}, {len(self.trials)} trials"
        return f"Run({facts}, {str(self.path)!r})"

    def _repr_html_(self) -> str:
        """In a notebook: a line a cell, with the usual metrics in their units."""
        table = pd.DataFrame(
            [
                {
                    "cell": cell.cell,
                    "status": cell.status,
                    **{name: cell.metrics[name].value for name in _SHOWN if name in cell.metrics},
                }
                for cell in self.result.cells
            ]
        )
        heading = escape(f"{self.name}: {self.status}")
        return f"<p><b>{heading}</b></p>{table.to_html(index=False, na_rep='–', border=0)}"

    @cached_property
    def file(self) -> RunFile:
        """Its run.json."""
        return RunFile.model_validate(self.facts)

    @property
    def report_path(self) -> Path:
        """Directory of its reports: beside the records, or apart when it was judged again."""
        if not self.judged_under:
            return self.path
        return self.path / JUDGED_AGAIN / directory_name(Path(self.judged_under).stem)

    @property
    def identity(self) -> str:
        """Identity that every copy of this run shares; of an older run a checksum of its record."""
        if self.file.id:
            return f"{self.file.id} of {self.file.started}"
        recorded = json.dumps(self.facts, sort_keys=True, default=str)
        return hashlib.sha256(recorded.encode("utf-8", "backslashreplace")).hexdigest()

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.file.name

    @property
    def started(self) -> datetime:
        """Time of its begin, with its time zone."""
        return datetime.fromisoformat(self.file.started)

    @property
    def ended(self) -> datetime | None:
        """Time of its end; None for one that was cut off."""
        return None if self.file.ended is None else datetime.fromisoformat(self.file.ended)

    @property
    def planned(self) -> dict[str, int]:
        """Number of planned trials by cell."""
        return {cell.cell: cell.repeat for cell in self.file.cells}

    @property
    def status(self) -> str:
        """pass, fail, invalid, unreachable, fault or interrupted."""
        return self.result.status

    @property
    def summary_data(self) -> dict[str, Any]:
        """The object of summary.json; of a run that was killed, what it had measured."""
        return to_plain(self.result)

    @cached_property
    def result(self) -> RunResult:
        """The run as it was judged; of one that was killed, what it had measured."""
        stored = self.path / SUMMARY
        if stored.exists() and not self.judged_under:
            return read_summary(stored)
        status = self.recorded.status if self.recorded else self.file.status
        found = result_of(
            [_plan(cell) for cell in self.file.cells],
            [trial.result for trial in self.trials],
            name=self.name,
            run_dir=str(self.path),
            interrupted=status in ("running", "interrupted"),
        )
        if self.recorded is not None:
            return replace(found, judged_again=JudgedAgain(self.judged_under, self.recorded))
        return found

    def frames(self) -> pd.DataFrame:
        """The ledgers of all trials, one row per captured frame, with cell, repeat and status."""
        return self._all(Trial.frames_table)

    def rtcstats(self) -> pd.DataFrame:
        """The statistics of all trials, one row a snapshot, with cell, repeat and status."""
        return self._all(Trial.rtcstats_table)

    def quality(self) -> pd.DataFrame:
        """The verdicts of all trials, one row a second, with cell, repeat and status."""
        return self._all(lambda trial: quality_table(trial.judged))

    def summary(self) -> pd.DataFrame:
        """One row per trial and metric (``row`` = trial) and per metric of a cell (= cell)."""
        found = pd.DataFrame(list(rows(self.result)), columns=list(ROW_COLUMNS))
        numbers = ["value", "low", "high", "coverage"]
        found[numbers] = found[numbers].astype("float64")
        return found.astype({"repeat": "Int64", "n": "Int64"})

    def _all(self, table_of: Callable[[Trial], pa.Table]) -> pd.DataFrame:
        tables = [_labelled(table_of(trial), trial) for trial in self.trials]
        if not tables:
            return pd.DataFrame({"cell": [], "repeat": [], "status": []})
        return _frame(pa.concat_tables(tables, promote_options="permissive"))


def open_run(path: Path | str) -> Run:
    """Open a run directory; raises InputError for anything else, or one of a newer version."""
    directory = Path(path)
    if not (directory / RUN).is_file():
        raise InputError(
            f"{directory} is no run directory: it holds no {RUN}. "
            "Name a directory that g2gbench run has written."
        )
    facts = read_json(directory / RUN)
    schema = facts.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise InputError(f"{directory / RUN} names no schema version: it is not g2gbench's.")
    if schema > SCHEMA:
        raise InputError(
            f"{directory} was written by g2gbench {facts.get('g2gbench')} in schema {schema}; "
            f"this version reads up to schema {SCHEMA}. Update g2gbench to read it."
        )
    check(directory / RUN, facts, RunFile)
    missing: list[str] = []
    trials = tuple(_trials(directory, facts, missing))
    for one in missing:
        _log.warning("%s: %s", directory, one)
    return Run(directory, facts, trials, missing=tuple(missing))


def _trials(directory: Path, facts: Mapping[str, Any], missing: list[str]) -> Iterator[Trial]:
    """The trials that have records; what else there should be is added to ``missing``."""
    judging = {str(cell["cell"]): judging_of(facts, cell) for cell in facts["cells"]}
    for entry in facts["trials"]:
        if entry.get("path") is None:
            continue
        path = directory / entry["path"]
        cell, repeat = str(entry["cell"]), int(entry["repeat"])
        result = read_result(path)
        if result is not None and (result.cell, result.repeat) != (cell, repeat):
            raise InputError(f"{path / RESULT} is of another trial than the one that lies here.")
        if result is not None and (path / FRAMES).exists():
            yield Trial(path, cell, repeat, result, rebuilt=False, judging=judging[cell])
        elif (path / JOURNAL).exists():
            recorded = read_records(path)
            evaluation = recorded.evaluate(judging=judging[cell])
            result = settled(cell, repeat, recorded.session, evaluation, "interrupted")
            attempts = attempts_at(directory, Path(entry["path"]))
            result = replace(result, attempts=attempts)
            if entry["status"] not in ("running", "interrupted"):
                missing.append(
                    f"{entry['path']} lacks {RESULT} or {FRAMES}: the trial is computed anew from "
                    "its journal and counts as interrupted"
                )
            yield Trial(path, cell, repeat, result, rebuilt=True, judging=judging[cell])
        else:
            missing.append(f"{entry['path']} has no records: the trial is left out")


def _plan(cell: PlannedCell) -> CellPlan:
    try:
        expectations = [parse_expectation(text) for text in cell.expect]
    except Refused as error:
        raise InputError(f"an expectation of the stored run is not known here: {error}") from error
    return CellPlan(cell.cell, cell.repeat, cell.settings, expectations)


def judging_of(facts: Mapping[str, Any], cell: Mapping[str, Any]) -> Settings:
    """Return the settings of a stored cell's quality.

    For a run of an older version, which judged none: the defaults with the cell's publish bitrate.
    """
    stored = cell.get("judging")
    if stored is not None:
        return Settings.from_plain(stored)
    publish = (facts.get("scenario") or {}).get("publish") or {}
    written = (cell.get("settings") or {}).get("publish.max_bitrate", publish.get("max_bitrate"))
    try:
        return replace(DEFAULT_SETTINGS, required_bitrate_bps=float(BITRATE.parse(written)))
    except Refused:
        return DEFAULT_SETTINGS


def _labelled(table: pa.Table, trial: Trial) -> pa.Table:
    size = len(table)
    table = table.add_column(0, "status", pa.array([trial.status] * size, type=pa.string()))
    table = table.add_column(0, "repeat", pa.array([trial.repeat] * size, type=pa.int64()))
    return table.add_column(0, "cell", pa.array([trial.cell] * size, type=pa.string()))


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas; integers stay integers where some are missing."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_FRAME_TYPES.get)
    return frame
