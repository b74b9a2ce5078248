"""The result of a run, typed: a run of cells of trials, as it was judged.

`g2gbench.analysis.summary` makes one, `g2gbench.analysis.plain` writes and reads it as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import TRIALS_TO_JUDGE, CellStatus, NotJudged, RunStatus
from g2gbench.measure.records import Scalar
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.median_interval import Estimate

NOT_KNOWN: Final = "not known to this run"


class Estimates(dict[str, Estimate]):
    """A cell's estimates by metric; one that the run did not know is in none of them."""

    def __missing__(self, name: str) -> Estimate:
        METRICS[name]  # a name that nobody knows is a mistake
        return Estimate(None, None, None, 0, "none", reason=NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class JudgedExpectation:
    """An expectation of the scenario held against a cell's value.

    ``limit``, ``value``, ``low`` and ``high`` are in ``unit``, the metric's own. ``holds`` is None,
    with the ``reason`` and its ``code``, when it was not judged. ``close``: the interval of the
    value crosses the limit, so that another run may come out the other way.
    """

    text: str
    metric: str
    operator: str
    limit: float
    unit: str
    value: float | None
    low: float | None
    high: float | None
    holds: bool | None
    close: bool
    reason: str = ""
    code: NotJudged = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread of a cell's trials: largest less smallest value, over the median.

    ``text`` says what else differs, where the ratio is large.
    """

    metric: str
    ratio: float
    text: str


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell of a run: its trials, the estimates over those that count, its expectations.

    ``settings`` are the varied fields with their values as written. ``quality`` is the word of the
    level, with the factor that limits it and the reasons; None, with ``quality_reason``, where it
    is unknown. ``repeat`` is how many trials were planned.
    """

    cell: str
    settings: Mapping[str, Scalar]
    status: CellStatus
    invalid_because: tuple[str, ...]
    repeat: int
    trials: tuple[TrialResult, ...]
    metrics: Estimates
    expectations: tuple[JudgedExpectation, ...]
    quality: str | None = None
    limiting_factor: str | None = None
    quality_reason: str = ""
    quality_reasons: tuple[str, ...] = ()
    spread: Spread | None = None

    @property
    def trials_needed(self) -> int:
        """Number of valid trials that it takes to judge the cell."""
        return min(self.repeat, TRIALS_TO_JUDGE)

    def value(self, metric: str) -> float | None:
        """The estimate of a metric; None where it was not measured, or not known to the run."""
        return self.metrics[metric].value if metric in self.metrics else None


@dataclass(frozen=True, slots=True)
class CodecPoint:
    """One cell of a codec's curve, with the estimates of what is shown of it.

    ``counts``: the cell is valid, and may stand beside others.
    """

    cell: str
    max_bitrate: str
    counts: bool
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class CodecCurve:
    """A codec's points in the order of their measured rates; ``reason``: why it has none."""

    codec: str
    reason: str
    points: tuple[CodecPoint, ...]


@dataclass(frozen=True, slots=True)
class CodecDeltas:
    """Deltas of a codec against the anchor: the estimate of each, by its name."""

    codec: str
    deltas: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class CodecRanking:
    """Cells from best to worst by a metric, in groups that their trials cannot tell apart."""

    metric: str
    groups: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True, slots=True)
class CodecComparison:
    """Codecs over a ladder of bitrates, at one setting of everything else (``where``)."""

    where: Mapping[str, Scalar]
    anchor: str
    curves: tuple[CodecCurve, ...]
    deltas: tuple[CodecDeltas, ...]
    rankings: tuple[CodecRanking, ...]


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """Verdict of a run when it was recorded; ``quality``: the level's word by cell."""

    status: str
    quality: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """A run judged under other bounds: the file they are in, and what was ``recorded``."""

    under: str
    recorded: RecordedVerdict


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run as it was judged: what ``run --json`` prints and summary.json holds.

    ``codecs`` compares codecs over a ladder of bitrates, None unless the matrix varies both.
    """

    name: str
    status: RunStatus
    exit_code: int
    run_dir: str
    cells: tuple[CellResult, ...]
    codecs: tuple[CodecComparison, ...] | None = None
    judged_again: JudgedAgain | None = None
    others: Mapping[str, object] = field(default_factory=dict)
    """Keys that this version does not know, as they were stored."""

    @property
    def trials(self) -> Iterator[TrialResult]:
        """Those of all cells, cell by cell."""
        for cell in self.cells:
            yield from cell.trials
