from __future__ import annotations

from typing import Any

import pytest

from g2gbench.report.advice import STOPPED, of_endings


def summary(*trials: tuple[str, str]) -> dict[str, Any]:
    told = [{"status": status, "cause": cause} for status, cause in trials]
    return {"cells": [{"trials": told}]}


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
def test_each_cause_has_its_remedy(cause: str, words: str) -> None:
    found = list(of_endings(summary(("failed", cause), ("ok", ""))))
    assert words in found[0]


def test_who_pressed_stop_is_told_that_nothing_is_wrong() -> None:
    stopped = ("interrupted", "")
    assert list(of_endings(summary(stopped))) == [STOPPED]
    assert list(of_endings(summary(stopped, ("failed", "")))) != [STOPPED]
    assert ".log" not in STOPPED
