"""View of the phases of a session, and of the recovery after impairments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeVar

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import NONE_COUNTS, counts
from g2gbench.measure.metric_value import Value
from g2gbench.measure.phases import PHASE_METRICS, Phase, Recovery
from g2gbench.report.text.numbers import NOT_MEASURED, label, plural, single

T = TypeVar("T")

NOT_BACK: Final = "not back"
_AT_ONCE: Final = single("recovery_ms", 0.0)


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase: its label, when it was, and a value for each of ``PHASE_METRICS``."""

    label: str
    when: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """Recovery from an impairment; every value in words, also one that did not recover.

    ``settled`` and ``sharp`` are those of the first seconds. ``reasons`` say why something else
    has no value.
    """

    label: str
    when: str
    before: str
    g2g: str
    bitrate: str
    both: str
    overshoot: str
    lost: str
    settled: str
    sharp: str
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        back = f"g2g {_after(self.g2g)}, bitrate {_after(self.bitrate)}"
        why = f" ({'; '.join(self.reasons)})" if self.reasons else ""
        return (
            f"{self.label}, {self.when}: {back}; overshoot {self.overshoot}, "
            f"frames lost {self.lost}{why}"
        )


def counted(cell: CellResult) -> Sequence[TrialResult]:
    """The valid trials of a cell, else those that were measured."""
    trials = [trial for trial in cell.trials if trial.frames]
    return [trial for trial in trials if counts(trial)] or trials


def phase_rows(cell: CellResult) -> tuple[list[PhaseRow], list[str]]:
    """The phases, each value the median of the trials, and why a value is missing."""
    rows, missing = [], dict[str, list[str]]()
    for same in _together([trial.phases for trial in counted(cell)]):
        name = same[0].label
        values = []
        for metric in PHASE_METRICS:
            found = [phase.metrics[metric] for phase in same]
            known = [value.value for value in found if value.value is not None]
            values.append(single(metric, median(known) if known else None))
            if not known:
                reason = str(found[0].reason)
                missing.setdefault(reason, []).append(f"{label(metric)} of {name}")
        rows.append(PhaseRow(name, _when(same), tuple(values)))
    return rows, [f"not measured: {', '.join(what)} ({why})" for why, what in missing.items()]


def recovery_rows(cell: CellResult) -> list[RecoveryRow]:
    """The recovery after each impairment, each value the median of the trials."""
    return [_recovery(same) for same in _together([trial.recoveries for trial in counted(cell)])]


def trials_words(cell: CellResult) -> str:
    """On which trials the two tables rest."""
    trials = counted(cell)
    doubt = "" if any(map(counts, trials)) else NONE_COUNTS
    if len(trials) == 1:
        return f"Trial {trials[0].repeat}.{doubt}"
    return f"Medians of {plural(len(trials), 'trial')}.{doubt}"


def _together(lists: Sequence[Sequence[T]]) -> list[list[T]]:
    """The same phase or recovery of all trials; of one timeline all have the same ones in order.

    A trial that was cut off has the first of them.
    """
    longest = max(map(len, lists), default=0)
    return [[found[i] for found in lists if i < len(found)] for i in range(longest)]


def _when(same: Sequence[Phase] | Sequence[Recovery]) -> str:
    start_s = median(one.start_s for one in same)
    end_s = median(one.end_s for one in same)
    return f"{start_s:.1f} to {end_s:.1f} s"


def _recovery(same: Sequence[Recovery]) -> RecoveryRow:
    reasons: dict[str, None] = {}

    def text(found: Sequence[Value]) -> str:
        known = [value.value for value in found if value.value is not None]
        unknown = [value for value in found if value.value is None]
        reasons.update(dict.fromkeys(value.reason for value in unknown))
        words = single("recovery_ms", median(known)) if known else ""
        if not unknown:
            return words
        back = not any(value.code == "not_back" for value in unknown)
        word = NOT_MEASURED if back else NOT_BACK
        if not known:
            return word
        return f"{words}; {word} in {len(unknown)} of {len(same)} trials"

    befores = [one.g2g_before_ms for one in same if one.g2g_before_ms is not None]
    lost = median(one.frames_lost for one in same)
    return RecoveryRow(
        label=same[0].label,
        when=_when(same),
        before=single("g2g_ms.p50", median(befores) if befores else None),
        g2g=text([one.g2g_ms for one in same]),
        bitrate=text([one.bitrate_ms for one in same]),
        both=text([one.both_ms for one in same]),
        overshoot=text([one.overshoot_ms for one in same]),
        lost=f"{lost:g}",
        settled=_reached([one.settled_ms for one in same]),
        sharp=_reached([one.sharp_ms for one in same]),
        reasons=tuple(reasons),
    )


def _reached(found: Sequence[Value]) -> str:
    """The median of the trials that reached it; a dash where it could not be measured."""
    known = [value.value for value in found if value.value is not None]
    if known:
        return single("recovery_ms", median(known))
    return NOT_BACK if any(value.code == "not_back" for value in found) else "–"


def _after(words: str) -> str:
    if words.startswith((NOT_BACK, NOT_MEASURED)):
        return words
    return "back at once" if words == _AT_ONCE else f"back after {words}"
