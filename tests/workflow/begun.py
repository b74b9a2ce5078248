"""Progress of trials, kept for a test."""

from __future__ import annotations

from dataclasses import replace

from g2gbench.scenario import cells, loads
from g2gbench.trial.plan import PlannedTrial
from g2gbench.trial.schedule import Coming
from g2gbench.workflow.trial_series import Progress
from tests.e2e.sessions import passthrough


class Begun(Progress):
    """Keeps each trial that begins."""

    def __init__(self) -> None:
        self.trials: list[Coming] = []

    @property
    def names(self) -> list[str]:
        """The cell of each."""
        return [one.trial.cell.name for one in self.trials]

    def trial_started(self, coming: Coming) -> None:
        """Keep it."""
        self.trials.append(coming)


def coming(name: str, total: int, index: int = 0) -> Coming:
    """A trial of a cell of this name that is about to begin."""
    (cell,) = cells(loads(passthrough()))
    trial = PlannedTrial(replace(cell, name=name), index, 1)
    return Coming(trial, index, total, trial_s=0, left_s=0)
