"""View of one cell: words and numbers, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from g2gbench.analysis.result import CellResult, JudgedExpectation
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import NONE_COUNTS, counting, counts, values_of
from g2gbench.measure.registry import METRICS
from g2gbench.report.figures.strip import Strip
from g2gbench.report.text.headline import DEFAULT_CELL, short_cell, tried_before, why
from g2gbench.report.text.numbers import (
    DISPLAYED,
    KEY_METRICS,
    Scale,
    label,
    plural,
    scale,
    shown,
    single,
)
from g2gbench.report.views.baseline_view import NOTHING, Against
from g2gbench.statistics.median_interval import Estimate

OUTCOMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "delivered": ("delivered", "pass", "came back with a readable marker"),
    "dropped": ("dropped", "fail", "never came back"),
    "unreadable": ("unreadable", "odd", "came back without a readable marker"),
    "in_flight": ("in flight", "faint", "still on its way when the session ended"),
    "not_published": ("not published", "client", "refused by the SDK"),
    "before_live": ("before live", "edge", "captured before the first frame came back"),
}
"""Name, colour and meaning of each outcome."""

_PERCENTILES: Final = ("p50", "p90", "p95", "p99", "max")


@dataclass(frozen=True, slots=True)
class Tile:
    """A key number: ``state`` is pass, fail, invalid, null or empty.

    ``baseline`` says what it was in the run that this one was compared with, if any.
    """

    name: str
    meaning: str
    state: str
    value: str
    unit: str
    interval: str
    note: str
    baseline: str = ""


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """An expectation with what was measured; ``state`` is pass, fail or nodiff (not judged)."""

    text: str
    state: str
    value: str
    interval: str
    strip: str
    alt: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class MetricRow:
    """Any metric of a cell; ``reason`` says why there is no value, or what limits it."""

    name: str
    meaning: str
    value: str
    interval: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A planned trial: its key numbers where it was measured, and why it does not count.

    ``records`` is where its raw records are, seen from the report; empty for one that never ran.
    """

    repeat: int
    state: str
    status: str
    values: tuple[str, ...]
    why: str
    records: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Captured frames with one outcome."""

    name: str
    colour: str
    count: int
    meaning: str


def anchor(index: int) -> str:
    """The id of a cell's section."""
    return f"cell-{index}"


def name_of(cell: CellResult) -> str:
    """A cell's name for people; empty for the only cell of a run."""
    return "" if cell.cell == DEFAULT_CELL else short_cell(cell.cell)


def estimate_of(cell: CellResult, metric: str) -> tuple[Estimate, bool]:
    """The cell's value; where no trial counts, that of the trials that do not (True)."""
    estimate = cell.metrics[metric]
    if estimate.value is not None or counting(cell.trials):
        return estimate, False
    known = sorted(v for trial in cell.trials if (v := trial.value(metric)) is not None)
    if not known:
        return estimate, False
    return Estimate(median(known), known[0], known[-1], len(known), "range"), True


def tiles(cell: CellResult, compared: Against = NOTHING) -> list[Tile]:
    """The six key numbers of a cell, each beside that of the run it was compared with."""
    return [
        replace(_tile(cell, metric), baseline=compared.beside(cell.cell, metric))
        for metric in KEY_METRICS
    ]


def _tile(cell: CellResult, metric: str) -> Tile:
    estimate, borrowed = estimate_of(cell, metric)
    expectation = next((e for e in cell.expectations if e.metric == metric), None)
    limit = expectation.limit if expectation else None
    meaning = METRICS[metric].definition
    if estimate.value is None:
        return Tile(label(metric), meaning, "null", "not measured", "", "", estimate.reason)
    form = scale(metric, (estimate.value, estimate.low, estimate.high), limit)
    state, note = "", "no limit set"
    if expectation:
        note = f"limit {expectation.operator} {form.with_unit(form.limit(expectation.limit))}"
        state = {True: "pass", False: "fail", None: ""}[expectation.holds]
        if expectation.holds is None:
            note += ", not judged"
    if borrowed:
        note = "of trials that do not count"
    displayed = cell.value(DISPLAYED.get(metric, ""))
    if displayed is not None:
        note += f"; displayed {form.with_unit(form.number(displayed))}"
    if cell.status == "invalid" or borrowed:
        state = "invalid"
    return Tile(
        label(metric),
        meaning,
        state,
        form.number(estimate.value),
        form.unit,
        interval_words(metric, estimate, limit),
        note,
    )


def interval_words(metric: str, estimate: Estimate, limit: float | None = None) -> str:
    """``752 to 831 ms``, or that one trial has no interval."""
    if estimate.range is None or estimate.n < 2:
        return "one trial"
    _, low, high = estimate.range
    form = scale(metric, estimate.range, limit)
    return form.with_unit(f"{form.number(low)} to {form.number(high)}")


def interval_note(cell: CellResult) -> str:
    """Return the meaning of a cell's intervals, and the causes of a wide spread."""
    return f"{_interval_words(cell)} {spread_words(cell)}".rstrip()


def spread_words(cell: CellResult) -> str:
    """Return why the trials of a cell lie apart; empty where they do not."""
    return "" if cell.spread is None else cell.spread.text


def _interval_words(cell: CellResult) -> str:
    valid = len(counting(cell.trials))
    if not valid:
        return "No trial counts, so there is neither a value nor an interval to judge."
    if valid == 1:
        return (
            "Value: that of the one valid trial. One trial has no interval: how much another "
            "run would differ is not known."
        )
    coverages = [m.coverage for m in cell.metrics.values() if m.coverage]
    if coverages:
        return (
            f"Value: the median of {valid} trials. Below it: an interval of order statistics over "
            f"trials that covers the true median with {max(coverages):.1%} confidence."
        )
    return (
        f"Value: the median of {valid} trials. Below it: the smallest and the largest trial; so "
        "few trials give no interval of known confidence."
    )


def expectations(cell: CellResult) -> list[ExpectationRow]:
    """The expectations of a cell, as the scenario spells them."""
    return [_expectation(cell, expectation) for expectation in cell.expectations]


def _expectation(cell: CellResult, e: JudgedExpectation) -> ExpectationRow:
    metric, limit, holds = e.metric, e.limit, e.holds
    estimate = cell.metrics[metric]
    value, interval = shown(metric, estimate, limit)
    trials = values_of(cell, metric)
    strip = Strip(trials, e.value, e.low, e.high, e.operator, limit, holds)
    form = scale(metric, (*trials, limit))
    values = ", ".join(form.number(trial) for trial in trials) or "none"
    outcome = {True: "holds", False: "does not hold", None: "not judged"}[holds]
    note = "close: the interval crosses the limit" if e.close else e.reason
    bound = form.with_unit(form.limit(limit))
    return ExpectationRow(
        text=e.text,
        state={True: "pass", False: "fail", None: "nodiff"}[holds],
        value=value,
        interval=interval,
        strip=strip.svg(),
        alt=f"{label(metric)}: trials {values}; limit {bound}; {outcome}",
        outcome=outcome,
        note=note,
    )


def metrics(cell: CellResult) -> list[MetricRow]:
    """Every metric of a cell."""
    rows = []
    for name, estimate in cell.metrics.items():
        value, interval = shown(name, estimate)
        meaning = METRICS[name].definition if name in METRICS else ""
        reason = estimate.reason
        rows.append(MetricRow(name, meaning, value, interval, estimate.n, reason))
    return rows


def unmeasured(cell: CellResult) -> int:
    """Return how many metrics have no value."""
    return sum(estimate.value is None for estimate in cell.metrics.values())


def trial_rows(
    cell: CellResult, planned: int, records: Mapping[int, str] | None = None
) -> list[TrialRow]:
    """Every planned trial of a cell, those that never ran too.

    ``records`` has the place of the raw records of each repeat, seen from the report.
    """
    places = records or {}
    rows = [_trial_row(trial, places.get(trial.repeat, "")) for trial in cell.trials]
    known = {row.repeat for row in rows}
    rows += [
        TrialRow(i, "nodiff", "not run", ("–",) * len(KEY_METRICS), "the run ended before it")
        for i in range(planned)
        if i not in known
    ]
    return sorted(rows, key=lambda row: row.repeat)


def _trial_row(trial: TrialResult, records: str) -> TrialRow:
    values = tuple(single(name, trial.value(name)) for name in KEY_METRICS)
    ok = counts(trial)
    state = "pass" if ok else trial.status
    status, reason = ("valid", "") if ok else (trial.status, why(trial))
    reason = "; ".join(filter(None, (reason, tried_before(trial))))
    return TrialRow(trial.repeat, state, status, values, reason, records)


def outcomes(cell: CellResult) -> tuple[list[OutcomeRow], str]:
    """Frames by outcome over the trials that count, else over all; and which trials those are."""
    valid = counting(cell.trials)
    counted = valid or cell.trials
    rows = [
        OutcomeRow(words, colour, sum(t.frames.get(name, 0) for t in counted), meaning)
        for name, (words, colour, meaning) in OUTCOMES.items()
    ]
    captured = sum(trial.frames.get("captured", 0) for trial in counted)
    kind = "valid trial" if valid else "trial"
    sentence = f"{captured} frames captured in the steady state of {plural(len(counted), kind)}"
    return rows, sentence if valid else f"{sentence}.{NONE_COUNTS}"


def percentiles(cell: CellResult, family: str = "g2g_ms") -> list[tuple[str, str, str, str]]:
    """Name, value and interval of the percentiles of g2g, in ms; a dash where there is none."""
    rows = []
    for name in _PERCENTILES:
        estimate = cell.metrics[f"{family}.{name}"]
        value = estimate.value
        low, high = (None, None) if estimate.n < 2 else (estimate.low, estimate.high)
        form = scale(f"{family}.{name}", (value, low, high))
        if form.unit != "ms":
            form = Scale("ms")
        texts = ["–" if number is None else form.number(number) for number in (value, low, high)]
        rows.append((name, texts[0], texts[1], texts[2]))
    return rows


def displayed_percentiles(cell: CellResult) -> list[tuple[str, str, str, str]]:
    """The same of displayed g2g; empty where nothing was on display."""
    if cell.value("g2g_displayed_ms.min") is None:
        return []
    return percentiles(cell, "g2g_displayed_ms")


def remark_on_display(cell: CellResult) -> str:
    """Return how displayed g2g is to be read where that is not plain; else nothing."""
    found = cell.metrics["g2g_displayed_ms.p50"]
    reason = found.reason if found.value is not None else None
    return f"displayed: {reason}" if reason else ""


def remarks_on_display(cells: Sequence[CellResult]) -> list[str]:
    """The remarks of all cells, each once, with the cells that it is on where there are several."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if remark := remark_on_display(cell):
            found.setdefault(remark, []).append(name_of(cell))
    if len(cells) == 1:
        return list(found)
    return [f"{remark} ({'; '.join(names)})" for remark, names in found.items()]


def missing_percentiles(cell: CellResult) -> list[str]:
    """Return why a percentile has no value."""
    return [
        f"{name} not measured: {cell.metrics[f'g2g_ms.{name}'].reason}"
        for name in _PERCENTILES
        if cell.value(f"g2g_ms.{name}") is None
    ]
