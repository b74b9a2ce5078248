"""The checks of validity of a run, each with its worst trial beside its limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.check import Check
from g2gbench.measure.checks import CHECKS, CheckKind, limit_text
from g2gbench.report.text.numbers import NOT_MEASURED, plural
from g2gbench.store.reading import Run


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check over all trials of a run; ``state`` is pass, fail or nodiff."""

    name: str
    worst: str
    bound: str
    state: str
    outcome: str
    meaning: str


def checks(run: Run) -> list[CheckRow]:
    """Every kind of check with the worst trial's value; those of pages where a client was one."""
    found = [check for trial in run.trials for check in trial.checks]
    return list(_rows(found))


def values(trials: Iterable[TrialResult], metric: str) -> list[float]:
    """A metric's values in the trials that measured it."""
    found = (trial.value(metric) for trial in trials)
    return [value for value in found if value is not None]


def _rows(found: Sequence[Check]) -> Iterator[CheckRow]:
    for kind in CHECKS:
        these = [check for check in found if kind.has(check)]
        judged = [check for check in these if check.value is not None]
        if judged:
            yield _row(kind, max(judged, key=_severity))
        elif these or not kind.page:
            worst = "not judged" if these else NOT_MEASURED
            meaning = f"{kind.meaning} {kind.unless}".strip()
            yield CheckRow(kind.title, worst, limit_text(kind), "nodiff", NOT_MEASURED, meaning)


def _severity(check: Check) -> tuple[bool, float, float]:
    """Return the sort key: exceeded limits first, then the share of its limit that is used."""
    value = check.value or 0.0
    return not check.ok, value / check.limit if check.limit else value, value


def _row(kind: CheckKind, worst: Check) -> CheckRow:
    about = worst.check[len(kind.id) + 1 :].replace("_", " ")
    value = max(0.0, worst.value or 0.0)
    shown = _amount(value, kind.unit)
    state, outcome = ("pass", "within") if worst.ok else ("fail", "exceeded")
    text = f"{about}, {shown}" if about and value else shown
    return CheckRow(kind.title, text, limit_text(kind), state, outcome, kind.meaning)


def _amount(value: float, unit: str) -> str:
    if unit == "ratio":
        return f"{value:.1%}"
    if unit == "bytes":
        return f"{value / 2**20:.1f} MiB"
    if unit in ("frames", "packets"):
        return plural(round(value), unit.removesuffix("s"))
    if unit == "count":
        return f"{value:.0f}"
    if unit == "ms":
        digits = 2 if value < 1 else 3
        return f"{value:.0f} ms" if value >= 100 else f"{value:.{digits}g} ms"
    return f"{value:.2f}" if unit == "factor" else f"{value:.2f} {unit}"
