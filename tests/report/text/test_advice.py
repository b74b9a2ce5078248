from __future__ import annotations

from dataclasses import replace

import pytest

from g2gbench.analysis.result import RunResult
from g2gbench.analysis.trials import TrialStatus
from g2gbench.measure.records import Cause
from g2gbench.report.text.advice import STOPPED, of_endings
from tests.analysis.results import cell, run
from tests.analysis.trials import trial


def summary(*trials: tuple[TrialStatus, Cause]) -> RunResult:
    told = [replace(trial(0, status=status), cause=cause) for status, cause in trials]
    return run([cell(*told)])


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("no_video", "The service sent no video"),
        ("no_marker", "no marker that could be read"),
        ("page", "Leave the page open"),
        ("browser", "g2gbench doctor"),
        ("camera", "Plug the camera in"),
        ("codec", "publish.codec=vp8"),
        ("", r"Read the trial's *.log files"),
    ],
)
def test_each_cause_has_its_remedy(cause: Cause, words: str) -> None:
    found = list(of_endings(summary(("failed", cause), ("ok", ""))))
    assert words in found[0]


def test_who_pressed_stop_is_told_that_nothing_is_wrong() -> None:
    stopped: tuple[TrialStatus, Cause] = ("interrupted", "")
    assert list(of_endings(summary(stopped))) == [STOPPED]
    assert list(of_endings(summary(stopped, ("failed", "")))) != [STOPPED]
    assert ".log" not in STOPPED
