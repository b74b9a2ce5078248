"""Schedule of a run's trials: which comes next, which runs again, and the time left. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, TypeAlias

from g2gbench.analysis.trials import TrialStatus
from g2gbench.scenario.model.scenario import SETUP_SECONDS
from g2gbench.trial.plan import PlannedTrial

Key: TypeAlias = tuple[str, int]
"""The cell's name and the repeat."""

_TIMED: Final = ("ok", "invalid")
"""Only a session that was run to its end tells how long one takes."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A trial that is about to begin.

    It is number ``index`` (from 0) of ``total``, and will take about ``trial_s`` seconds; it and
    all that follow ``left_s``.
    """

    trial: PlannedTrial
    index: int
    total: int
    trial_s: float
    left_s: float


class Schedule:
    """The trials of a run, block after block.

    An invalid trial runs again at the end of its block, at most ``retries`` times. A failed
    expectation is no reason to: which trials count must not depend on what they came to.

    Args:
        blocks: every trial once, in the order in which they run.
        retries: how often a trial may run again because it was invalid.
        before: how the attempts at a trial ended that were made before, the latest one last.

    """

    def __init__(
        self,
        blocks: Sequence[Sequence[PlannedTrial]],
        *,
        retries: int = 0,
        before: Mapping[Key, Sequence[TrialStatus]] | None = None,
    ) -> None:
        self._retries = retries
        self._ended = {key: list(statuses) for key, statuses in (before or {}).items()}
        self._blocks = deque(
            deque(trial for trial in block if self._is_due(_key(trial))) for block in blocks
        )
        self._begun = 0
        self._beyond_s: list[float] = []

    @property
    def left(self) -> tuple[PlannedTrial, ...]:
        """The trials that will run, the next one first."""
        return tuple(trial for block in self._blocks for trial in block)

    @property
    def left_s(self) -> float:
        """About how long they will take: as long beyond their session as those did that ended."""
        return sum(self._seconds(trial) for trial in self.left)

    def next(self) -> Coming | None:
        """The next trial, which is thereby begun; None when all have ended."""
        while self._blocks and not self._blocks[0]:
            self._blocks.popleft()
        if not self._blocks:
            return None
        left_s, total = self.left_s, self._begun + len(self.left)
        planned = self._blocks[0].popleft()
        trial = replace(planned, attempt=len(self._ended.get(_key(planned), ())))
        self._begun += 1
        return Coming(trial, self._begun - 1, total, self._seconds(trial), left_s)

    def ended(self, trial: PlannedTrial, status: TrialStatus, took_s: float) -> None:
        """A trial that was begun has ended after ``took_s`` seconds."""
        key = _key(trial)
        self._ended.setdefault(key, []).append(status)
        if status in _TIMED:
            self._beyond_s.append(took_s - trial.expected_s)
        if status != "interrupted" and self._is_due(key):
            self._blocks[0].append(trial)

    def _is_due(self, key: Key) -> bool:
        statuses = self._ended.get(key, [])
        if not statuses or statuses[-1] == "interrupted":
            return True
        return statuses[-1] == "invalid" and statuses.count("invalid") <= self._retries

    def _seconds(self, trial: PlannedTrial) -> float:
        beyond_s = median(self._beyond_s) if self._beyond_s else SETUP_SECONDS
        return trial.expected_s + beyond_s


def _key(trial: PlannedTrial) -> Key:
    return trial.cell.name, trial.repeat
