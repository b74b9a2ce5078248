"""The run directory: written as trials end, readable again whatever happened to the run."""

from __future__ import annotations

from g2gbench.store.reading import Run, Trial, open_run
from g2gbench.store.run_directory import RunDirectory
from g2gbench.store.trial_directory import TrialDirectory

__all__ = ["Run", "RunDirectory", "Trial", "TrialDirectory", "open_run"]
