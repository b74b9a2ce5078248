"""Shapes of the JSON files of a stored run.

A shape says what its readers rely on and lets everything else through: a newer version may write
more, and what an older one did not write yet has a default.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from g2gbench.analysis.trials import TrialStatus
from g2gbench.analysis.verdict import NotJudged, RunStatus
from g2gbench.measure.metric_value import WhyNot
from g2gbench.measure.phases import ImpairmentCause
from g2gbench.measure.records import Cause
from g2gbench.measure.registry import METRICS
from g2gbench.quality import Level
from g2gbench.quality.thresholds import Settings

MOST_REPEATS: Final = 1_000_000
OVERALL: Final = ("g2g_ms.p50", "all delays")
"""Metric and injected truth of the row that sums a calibration up."""


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("a moment in ISO 8601 is needed") from error
    if found.tzinfo is None:
        raise ValueError("a moment with its time zone is needed")
    return text


def _within(text: str) -> str:
    place = PurePosixPath(text)
    if place.is_absolute() or ".." in place.parts or not place.parts or "\0" in text:
        raise ValueError("a path within the run directory is needed")
    return text


def _known(name: str) -> str:
    if name not in METRICS:
        raise ValueError("a metric of this version is needed; a newer one may know it")
    return name


def _level(word: str) -> str:
    if word not in {level.word for level in Level}:
        raise ValueError("a quality level is needed")
    return word


def _judging(data: dict[str, object]) -> dict[str, object]:
    try:
        Settings.from_plain(data)
    except (TypeError, KeyError) as error:
        raise ValueError(f"settings of a quality verdict are needed ({error})") from error
    return data


Moment: TypeAlias = Annotated[str, AfterValidator(_moment)]
Within: TypeAlias = Annotated[str, AfterValidator(_within)]
MetricName: TypeAlias = Annotated[str, AfterValidator(_known)]
LevelWord: TypeAlias = Annotated[str, AfterValidator(_level)]
Repeat: TypeAlias = Annotated[int, Field(ge=0, lt=MOST_REPEATS)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]


class Shape(BaseModel):
    """Part of a stored file; unknown fields are of a newer version."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class Machine(Shape):
    """Machine that a run was measured on."""

    cores: Annotated[int, Field(ge=1)] | None = None
    physical_cores: int | None = None
    memory_bytes: int | None = None
    processor: str | None = None
    system: str | None = None
    release: str | None = None
    architecture: str | None = None
    python: str | None = None


class Document(Shape):
    """A resolved scenario: its sections are sections, whatever they hold."""

    name: str | None = None
    target: dict[str, object] | None = None
    source: dict[str, object] | None = None
    publish: dict[str, object] | None = None
    network: dict[str, object] | None = None
    session: dict[str, object] | None = None
    client: dict[str, object] | None = None
    matrix: dict[str, list[object]] | None = None
    timeline: list[dict[str, object]] | None = None


class NamedCalibration(Shape):
    """The calibration that a run rests on."""

    taken: Moment
    g2gbench: str = ""
    quick: bool
    trials: int
    g2g_bias_ms: float
    g2g_p95_error_ms: float
    injected: int
    missed: int
    invented: int


class PlannedCell(Shape):
    """A cell as it was asked for."""

    cell: Name
    repeat: Annotated[int, Field(ge=1, lt=MOST_REPEATS)]
    settings: dict[str, str | int | float | bool | None] = {}
    expect: list[str] = []
    judging: Annotated[dict[str, object], AfterValidator(_judging)] | None = None


class StoredAttempt(Shape):
    """An attempt at a trial that counts for nothing."""

    path: str
    status: TrialStatus
    message: str = ""
    invalid_because: list[str]


class PlannedTrial(Shape):
    """A trial as run.json tells of it."""

    cell: Name
    repeat: Repeat
    status: TrialStatus | Literal["planned", "running"]
    path: Within | None = None


class RunFile(Shape):
    """run.json."""

    schema_: Annotated[int, Field(alias="schema", ge=1)]
    id: str = ""
    g2gbench: str
    name: Name
    live: bool = False
    status: RunStatus | Literal["running"]
    started: Moment
    ended: Moment | None = None
    scenario: Document
    scenario_text: str
    scenario_sha256: str
    scenario_file: str = ""
    overrides: list[str] = []
    versions: dict[str, str | None]
    machine: Machine
    calibration: NamedCalibration | None = None
    conditions: dict[str, str] = {}
    cells: list[PlannedCell]
    trials: list[PlannedTrial]
    resumed: list[str] = []
    order: list[dict[str, object]] = []

    @model_validator(mode="after")
    def _whole(self) -> RunFile:
        """Each cell and trial once, each trial of a cell, each in a place of its own."""
        cells = {cell.cell for cell in self.cells}
        if len(cells) < len(self.cells):
            raise ValueError("a cell is there twice")
        keys = [(trial.cell, trial.repeat) for trial in self.trials]
        places = [trial.path for trial in self.trials if trial.path is not None]
        if len(set(keys)) < len(keys) or len(set(places)) < len(places):
            raise ValueError("a trial is there twice")
        if not {cell for cell, _ in keys} <= cells:
            raise ValueError("a trial is of a cell that is not there")
        return self


class StoredValue(Shape):
    """A value of a trial."""

    value: float | None
    n: Count
    reason: str = ""
    code: WhyNot = ""


class StoredStage(Shape):
    """The frames that a stage of the way had."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    stage: str
    count: int | None
    lost: int | None
    reason: str = ""


class StoredPhase(Shape):
    """A stretch of the steady state."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    label: str
    start_s: float
    end_s: float
    metrics: dict[MetricName, StoredValue]


class StoredRecovery(Shape):
    """Recovery from an impairment."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    label: str
    start_s: float
    end_s: float
    g2g_before_ms: float | None
    g2g_ms: StoredValue
    bitrate_ms: StoredValue
    both_ms: StoredValue
    overshoot_ms: StoredValue
    frames_lost: Count
    cause: ImpairmentCause = "network"
    settled_ms: StoredValue | None = None
    full_size_ms: StoredValue | None = None
    full_bitrate_ms: StoredValue | None = None
    sharp_ms: StoredValue | None = None


class StoredWithin(Shape):
    """Interval of a percentile within a session."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    value: float
    low: float | None
    high: float | None
    block: int
    reason: str = ""


class StoredCheck(Shape):
    """A check of a trial's validity."""

    check: str
    value: float | None
    limit: float | None
    unit: str
    ok: bool
    text: str
    advice: str


class StoredTrial(Shape):
    """A trial as it ended, in trial.json and in summary.json."""

    repeat: Repeat
    status: TrialStatus
    message: str
    cause: Cause = ""
    invalid_because: list[str]
    frames: dict[str, Count]
    readings: dict[str, Count] = {}
    metrics: dict[str, StoredValue]
    accounting: list[StoredStage]
    phases: list[StoredPhase] = []
    recoveries: list[StoredRecovery] = []
    limiting_factor: str | None = None
    quality_reasons: list[str] = []
    attempts: list[StoredAttempt] = []
    within_trial: dict[str, StoredWithin] = {}
    checks: list[StoredCheck] = []


class TrialFile(StoredTrial):
    """trial.json."""

    cell: Name


class StoredEstimate(Shape):
    """A value of a cell."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: Count = 0
    coverage: float | None = None
    interval: str = "none"
    unit: str | None = None
    reason: str = ""


class StoredExpectation(Shape):
    """An expectation as it was judged."""

    text: str
    metric: MetricName
    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    limit: float
    value: float | None
    low: float | None
    high: float | None
    holds: bool | None
    close: bool
    reason: str = ""
    code: NotJudged = ""


class StoredSpread(Shape):
    """Spread of a cell's trials."""

    metric: str
    ratio: float
    text: str


class StoredCell(Shape):
    """A cell as it was judged."""

    cell: Name
    settings: dict[str, str | int | float | bool | None]
    status: str
    invalid_because: list[str]
    quality: LevelWord | None = None
    limiting_factor: str | None = None
    quality_reason: str = ""
    quality_reasons: list[str] = []
    repeat: Annotated[int, Field(ge=1, lt=MOST_REPEATS)]
    trials: list[StoredTrial]
    metrics: dict[str, StoredEstimate]
    spread: StoredSpread | None = None
    expectations: list[StoredExpectation]

    @model_validator(mode="after")
    def _alike(self) -> StoredCell:
        """Each trial once, all with the same stages, and a reason for what was not measured."""
        repeats = [trial.repeat for trial in self.trials]
        if len(set(repeats)) < len(repeats):
            raise ValueError("a trial is there twice")
        stages = [[stage.stage for stage in t.accounting] for t in self.trials if t.accounting]
        if any(one != stages[0] for one in stages):
            raise ValueError("the trials' stages are not the same")
        if any(one.value is None and not one.reason for one in self.metrics.values()):
            raise ValueError("a value that was not measured has no reason")
        return self


class SummaryFile(Shape):
    """summary.json."""

    schema_: Annotated[int, Field(alias="schema", ge=1)]
    name: str
    status: RunStatus
    exit_code: Literal[0, 1, 2, 3, 4, 5, 130]
    run_dir: str = ""
    cells: list[StoredCell]

    @model_validator(mode="after")
    def _whole(self) -> SummaryFile:
        """Each cell once, all with the same expectations."""
        if len({cell.cell for cell in self.cells}) < len(self.cells):
            raise ValueError("a cell is there twice")
        asked = [[one.text for one in cell.expectations] for cell in self.cells]
        if any(one != asked[0] for one in asked):
            raise ValueError("the cells' expectations are not the same")
        return self


class ComparedRow(Shape):
    """A row of a stored comparison, as far as a run's own page shows it."""

    cell: str
    metric: MetricName
    base: float | None
    outcome: str | None


class ComparisonFile(Shape):
    """compare.json."""

    status: str
    sentence: str = ""
    base_dir: str
    exit_code: Literal[0, 1, 2, 3, 4, 5, 130]
    rows: list[ComparedRow]


class BaselineFile(Shape):
    """baseline.json."""

    name: Name
    saved: str
    run: str


class StoredNoise(Shape):
    """The noise of one metric of a cell."""

    value: float
    trials: Count


class NoiseOfScenario(Shape):
    """The noise of a scenario on a machine."""

    taken: str
    name: str
    runs: list[str]
    machine: Machine
    cells: dict[str, dict[str, StoredNoise]]


class NoiseFile(Shape):
    """noise.json."""

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    scenarios: dict[str, NoiseOfScenario]


class Bias(Shape):
    """A bias with its interval, in ms."""

    value: float
    low: float
    high: float


class CalibratedTime(Shape):
    """Error of a metric where a delay was injected, in ms."""

    metric: str
    injected: str
    n: int
    bias: Bias
    p50: float
    p95: float
    largest: float


class CalibratedCount(Shape):
    """Events that were injected, missed and invented."""

    true: int
    missed: int
    invented: int


class CalibrationFile(Shape):
    """calibration.json."""

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    g2gbench: str
    taken: Moment
    quick: bool
    trials: int
    left_out: list[str]
    machine: Machine
    times: list[CalibratedTime]
    counts: dict[str, CalibratedCount]

    @model_validator(mode="after")
    def _overall(self) -> CalibrationFile:
        """The one row that every later run names."""
        overall = [t for t in self.times if (t.metric, t.injected) == OVERALL]
        if len(overall) != 1:
            raise ValueError("the row of all delays is not there once")
        return self
