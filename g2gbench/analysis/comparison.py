"""A base compared with a candidate: metric by metric, cell by cell, over valid trials alone.

Four outcomes. *regression* and *improvement*: the interval of the difference excludes zero, the
difference passes its effect floor, and the p-value holds for the whole family of rows. *no
difference*: the whole interval lies within the floor. *inconclusive*: anything else, with the
number of repeats that would decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal, TypeAlias

from g2gbench.analysis.effect_floors import EffectFloor, Floor, effect_floor
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import counting
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.hodges_lehmann import Shift, shift
from g2gbench.statistics.holm import LEVEL, holm, size_of
from g2gbench.statistics.mann_whitney import RankTest, rank_test
from g2gbench.statistics.sample_size import more_repeats

Outcome: TypeAlias = Literal["regression", "improvement", "no difference", "inconclusive"]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "regression",
    "inconclusive",
    "improvement",
    "no difference",
)
"""In the order of reports; the first one that any row has is the comparison's."""

JUDGED: Final = ("g2g_ms.p50", "g2g_ms.p95", "ttff_ms", "drop_ratio", "freeze_ms")
"""Judged unless a user names others: few, since every row more makes each harder to find.

``fps`` is not among them: it falls as ``drop_ratio`` rises, and would ask the same twice.
"""

PRIMARY: Final = "g2g_ms.p50"
"""Tested first, unless a user names another: alone, so that the others do not blunt it."""

FEWEST: Final = 4
"""Trials a side: fewer give no interval that covers as often as one must."""

SHOWN: Final = ("fps", "uplink.bitrate_bps", "downlink.bitrate_bps")
"""Beside them for the reader, without a judgement."""

NOT_ASKED: Final = "shown, not judged"
NO_DIRECTION: Final = "neither direction of it is an improvement"


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one cell on both sides, in the metric's own unit.

    ``base`` and ``candidate`` are medians over valid trials; ``difference`` (candidate less base)
    with its interval is Hodges and Lehmann's, which need not be their difference. ``p_value`` is
    one-sided, towards the side that the difference points to; ``p_adjusted`` holds for the family.
    ``outcome`` is None, with the ``reason``, where nothing was judged. ``more_repeats`` a side
    would decide an inconclusive row; None where not even ``sample_size.MOST`` would, or nothing
    tells.
    ``confirmed`` is None unless a second set of trials was asked; ``primary``: tested first.
    """

    cell: str
    metric: str
    base_values: tuple[float, ...]
    candidate_values: tuple[float, ...]
    base: float | None = None
    candidate: float | None = None
    shift: Shift | None = None
    floor: EffectFloor | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    outcome: Outcome | None = None
    more_repeats: int | None = None
    reason: str = ""
    confirmed: bool | None = None
    primary: bool = False

    @property
    def judged(self) -> bool:
        """Whether it has an outcome."""
        return self.outcome is not None

    @property
    def worse(self) -> float | None:
        """The difference turned so that more is worse; None without a difference or direction."""
        if self.shift is None or METRICS[self.metric].direction == "neither":
            return None
        return self.shift.value if METRICS[self.metric].direction == "lower" else -self.shift.value


@dataclass(frozen=True, slots=True)
class Asked:
    """A comparison's request: ``metrics`` to judge (none: the usual), ``floors`` that a user set.

    ``primary`` is tested first, at the full level over its cells; the others after it, as a family
    of their own. Where it is not among the metrics, the first of them takes its place.
    ``noise``: by cell and metric, how large a difference runs of the same thing have shown.
    """

    metrics: tuple[str, ...] = ()
    floors: Mapping[str, Floor] | None = None
    noise: Mapping[tuple[str, str], float] | None = None
    primary: str = PRIMARY

    @property
    def judged(self) -> tuple[str, ...]:
        """The metrics that are judged, the primary one first."""
        names = self.metrics or JUDGED
        first = self.primary if self.primary in names else names[0]
        return (first, *(name for name in names if name != first))


def compare_trials(
    base: Sequence[TrialResult],
    candidate: Sequence[TrialResult],
    cells: Sequence[str],
    asked: Asked,
) -> tuple[Row, ...]:
    """Every row of ``cells``, cell by cell: judged metrics first, then those shown beside them."""
    judged = list(asked.judged)
    shown = [] if asked.metrics else list(SHOWN)
    rows = [_row(base, candidate, cell, name, asked) for cell in cells for name in judged + shown]
    rows = [replace(row, primary=row.metric == judged[0]) for row in rows]
    judgeable = [i for i, row in enumerate(rows) if row.metric in judged and _can_be_judged(row)]
    for first in (True, False):
        family = [i for i in judgeable if rows[i].primary is first]
        for i, outcome in zip(family, _judge([rows[i] for i in family]), strict=True):
            rows[i] = outcome
    for i, row in enumerate(rows):
        if i not in judgeable and not row.reason:
            known = METRICS[row.metric].direction != "neither"
            rows[i] = replace(row, reason=NOT_ASKED if known else NO_DIRECTION)
    return tuple(rows)


def status_of(rows: Sequence[Row]) -> Outcome:
    """The outcome of a comparison: a regression first, then doubt."""
    found = {row.outcome for row in rows}
    return next((outcome for outcome in OUTCOMES if outcome in found), "inconclusive")


def confirmed(row: Row, again: Row) -> Row:
    """A regression after a second set of trials: one that it does not show is inconclusive."""
    if again.outcome == "regression":
        return replace(row, confirmed=True)
    reason = f"a second set of trials does not confirm it: {again.outcome or again.reason}"
    return replace(row, outcome="inconclusive", confirmed=False, reason=reason)


def values_of(trials: Sequence[TrialResult], cell: str, metric: str) -> tuple[float, ...]:
    """One value a valid trial of the cell that measured the metric, in the order of the trials."""
    found = (_value(trial, metric) for trial in _valid(trials, cell))
    return tuple(value for value in found if value is not None)


def _row(
    base: Sequence[TrialResult],
    candidate: Sequence[TrialResult],
    cell: str,
    metric: str,
    asked: Asked,
) -> Row:
    sides = [values_of(trials, cell, metric) for trials in (base, candidate)]
    row = Row(
        cell,
        metric,
        sides[0],
        sides[1],
        base=median(sides[0]) if sides[0] else None,
        candidate=median(sides[1]) if sides[1] else None,
    )
    if row.base is None or row.candidate is None:
        missing = [
            f"{name}: {_why_missing(trials, cell, metric)}"
            for name, trials, values in zip(
                ("base", "candidate"), (base, candidate), sides, strict=True
            )
            if not values
        ]
        one_sided = len(missing) == 1
        # What only one side measured may be the very thing that went wrong.
        asked_for = metric in asked.judged
        outcome: Outcome | None = "inconclusive" if one_sided and asked_for else None
        return replace(row, reason="; ".join(missing), outcome=outcome)
    noise = (asked.noise or {}).get((cell, metric))
    floor = effect_floor((asked.floors or {}).get(metric), metric, row.base, noise)
    return replace(row, shift=shift(sides[0], sides[1]), floor=floor)


def _can_be_judged(row: Row) -> bool:
    return row.shift is not None and METRICS[row.metric].direction != "neither"


def _judge(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of a family with their p-values and outcomes."""
    tests = [_towards_worse(row) for row in rows]
    worse = holm([t.larger for t in tests], [t.least_larger for t in tests])
    better = holm([t.smaller for t in tests], [t.least_smaller for t in tests])
    family = max(size_of([t.least_larger for t in tests]), 1)
    for row, test, to_worse, to_better in zip(rows, tests, worse, better, strict=True):
        assert row.worse is not None
        points = row.worse >= 0
        known = replace(
            row,
            p_value=test.larger if points else test.smaller,
            p_adjusted=to_worse if points else to_better,
        )
        yield _decided(known, family)


def _towards_worse(row: Row) -> RankTest:
    """The test of a row, turned so that a larger value is worse."""
    if METRICS[row.metric].direction == "lower":
        return rank_test(row.base_values, row.candidate_values)
    return rank_test(
        [-value for value in row.base_values], [-value for value in row.candidate_values]
    )


def _decided(row: Row, family: int) -> Row:
    assert row.shift is not None
    assert row.floor is not None
    assert row.p_adjusted is not None
    assert row.worse is not None
    found, floor = row.shift, row.floor.value
    if found.trusted:
        apart = found.low > 0 or found.high < 0
        if apart and abs(found.value) > floor and row.p_adjusted <= LEVEL:
            return replace(row, outcome="regression" if row.worse > 0 else "improvement")
        if -floor <= found.low and found.high <= floor:
            return replace(row, outcome="no difference")
    more = more_repeats(row.base_values, row.candidate_values, found.value, floor, family)
    return replace(row, outcome="inconclusive", more_repeats=more, reason=_doubt(row, floor))


def _doubt(row: Row, floor: float) -> str:
    """Return why a row stays open."""
    assert row.shift is not None
    assert row.p_adjusted is not None
    found = row.shift
    if not found.trusted:
        sides = f"{len(row.base_values)} and {len(row.candidate_values)} trials"
        return f"{sides} can show nothing: {FEWEST} a side are the fewest"
    if found.low <= 0 <= found.high:
        return "the interval holds zero and passes the floor"
    if abs(found.value) <= floor:
        return "a difference within the floor, but the interval passes it"
    return f"beyond the floor, but not sure enough in this family (p {row.p_adjusted:.3f})"


def _why_missing(trials: Sequence[TrialResult], cell: str, metric: str) -> str:
    valid = _valid(trials, cell)
    if not valid:
        return "no valid trial"
    reasons = Counter(
        trial.metrics[metric].reason if metric in trial.metrics else "" for trial in valid
    )
    return reasons.most_common(1)[0][0] or "not measured"


def _valid(trials: Sequence[TrialResult], cell: str) -> list[TrialResult]:
    return counting(trial for trial in trials if trial.cell == cell)


def _value(trial: TrialResult, metric: str) -> float | None:
    found = trial.metrics.get(metric)
    return None if found is None else found.value
