"""Which values count: the one place that hands out those of trials and cells.

Ranks, curves, means, exports and comparisons take theirs from here. What does not count is had by
its status, by name: ``headline.trials_of(summary, "invalid")``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

COUNTS: Final = "ok"
"""The status of a trial that counts."""

NONE_COUNTS: Final = " No trial of this cell counts: nothing can be concluded from it."
"""What stands beside values of trials that do not count, where no other is to be had."""

_INVALID: Final = "invalid"

Plain = Mapping[str, Any]


class _WithStatus(Protocol):
    @property
    def status(self) -> str:
        """ok, invalid, unreachable, interrupted or failed."""


T = TypeVar("T", bound=_WithStatus)


def counting(trials: Iterable[T]) -> list[T]:
    """The trials that count."""
    return [trial for trial in trials if trial.status == COUNTS]


def counts(trial: Plain) -> bool:
    """Whether a trial of a summary counts."""
    return bool(trial["status"] == COUNTS)


def valid_trials(cell: Plain) -> list[Plain]:
    """The trials of a summary's cell that count."""
    return [trial for trial in cell["trials"] if counts(trial)]


def is_valid(cell: Plain) -> bool:
    """Whether a summary's cell may stand beside others: of an invalid one too few trials count."""
    return bool(cell["status"] != _INVALID)


def valid_cells(summary: Plain) -> list[Plain]:
    """The cells of a summary whose values may stand beside each other."""
    return [cell for cell in summary["cells"] if is_valid(cell)]


def values_of(cell: Plain, metric: str) -> list[float]:
    """What each trial that counts measured, where it did."""
    return list(_values(valid_trials(cell), metric))


def _values(trials: Sequence[Plain], metric: str) -> Iterator[float]:
    for trial in trials:
        value = trial["metrics"].get(metric, {}).get("value")
        if value is not None:
            yield float(value)
