"""What reports say of the phases of a session, and of the recovery after impairments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from g2gbench.analysis.valid import NONE_COUNTS, counts
from g2gbench.measure.phases import PHASE_METRICS
from g2gbench.report.numbers import NOT_MEASURED, label, plural, single

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
    """What followed an impairment; every value in words, also one that did not come back.

    ``reasons`` say why something has no value.
    """

    label: str
    when: str
    before: str
    g2g: str
    bitrate: str
    both: str
    overshoot: str
    lost: str
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


def counted(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The valid trials of a cell, else those that were measured."""
    trials = [trial for trial in cell["trials"] if trial["frames"]]
    return [trial for trial in trials if counts(trial)] or trials


def phase_rows(cell: Mapping[str, Any]) -> tuple[list[PhaseRow], list[str]]:
    """The phases, each value the median of the trials, and why a value is missing."""
    rows, missing = [], dict[str, list[str]]()
    for same in _together(counted(cell), "phases"):
        name = str(same[0]["label"])
        values = []
        for metric in PHASE_METRICS:
            found = [phase["metrics"][metric] for phase in same]
            known = [value["value"] for value in found if value["value"] is not None]
            values.append(single(metric, median(known) if known else None))
            if not known:
                reason = str(found[0].get("reason", ""))
                missing.setdefault(reason, []).append(f"{label(metric)} of {name}")
        rows.append(PhaseRow(name, _when(same), tuple(values)))
    return rows, [f"not measured: {', '.join(what)} ({why})" for why, what in missing.items()]


def recovery_rows(cell: Mapping[str, Any]) -> list[RecoveryRow]:
    """The recovery after each impairment, each value the median of the trials."""
    return [_recovery(same) for same in _together(counted(cell), "recoveries")]


def trials_words(cell: Mapping[str, Any]) -> str:
    """On which trials the two tables rest."""
    trials = counted(cell)
    doubt = "" if any(map(counts, trials)) else NONE_COUNTS
    if len(trials) == 1:
        return f"Trial {trials[0]['repeat']}.{doubt}"
    return f"Medians of {plural(len(trials), 'trial')}.{doubt}"


def _together(trials: Sequence[Mapping[str, Any]], what: str) -> list[list[Mapping[str, Any]]]:
    """The same phase or recovery of all trials; of one timeline all have the same ones in order.

    A trial that was cut off has the first of them.
    """
    lists = [trial.get(what) or [] for trial in trials]
    longest = max(map(len, lists), default=0)
    return [[found[i] for found in lists if i < len(found)] for i in range(longest)]


def _when(same: Iterable[Mapping[str, Any]]) -> str:
    start_s = median(one["start_s"] for one in same)
    end_s = median(one["end_s"] for one in same)
    return f"{start_s:.1f} to {end_s:.1f} s"


def _recovery(same: Sequence[Mapping[str, Any]]) -> RecoveryRow:
    reasons: dict[str, None] = {}

    def told(name: str) -> str:
        found = [one[name] for one in same]
        known = [value["value"] for value in found if value["value"] is not None]
        unknown = [value for value in found if value["value"] is None]
        reasons.update(dict.fromkeys(str(value.get("reason", "")) for value in unknown))
        words = single("recovery_ms", median(known)) if known else ""
        if not unknown:
            return words
        back = not any(value.get("code") == "not_back" for value in unknown)
        word = NOT_MEASURED if back else NOT_BACK
        if not known:
            return word
        return f"{words}; {word} in {len(unknown)} of {len(same)} trials"

    befores = [one["g2g_before_ms"] for one in same if one["g2g_before_ms"] is not None]
    lost = median(one["frames_lost"] for one in same)
    return RecoveryRow(
        label=str(same[0]["label"]),
        when=_when(same),
        before=single("g2g_ms.p50", median(befores) if befores else None),
        g2g=told("g2g_ms"),
        bitrate=told("bitrate_ms"),
        both=told("both_ms"),
        overshoot=told("overshoot_ms"),
        lost=f"{lost:g}",
        reasons=tuple(reasons),
    )


def _after(words: str) -> str:
    if words.startswith((NOT_BACK, NOT_MEASURED)):
        return words
    return "back at once" if words == _AT_ONCE else f"back after {words}"
