"""Verdicts: expectations judged on a cell's values, the status of cells and of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol, TypeAlias

from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import counting
from g2gbench.errors import ExitCode
from g2gbench.measure.records import Scalar
from g2gbench.measure.registry import METRICS
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings
from g2gbench.statistics.median_interval import Estimate, aggregate

CellStatus: TypeAlias = Literal["pass", "fail", "invalid", "interrupted"]
RunStatus: TypeAlias = Literal["pass", "fail", "invalid", "unreachable", "fault", "interrupted"]
NotJudged: TypeAlias = Literal["", "too_short", "too_few_trials"]
"""Why an expectation was not judged, where a report says what to do about it."""

TRIALS_TO_JUDGE: Final = 3
"""A cell needs this many valid trials to be judged, or all that were asked for if fewer were."""

EXIT_CODES: Final[Mapping[RunStatus, ExitCode]] = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "invalid": ExitCode.INVALID,
    "unreachable": ExitCode.UNREACHABLE,
    "fault": ExitCode.FAULT,
    "interrupted": ExitCode.INTERRUPTED,
}


class Expectation(Protocol):
    """An expectation of the scenario, as far as a verdict needs it."""

    @property
    def text(self) -> str:
        """As written."""

    @property
    def metric(self) -> str:
        """A name of the registry."""

    @property
    def operator(self) -> str:
        """One of < <= > >= == !=."""

    @property
    def limit(self) -> float:
        """In the metric's own unit."""

    def holds(self, value: float) -> bool:
        """Return whether a value meets it."""


@dataclass(frozen=True, slots=True)
class CellPlan:
    """Plan of a cell: ``settings`` are the varied fields with their values as written.

    ``slug`` is its name as a directory; without one it is made from the cell's name. ``judging`` is
    what verdicts on its sessions are taken with.
    """

    cell: str
    repeat: int
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    expectations: Sequence[Expectation] = ()
    slug: str = ""
    judging: Settings = DEFAULT_SETTINGS

    @property
    def trials_needed(self) -> int:
        """Number of valid trials that it takes to judge the cell."""
        return min(self.repeat, TRIALS_TO_JUDGE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expectation held against a cell's value.

    ``holds`` is None, with the ``reason`` and its ``code``, when it was not judged. ``close``: the
    interval of the value crosses the limit, so that another run may come out the other way.
    """

    expectation: Expectation
    estimate: Estimate
    holds: bool | None
    close: bool = False
    reason: str = ""
    code: NotJudged = ""


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """A cell's values over its valid trials, and what its expectations say of them."""

    plan: CellPlan
    status: CellStatus
    invalid_because: tuple[str, ...]
    trials: tuple[TrialResult, ...]
    estimates: Mapping[str, Estimate]
    judgements: tuple[Judgement, ...]

    @property
    def decisive(self) -> TrialResult | None:
        """The first valid trial whose quality is the cell's; None where no quality is known."""
        value = self.estimates["quality"].value
        same = (
            trial
            for trial in counting(self.trials)
            if "quality" in trial.metrics and trial.metrics["quality"].value == value
        )
        return None if value is None else next(same, None)


def judge_cell(
    plan: CellPlan, trials: Sequence[TrialResult], *, interrupted: bool = False
) -> CellVerdict:
    """The verdict on one cell; an interrupted run judges no expectation."""
    valid = counting(trials)
    estimates = {name: _estimate(name, valid) for name in METRICS}
    too_few = len(valid) < plan.trials_needed
    refusal = ""
    if interrupted:
        refusal = "the run was interrupted"
    elif too_few:
        refusal = f"needs {plan.trials_needed} valid trial(s), has {len(valid)}"
    judgements = tuple(
        Judgement(e, estimates[e.metric], None, reason=refusal)
        if refusal
        else _judge(e, estimates[e.metric], plan.trials_needed)
        for e in plan.expectations
    )
    reasons = _reasons(plan, trials, valid) if too_few else ()
    reasons += tuple(
        f"{j.expectation.text}: {j.reason}" for j in judgements if j.holds is None and not refusal
    )
    status: CellStatus = "pass"
    if interrupted:
        status = "interrupted"
    elif reasons:
        status = "invalid"
    elif any(not judgement.holds for judgement in judgements):
        status = "fail"
    return CellVerdict(plan, status, reasons, tuple(trials), estimates, judgements)


def run_status(cells: Sequence[CellVerdict], *, interrupted: bool = False) -> RunStatus:
    """The status of a run, by the precedence of its exit codes."""
    trials = [trial for cell in cells for trial in cell.trials]
    if interrupted:
        return "interrupted"
    if trials and all(trial.status == "unreachable" for trial in trials):
        return "unreachable"
    if trials and all(trial.status == "fault" for trial in trials):
        return "fault"
    if any(cell.status == "fail" for cell in cells):
        return "fail"
    if not cells or any(cell.status != "pass" for cell in cells):
        return "invalid"
    return "pass"


def _estimate(name: str, valid: Sequence[TrialResult]) -> Estimate:
    values = [trial.metrics[name] for trial in valid if name in trial.metrics]
    measured = [value.value for value in values if value.value is not None]
    reasons = Counter((value.reason, value.code) for value in values if value.value is None)
    usual, code = reasons.most_common(1)[0][0] if reasons else ("no valid trial measured it", "")
    estimate = aggregate(measured, reason=usual, ordinal=METRICS[name].unit == "level")
    if estimate.value is None:
        estimate = replace(estimate, code=code)
    remarks = {value.reason for value in values if value.value is not None}
    # What holds of every trial holds of the cell.
    return replace(estimate, reason=remarks.pop()) if len(remarks) == 1 else estimate


def _judge(expectation: Expectation, estimate: Estimate, needed: int) -> Judgement:
    if estimate.value is None:
        code = estimate.code if estimate.code == "too_short" else ""
        return Judgement(expectation, estimate, None, reason=estimate.reason, code=code)
    if estimate.n < needed:
        reason = f"measured in {estimate.n} trial(s), needs {needed}"
        return Judgement(expectation, estimate, None, reason=reason, code="too_few_trials")
    return Judgement(
        expectation, estimate, expectation.holds(estimate.value), _close(expectation, estimate)
    )


def _close(expectation: Expectation, estimate: Estimate) -> bool:
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return False
    if expectation.operator in ("==", "!="):
        return estimate.low <= expectation.limit <= estimate.high
    return expectation.holds(estimate.low) != expectation.holds(estimate.high)


def _reasons(
    plan: CellPlan, trials: Sequence[TrialResult], valid: Sequence[TrialResult]
) -> tuple[str, ...]:
    """Return why a cell has too few valid trials, the causes after the count."""
    causes = [f"repeat {t.repeat}: {_cause(t)}" for t in trials if t.status != "ok"]
    needed = f"{len(valid)} valid trial(s) of {len(trials)}, {plan.trials_needed} needed"
    return (needed, *causes)


def _cause(trial: TrialResult) -> str:
    return "; ".join(trial.invalid_because) or trial.message or trial.status
