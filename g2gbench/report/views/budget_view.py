"""View of the latency budget: parts that sum to the mean g2g latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import counts
from g2gbench.measure.latency_breakdown import DISPLAY, DISPLAY_MEANING, PARTS, UNATTRIBUTED
from g2gbench.measure.metric_value import Value
from g2gbench.measure.phases import Phase
from g2gbench.report.text.numbers import Scale
from g2gbench.report.views.series import session_of
from g2gbench.store.reading import Trial

NAMES: Final = (*PARTS, UNATTRIBUTED)
"""Every part in the order of the way; what cannot be told apart comes last."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **PARTS,
        UNATTRIBUTED: "what the known parts leave of a frame's g2g latency",
        DISPLAY: f"{DISPLAY_MEANING}; comes on top of g2g",
    }
)
"""Between which points each part lies."""

_ALL_FRAMES: Final = 0.995
_UNKNOWN: Final = Value(None)
_NO_BUDGET: Final = "its records are of a version that did not tell the parts of g2g apart"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the way.

    ``ms`` is its share of the mean g2g latency in ms; None where no frame tells it. ``known`` is
    the share of frames that tell it (0 to 1).
    """

    name: str
    ms: float | None
    known: float

    @property
    def words(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ")

    @property
    def remark(self) -> str:
        """Basis of its value where that is not every frame; else empty."""
        if self.ms is None:
            return "not measured"
        if self.name == UNATTRIBUTED or self.known >= _ALL_FRAMES:
            return ""
        if self.name == DISPLAY:
            return f"of the {self.known:.0%} of the frames that were displayed"
        return f"known of {self.known:.0%} of the frames, unattributed in the others"


@dataclass(frozen=True, slots=True)
class Budget:
    """The parts of the mean g2g latency of ``frames`` delivered frames, averaged over trials.

    ``counts``: the trials are valid ones. ``display`` is the mean time from there to the display of
    the frames that came to be displayed; None for clients that do not display.
    """

    parts: tuple[Part, ...]
    frames: int
    trials: int
    counts: bool = True
    display: Part | None = None

    @property
    def total_ms(self) -> float:
        """The mean g2g latency: what the parts sum to."""
        return sum(part.ms or 0.0 for part in self.parts)

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """The parts of g2g, then the one behind it where there is one."""
        return self.parts if self.display is None else (*self.parts, self.display)

    @property
    def total(self) -> str:
        """The whole in ms without its unit, with what comes on top of g2g."""
        number = self.scale.number(self.total_ms)
        return number if self.display is None else f"{number} + {self.number(self.display)}"

    @property
    def scale(self) -> Scale:
        """Form of every part: with one number of decimals."""
        return Scale("ms", 1, 0 if self.total_ms >= 100 else 1)

    def number(self, part: Part) -> str:
        """A part in ms without its unit; a dash where it is not known."""
        return "–" if part.ms is None else self.scale.number(part.ms)

    def share(self, part: Part) -> str:
        """A part's share of g2g; a dash where it is not known, or no part of it."""
        if part.ms is None or not self.total_ms or part.name == DISPLAY:
            return "–"
        return Scale("%", 0.01).number(part.ms / self.total_ms) + " %"


def budget_of(trials: Sequence[TrialResult]) -> Budget | None:
    """The budget of the trials that count, else of all; None where no part of the way is known.

    ``trials`` are those of a summary. A part that only some frames tell counts for all of them:
    in the others its time is unattributed, so that the parts sum to the mean g2g latency.
    """
    valid = [trial for trial in trials if counts(trial)]
    found = [budget for trial in valid or trials if (budget := _of_trial(trial.metrics))]
    return _mean(found, counts=bool(valid))


def why_none(trials: Sequence[TrialResult]) -> str:
    """Return why there is no budget."""
    found = [v for trial in trials if (v := trial.metrics.get("budget_ms.encode")) is not None]
    fallback = "no frame of the steady state was delivered" if found or not trials else _NO_BUDGET
    return next((value.reason for value in found if value.reason), fallback)


def by_phase(trial: Trial) -> list[tuple[Phase, Budget]]:
    """The budget of each phase of a trial, those without a known part left out.

    Computed from the stored ledger; empty where the trial has no phases.
    """
    steady_ns = session_of(trial).steady_ns if trial.result.phases else None
    frames = trial.frames() if steady_ns else pd.DataFrame()
    columns = [f"budget_{name}_ms" for name in NAMES]
    if steady_ns is None or not set(columns) <= set(frames.columns):
        return []
    names = (*NAMES, DISPLAY)
    columns += [f"budget_{DISPLAY}_ms"]
    frames = frames.reindex(columns=frames.columns.union(columns))
    captured_s = (frames["captured_ns"].to_numpy(dtype=np.int64) - steady_ns[0]) / 1e9
    counted = (frames["outcome"] == "delivered").to_numpy(dtype=np.bool_)
    counted = counted & frames["steady"].to_numpy(dtype=np.bool_)
    values = frames[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    found = []
    for phase in trial.result.phases:
        inside = values[counted & (captured_s >= phase.start_s) & (captured_s < phase.end_s)]
        known = np.isfinite(inside).sum(axis=0)
        means = {
            name: Value(
                float(np.nanmean(inside[:, i])) if known[i] else None,
                n=int(known[i]),
            )
            for i, name in enumerate(names)
        }
        budget = _budget(means, len(inside)) if len(inside) else None
        if budget:
            found.append((phase, budget))
    return found


def _of_trial(metrics: Mapping[str, Value]) -> Budget | None:
    whole = metrics.get(f"budget_ms.{UNATTRIBUTED}", _UNKNOWN)
    if whole.value is None or not whole.n:
        return None
    # A run of an older version knows nothing of a display.
    names = (*NAMES, DISPLAY)
    return _budget({name: metrics.get(f"budget_ms.{name}", _UNKNOWN) for name in names}, whole.n)


def _budget(means: Mapping[str, Value], frames: int) -> Budget | None:
    parts = []
    for name in NAMES:
        value, known = means[name].value, means[name].n / frames
        parts.append(Part(name, None if value is None else value * known, known))
    if all(part.ms is None for part in parts if part.name != UNATTRIBUTED):
        return None
    shown = means[DISPLAY]
    known = shown.n / frames
    display = None if shown.value is None else Part(DISPLAY, shown.value, known)
    return Budget(tuple(parts), frames, 1, display=display)


def _mean(found: Sequence[Budget], *, counts: bool) -> Budget | None:
    if not found:
        return None
    parts = []
    for same in zip(*(budget.parts for budget in found), strict=True):
        values = [part.ms for part in same if part.ms is not None]
        ms = sum(values) / len(found) if values else None
        parts.append(Part(same[0].name, ms, sum(part.known for part in same) / len(found)))
    frames = sum(budget.frames for budget in found)
    return Budget(tuple(parts), frames, len(found), counts, _display(found))


def _display(found: Sequence[Budget]) -> Part | None:
    displays = [budget.display for budget in found if budget.display is not None]
    if not displays:
        return None
    ms = [part.ms for part in displays if part.ms is not None]
    return Part(DISPLAY, sum(ms) / len(ms), sum(part.known for part in displays) / len(displays))
