"""Values that count: the one place that hands out those of trials and cells.

Ranks, curves, means, exports and comparisons take theirs from here. What does not count is had by
its status, by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

COUNTS: Final = "ok"
"""The status of a trial that counts."""

NONE_COUNTS: Final = " No trial of this cell counts: nothing can be concluded from it."
"""What is said beside values of trials that do not count, where no other is to be had."""

_INVALID: Final = "invalid"


class _WithStatus(Protocol):
    @property
    def status(self) -> str:
        """ok, invalid, unreachable, interrupted or failed; of a cell pass, fail or invalid."""


class _Measured(_WithStatus, Protocol):
    def value(self, metric: str) -> float | None:
        """Return its value of a metric."""


class _Trials(Protocol):
    @property
    def trials(self) -> Iterable[_Measured]:
        """Those of the cell."""


T = TypeVar("T", bound=_WithStatus)


def counts(trial: _WithStatus) -> bool:
    """Return whether a trial counts."""
    return trial.status == COUNTS


def counting(trials: Iterable[T]) -> list[T]:
    """The trials that count."""
    return [trial for trial in trials if counts(trial)]


def is_valid(cell: _WithStatus) -> bool:
    """Return whether a cell may stand beside others: of an invalid one too few trials count."""
    return cell.status != _INVALID


def valid_cells(cells: Iterable[T]) -> list[T]:
    """The cells whose values may stand beside each other."""
    return [cell for cell in cells if is_valid(cell)]


def values_of(cell: _Trials, metric: str) -> list[float]:
    """Return the values of the trials that count, where they have one."""
    found = (trial.value(metric) for trial in counting(cell.trials))
    return [value for value in found if value is not None]
