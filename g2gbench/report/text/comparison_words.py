"""A comparison in words and numbers: what its page, its Markdown and its terminal table say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from g2gbench.analysis.comparison import OUTCOMES, Outcome, Row
from g2gbench.measure.registry import METRICS
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import NOT_MEASURED, Scale, label, plural, scale
from g2gbench.statistics.sample_size import MOST
from g2gbench.store.comparing import Comparison

MARKS: Final[Mapping[Outcome | None, str]] = {
    "regression": "x",
    "inconclusive": "?",
    "improvement": "+",
    "no difference": "=",
    None: " ",
}
_ORDER: Final[Mapping[Outcome | None, int]] = {**{o: i for i, o in enumerate(OUTCOMES)}, None: 9}
_FLOORS: Final = {"noise": "this machine's noise", "user": "as asked", "default": "the usual one"}


@dataclass(frozen=True, slots=True)
class RowWords:
    """A row as people read it; numbers without a unit where ``unit`` is beside them."""

    row: Row
    metric: str
    cell: str
    base: str
    candidate: str
    difference: str
    interval: str
    floor: str
    floor_source: str
    unit: str
    outcome: str
    note: str

    @property
    def span(self) -> str:
        """Interval and floor in one."""
        return f"{self.interval} floor {self.floor}" if self.floor else ""


@dataclass(frozen=True, slots=True)
class Words:
    """The head of a comparison: its status, one sentence, and what is behind it."""

    status: Outcome
    sentence: str
    lines: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]


def rows_in_order(comparison: Comparison) -> list[RowWords]:
    """Every row, what needs a look first; rows of one outcome stay in their order."""
    rows = sorted(comparison.rows, key=lambda row: _ORDER[row.outcome])
    return [row_words(row) for row in rows]


def row_words(row: Row) -> RowWords:
    """A row as people read it: all its numbers on one scale."""
    form = _scale(row)
    found, floor = row.shift, row.floor
    return RowWords(
        row=row,
        metric=label(row.metric),
        cell=short_cell(row.cell),
        base=_value(form, row.base),
        candidate=_value(form, row.candidate),
        difference="–" if found is None else form.with_unit(signed(form, found.value)),
        interval="" if found is None else interval(form, found.low, found.high),
        floor="" if floor is None else form.limit(float(f"{floor.value:.3g}")),
        floor_source="" if floor is None else _FLOORS[floor.source],
        unit=form.unit,
        outcome=row.outcome or "not judged",
        note=note(row),
    )


def signed(form: Scale, value: float) -> str:
    """A difference with its sign; none where it shows as zero."""
    shown = form.number(value)
    return f"+{shown}" if value > 0 and float(shown.replace("−", "-")) else shown


def interval(form: Scale, low: float, high: float) -> str:
    """``[+42, +80]``."""
    return f"[{signed(form, low)}, {signed(form, high)}]"


def note(row: Row) -> str:
    """Return an outcome's note: its reason, and how many repeats would decide."""
    if row.confirmed:
        return "confirmed by a second set of trials"
    if row.outcome != "inconclusive" or row.shift is None:
        return row.reason
    if row.more_repeats is None:
        several = min(len(row.base_values), len(row.candidate_values)) > 1
        more = f"not even {MOST} a side would decide" if several else "one trial tells no spread"
    else:
        more = f"about {plural(row.more_repeats, 'more repeat')} a side would decide"
    return f"{row.reason}; {more}"


def words(comparison: Comparison) -> Words:
    """The head of a comparison."""
    judged = [row for row in comparison.rows if row.judged]
    counts = Counter(row.outcome for row in judged)
    status = comparison.status
    first = [row for row in judged if row.outcome == status]
    several = len({row.cell for row in comparison.rows}) > 1
    return Words(
        status=status,
        sentence=_sentence(comparison, status, first, several),
        lines=tuple(_lines(comparison, status, first)),
        counts=tuple((outcome, counts[outcome]) for outcome in OUTCOMES),
    )


def _sentence(comparison: Comparison, status: Outcome, first: list[Row], several: bool) -> str:
    if not comparison.compared:
        return "nothing could be compared"
    if status == "no difference":
        return "nothing that is judged differs beyond its effect floor"
    if status == "inconclusive":
        names = list(dict.fromkeys(label(row.metric) for row in first))
        return f"whether {_listed(names)} changed cannot be told from these trials"
    row = max(first, key=_size)
    assert row.shift is not None
    form = _scale(row)
    verb = "rose" if row.shift.value > 0 else "fell"
    size = form.with_unit(form.number(abs(row.shift.value)))
    where = f" with {short_cell(row.cell)}" if several else ""
    return f"{label(row.metric)} {verb} by {size}{where}"


def _lines(comparison: Comparison, status: Outcome, first: list[Row]) -> Iterator[str]:
    measured = [row for row in first if row.shift is not None]
    if status in ("regression", "improvement"):
        row = max(measured, key=_size)
        words = row_words(row)
        yield (
            f"From {words.base} to {words.candidate}, "
            + f"difference {words.interval} {words.unit}".rstrip()
            + f", effect floor {words.floor} {words.unit}".rstrip()
            + (". Confirmed by a second set of trials." if row.confirmed else ".")
        )
    counts = Counter(row.outcome for row in comparison.rows if row.judged)
    parts = [counted(o, counts[o]) for o in OUTCOMES if counts[o]]
    if parts:
        rows = f"{plural(sum(counts.values()), 'row')}: {', '.join(parts)}"
        yield f"{rows}. {trials_line(comparison)}"
    else:
        yield trials_line(comparison)
    if comparison.unlike:
        names = ", ".join(dict.fromkeys(one.name for one in comparison.unlike))
        yield f"The two runs are not alike, and were compared all the same: {names}."
    if comparison.left_out:
        yield f"Measured on one side alone, and left out: {', '.join(comparison.left_out)}."


def counted(outcome: Outcome, count: int) -> str:
    """``2 regressions``, ``1 inconclusive``."""
    several = outcome in ("regression", "improvement")
    return plural(count, outcome) if several else f"{count} {outcome}"


def trials_line(comparison: Comparison) -> str:
    """Return how many valid trials there are on either side."""
    sides = []
    for run in (comparison.base, comparison.candidate):
        shared = {row.cell for row in comparison.rows}
        counts = [
            sum(t.status == "ok" for t in run.trials if t.cell == cell) for cell in sorted(shared)
        ]
        few, most = min(counts, default=0), max(counts, default=0)
        sides.append(str(few) if few == most else f"{few} to {most}")
    each = " of each cell" if len({row.cell for row in comparison.rows}) > 1 else ""
    return f"Valid trials{each}: {sides[0]} of the base, {sides[1]} of the candidate."


def _size(row: Row) -> float:
    """Return how many effect floors large a difference is."""
    if row.shift is None or row.floor is None or not row.floor.value:
        return 0.0
    return abs(row.shift.value) / row.floor.value


def _scale(row: Row) -> Scale:
    """One scale for both values and their difference; a level's difference is a number."""
    found = row.shift
    form = scale(row.metric, (row.base, row.candidate))
    if found is not None and METRICS[row.metric].unit != "level":
        largest = max(abs(found.value), abs(found.low), abs(found.high)) / form.divisor
        # What a whole number would hide: a difference below ten of what is shown.
        while largest and largest * 10**form.decimals < 10 and form.decimals < 3:
            form = replace(form, decimals=form.decimals + 1)
    return replace(form, words=()) if METRICS[row.metric].unit == "level" else form


def _value(form: Scale, value: float | None) -> str:
    return NOT_MEASURED if value is None else form.with_unit(form.number(value))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
