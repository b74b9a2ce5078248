"""Sessions from a model: what trials of one and the same thing look like, or of a slower one.

A frame's g2g is the level of its session times what its neighbours share. Levels scatter from
session to session (``spread``, a share of the level); now and then a whole session is slow, as the
machine under it is. Within a session there are two memories, as sessions of the loopback show them:
a short one of a few frames, and a longer one of about a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.analysis.comparison import JUDGED, Asked, Outcome, Row, compare_trials, status_of
from g2gbench.analysis.effect_floors import Floor
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.metric_value import Value

FloatArray = npt.NDArray[np.float64]

FRAMES: Final = 600
MEMORIES: Final = ((0.6, 0.7), (0.98, 0.3))
"""Correlation of a frame with the one before, and the share of the variance that has it."""

WITHIN: Final = 0.07
"""Standard deviation of a session's frames, as a share of its level."""

SLOW: Final = (0.05, 0.10)
"""How often a session is slow as a whole, and by which share."""


USUAL: Final = Asked()
NO_FLOORS: Final = Asked(floors={name: Floor() for name in JUDGED})
"""The test alone: any difference matters."""


@dataclass(frozen=True, slots=True)
class Model:
    """A thing to measure: ``level_ms`` of g2g, scattering by ``spread`` from session to session.

    ``lossy``: some frames are lost and the picture freezes now and then; else nothing is lost.
    """

    level_ms: float = 150.0
    spread: float = 0.02
    ttff_ms: float = 600.0
    lossy: bool = False


def correlated(sessions: int, frames: int, phi: float, rng: np.random.Generator) -> FloatArray:
    """Standard normal series of shape (sessions, frames), each correlated with the one before."""
    drawn = rng.normal(size=(sessions, frames))
    fresh = np.sqrt(1 - phi**2)
    for t in range(1, frames):
        drawn[:, t] = phi * drawn[:, t - 1] + fresh * drawn[:, t]
    return drawn


def sessions(model: Model, count: int, rng: np.random.Generator) -> FloatArray:
    """g2g in ms of ``count`` sessions: an array of shape (count, FRAMES)."""
    often, by = SLOW
    level = 1 + model.spread * rng.normal(size=count) + by * (rng.random(count) < often)
    noise = sum(np.sqrt(share) * correlated(count, FRAMES, phi, rng) for phi, share in MEMORIES)
    found: FloatArray = model.level_ms * level[:, None] * np.exp(WITHIN * noise)
    return found


def trials(model: Model, count: int, rng: np.random.Generator) -> list[TrialResult]:
    """So many trials, with the metrics that are judged unless others are named."""
    frames = sessions(model, count, rng)
    p50, p95 = np.percentile(frames, [50, 95], axis=1)
    ttff = model.ttff_ms * np.exp(0.12 * rng.normal(size=count))
    lost = rng.binomial(FRAMES, 0.01 * rng.gamma(2, 0.5, count)) if model.lossy else np.zeros(count)
    freezes = rng.gamma(1.5, 200, count) * (rng.random(count) < 0.6) if model.lossy else lost
    columns = {
        "g2g_ms.p50": p50,
        "g2g_ms.p95": p95,
        "ttff_ms": ttff,
        "drop_ratio": lost / FRAMES,
        "freeze_ms": freezes,
    }
    return [
        TrialResult("default", i, "ok", metrics={n: Value(float(v[i])) for n, v in columns.items()})
        for i in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Said:
    """How often comparisons of ``pairs`` said what: of all rows, and of the one that moved."""

    pairs: int
    outcomes: Mapping[Outcome, int]
    alarms: int
    differences: int
    found: int
    decided_later: tuple[int, int] = (0, 0)


def compare_pairs(
    base: Model,
    candidate: Model,
    n: int,
    pairs: int,
    *,
    seed: int,
    metric: str = "g2g_ms.p50",
    follow_up: bool = True,
    asked: Asked = USUAL,
) -> Said:
    """Compare ``pairs`` pairs of ``n`` trials a side; ``metric`` is the one that may have moved.

    Where the row is inconclusive and tells a number of repeats, a ``follow_up`` adds so many and
    compares again: ``decided_later`` is (how often it was then decided, of how many).
    """
    rng = np.random.default_rng(seed)
    every = [trials(model, n * pairs, rng) for model in (base, candidate)]
    counts: Counter[Outcome] = Counter()
    alarms = differences = found = later = tried = 0
    for i in range(pairs):
        sides = [side[i * n : (i + 1) * n] for side in every]
        rows = compare_trials(sides[0], sides[1], ["default"], asked)
        said = {row.outcome for row in rows}
        counts[status_of(rows)] += 1
        alarms += "regression" in said
        differences += bool(said & {"regression", "improvement"})
        row = _row(rows, metric)
        found += row.outcome == "regression"
        if follow_up and row.outcome == "inconclusive" and row.more_repeats:
            more = [trials(model, row.more_repeats, rng) for model in (base, candidate)]
            longer = [[*side, *added] for side, added in zip(sides, more, strict=True)]
            again = compare_trials(longer[0], longer[1], ["default"], asked)
            tried += 1
            later += _row(again, metric).outcome != "inconclusive"
    return Said(pairs, counts, alarms, differences, found, (later, tried))


def _row(rows: Sequence[Row], metric: str) -> Row:
    return next(row for row in rows if row.metric == metric)


def of_recorded(
    runs: Sequence[Sequence[TrialResult]], n: int, pairs: int, *, seed: int
) -> tuple[int, int]:
    """A/A comparisons of recorded trials of one thing, dealt out by chance: (alarms, pairs)."""
    rng = np.random.default_rng(seed)
    every = [trial for run in runs for trial in run if trial.status == "ok"]
    alarms = 0
    for _ in range(pairs):
        dealt = [every[i] for i in rng.permutation(len(every))[: 2 * n]]
        rows = compare_trials(dealt[:n], dealt[n:], ["default"], Asked())
        alarms += any(row.outcome == "regression" for row in rows)
    return alarms, pairs
