"""Result of one trial as plain data: the input of every analysis over trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from g2gbench.measure.accounting import StageCount
from g2gbench.measure.check import Check
from g2gbench.measure.evaluate import Evaluation
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.metric_value import Value
from g2gbench.measure.phases import Phase, Recovery
from g2gbench.measure.records import Cause
from g2gbench.statistics.block_bootstrap import WithinTrial, percentile_interval

TrialStatus: TypeAlias = Literal["ok", "invalid", "unreachable", "interrupted", "failed", "fault"]
"""``ok``: measured and valid; ``failed``: ended by an error of its own, nothing is concluded;
``fault``: one of the instrument's own processes could not start."""

TRIAL_STATUSES: Final[tuple[TrialStatus, ...]] = get_args(TrialStatus)

STATUS_OF_ENDING: Final[Mapping[str, TrialStatus]] = {
    "complete": "ok",
    "interrupted": "interrupted",
    "unreachable": "unreachable",
    "failed": "failed",
    "fault": "fault",
}
"""By the reason of the journal's last record."""

PERCENTILES: Final[Mapping[str, int]] = {"g2g_ms.p50": 50, "g2g_ms.p90": 90, "g2g_ms.p95": 95}
"""Metrics that have an interval within their trial."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier attempt at a trial, which counts for nothing and is kept.

    ``path`` is its directory, within that of the run.
    """

    path: str
    status: TrialStatus
    message: str = ""
    invalid_because: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, object]:
        """As data that JSON can hold."""
        return {**asdict(self), "invalid_because": list(self.invalid_because)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Attempt:
        """Read back what ``as_plain`` gave; raises KeyError or TypeError for anything else."""
        return cls(**{**data, "invalid_because": tuple(data["invalid_because"])})


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One trial of a cell: its frames by outcome, its readings by kind, and every metric.

    ``checks`` are those of validity, passed ones too; ``invalid_because`` the texts of the others.
    ``message`` says how a session ended that did not end as planned, ``cause`` what kind of ending
    that was. ``limiting_factor`` and ``quality_reasons`` are those of the metric ``quality``.
    ``attempts`` were made before this one, the first one first. ``within`` says how steady a
    percentile is within this one session, by metric.
    """

    cell: str
    repeat: int
    status: TrialStatus
    message: str = ""
    cause: Cause = ""
    invalid_because: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    frames: Mapping[str, int] = field(default_factory=dict)
    readings: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, Value] = field(default_factory=dict)
    accounting: tuple[StageCount, ...] = ()
    phases: tuple[Phase, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    limiting_factor: str | None = None
    quality_reasons: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    within: Mapping[str, WithinTrial] = field(default_factory=dict)

    def value(self, metric: str) -> float | None:
        """Return its value; None where it has none, or the metric is not known to the run."""
        return self.metrics[metric].value if metric in self.metrics else None

    def as_plain(self) -> dict[str, object]:
        """As data that JSON can hold; None stands for a number that is not finite."""
        return {
            "cell": self.cell,
            "repeat": self.repeat,
            "status": self.status,
            "message": self.message,
            "cause": self.cause,
            "invalid_because": list(self.invalid_because),
            "checks": [_plain_check(check) for check in self.checks],
            "frames": dict(self.frames),
            "readings": dict(self.readings),
            "metrics": {name: plain_value(value) for name, value in self.metrics.items()},
            "accounting": [asdict(stage) for stage in self.accounting],
            "phases": [_plain_phase(phase) for phase in self.phases],
            "recoveries": [_plain_recovery(one) for one in self.recoveries],
            "limiting_factor": self.limiting_factor,
            "quality_reasons": list(self.quality_reasons),
            "attempts": [attempt.as_plain() for attempt in self.attempts],
            "within_trial": {name: asdict(one) for name, one in self.within.items()},
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> TrialResult:
        """Read back what ``as_plain`` gave; raises KeyError or TypeError for anything else."""
        return cls(
            cell=data["cell"],
            repeat=data["repeat"],
            status=data["status"],
            message=data["message"],
            cause=data.get("cause", ""),
            invalid_because=tuple(data["invalid_because"]),
            checks=tuple(Check.from_plain(one) for one in data.get("checks", ())),
            frames=data["frames"],
            readings=data["readings"],
            metrics=_values(data["metrics"]),
            accounting=tuple(StageCount(**stage) for stage in data["accounting"]),
            phases=tuple(
                Phase(**{**phase, "metrics": _values(phase["metrics"])})
                for phase in data.get("phases", ())
            ),
            recoveries=tuple(
                Recovery(**{**one, **_values({k: one[k] for k in _RECOVERY_VALUES if k in one})})
                for one in data.get("recoveries", ())
            ),
            limiting_factor=data.get("limiting_factor"),
            quality_reasons=tuple(data.get("quality_reasons", ())),
            attempts=tuple(Attempt.from_plain(one) for one in data.get("attempts", ())),
            within={n: WithinTrial(**one) for n, one in data.get("within_trial", {}).items()},
        )


def trial_result(
    cell: str,
    repeat: int,
    status: TrialStatus,
    evaluation: Evaluation,
    message: str = "",
    cause: Cause = "",
) -> TrialResult:
    """The result of an evaluated session; one that is ``ok`` but not valid becomes ``invalid``."""
    if status == "ok" and evaluation.invalid_because:
        status = "invalid"
    return TrialResult(
        cell=cell,
        repeat=repeat,
        status=status,
        message=message,
        cause=cause,
        invalid_because=evaluation.invalid_because,
        checks=evaluation.checks,
        frames=evaluation.ledger.frames(),
        readings=evaluation.ledger.counts(),
        metrics=evaluation.metrics,
        accounting=evaluation.accounting,
        phases=evaluation.phases,
        recoveries=evaluation.recoveries,
        limiting_factor=evaluation.quality.limiting_factor,
        quality_reasons=evaluation.quality.reasons,
        within=_within(evaluation.metrics, evaluation.ledger, seed=repeat),
    )


def _within(
    metrics: Mapping[str, Value], ledger: Ledger, *, seed: int
) -> Mapping[str, WithinTrial]:
    """The intervals of those percentiles that were measured, from the frames of the metrics."""
    frames = ledger.g2g_ms[ledger.steady & (ledger.outcome == DELIVERED)]
    return {
        name: percentile_interval(frames, q, seed=seed)
        for name, q in PERCENTILES.items()
        if name in metrics and metrics[name].value is not None
    }


_RECOVERY_VALUES: Final = (
    "g2g_ms",
    "bitrate_ms",
    "both_ms",
    "overshoot_ms",
    "settled_ms",
    "full_size_ms",
    "full_bitrate_ms",
    "sharp_ms",
)


def _plain_check(check: Check) -> dict[str, Any]:
    return {**check.as_plain(), "value": finite(check.value)}


def _plain_phase(phase: Phase) -> dict[str, object]:
    metrics = {name: plain_value(value) for name, value in phase.metrics.items()}
    return {**asdict(phase), "metrics": metrics}


def _plain_recovery(one: Recovery) -> dict[str, object]:
    values = {name: plain_value(getattr(one, name)) for name in _RECOVERY_VALUES}
    return {**asdict(one), **values}


def _values(data: Mapping[str, Any]) -> dict[str, Value]:
    """Values by name, read back from what ``plain_value`` gave."""
    return {
        name: Value(value["value"], value.get("reason", ""), value["n"], value.get("code", ""))
        for name, value in data.items()
    }


def plain_value(value: Value) -> dict[str, object]:
    """A value with its n, and the reason with its code where there is one."""
    data: dict[str, object] = {"value": finite(value.value), "n": value.n}
    named = {"reason": value.reason, "code": value.code}
    return data | {name: text for name, text in named.items() if text}


def finite(number: float | None) -> float | None:
    """The number as a plain float; None when it is None, infinite or not a number."""
    return float(number) if number is not None and math.isfinite(number) else None
