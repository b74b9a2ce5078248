"""View of a session's quality: its level second by second, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from g2gbench.analysis.result import CellResult, RecordedVerdict, RunResult
from g2gbench.quality.level import NONE
from g2gbench.report.text.numbers import plural
from g2gbench.store.reading import Trial

UNKNOWN: Final = "unknown"

LETTERS: Final[Mapping[str, str]] = {
    "critical": "C",
    "poor": "P",
    "fair": "F",
    "good": "G",
    UNKNOWN: "?",
}
"""What is written in a band beside its colour."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds in a row at one level; times as in ``Series``."""

    start_s: float
    end_s: float
    level: str
    provisional: bool

    @property
    def length_s(self) -> float:
        """Its length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class QualityView:
    """A trial's quality over time: of each second alone, and as it was held."""

    alone: tuple[Stretch, ...]
    held: tuple[Stretch, ...]


def quality_view(trial: Trial, begin_s: float, end_s: float) -> QualityView | None:
    """The view between two moments; None for a trial that was not judged.

    Also where the warm-up was never over: nothing tells the figure's zero then.
    """
    steady_ns = trial.session.steady_ns
    if steady_ns is None or not trial.judged:
        return None
    rows = [
        (
            max((one.at_ns - steady_ns[0]) / 1e9 - 1, begin_s),
            min((one.at_ns - steady_ns[0]) / 1e9, end_s),
            UNKNOWN if one.level is None else one.level.word,
            UNKNOWN if one.held is None else one.held.word,
            one.provisional,
        )
        for one in trial.judged
    ]
    shown = [row for row in rows if row[1] > row[0]]
    if not shown:
        return None
    alone = [(start, end, level, early) for start, end, level, _, early in shown]
    held = [(start, end, level, early) for start, end, _, level, early in shown]
    return QualityView(_stretches(alone), _stretches(held))


def _stretches(rows: Sequence[tuple[float, float, str, bool]]) -> tuple[Stretch, ...]:
    found = []
    for (level, early), same in groupby(rows, key=lambda row: row[2:]):
        together = list(same)
        found.append(Stretch(together[0][0], together[-1][1], level, early))
    return tuple(found)


def words(view: QualityView) -> str:
    """Both bands in words, for who does not see them: the held one stretch by stretch."""
    held = groupby(view.held, key=lambda one: one.level)
    stretches = [(level, list(same)) for level, same in held]
    parts = ", ".join(
        f"{level} from {same[0].start_s:.0f} to {same[-1].end_s:.0f} s" for level, same in stretches
    )
    seconds = {
        level: sum(one.length_s for one in view.alone if one.level == level) for level in LETTERS
    }
    alone = ", ".join(f"{length:.0f} s {level}" for level, length in seconds.items() if length >= 1)
    return f"Quality held: {parts}. Second by second: {alone or 'less than a second'}."


def level_words(cell: CellResult) -> str:
    """The level of a cell with what limits it: ``poor, limited by bandwidth``."""
    if cell.quality is None:
        return UNKNOWN
    factor = cell.limiting_factor or NONE
    return cell.quality if factor == NONE else f"{cell.quality}, limited by {factor}"


def sentences(result: RunResult) -> Iterator[str]:
    """Yield what a headline says of the quality; nothing where no cell knows it."""
    cells, again = result.cells, result.judged_again
    if again is not None:
        yield f"Judged again under {again.under}: {_recorded(again.recorded)}."
    known = [cell for cell in cells if cell.quality is not None]
    if len(cells) == 1 and known:
        reasons = "; ".join(cells[0].quality_reasons)
        yield f"Quality was {level_words(cells[0])}{f' ({reasons})' if reasons else ''}."
    elif known:
        counts = {level: sum(cell.quality == level for cell in known) for level in LETTERS}
        levels = ", ".join(f"{level} in {count}" for level, count in counts.items() if count)
        unknown = len(cells) - len(known)
        levels += f", unknown in {unknown}" if unknown else ""
        yield f"Quality of {plural(len(cells), 'cell')}: {levels}."


def _recorded(recorded: RecordedVerdict) -> str:
    levels = dict.fromkeys(level or UNKNOWN for level in recorded.quality.values())
    return f"the recorded verdict was {recorded.status}, quality {' and '.join(levels)}"
