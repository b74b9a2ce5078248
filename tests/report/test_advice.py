from __future__ import annotations

from typing import Any

import pytest

from g2gbench.report.advice import STOPPED, of_endings


def summary(*trials: tuple[str, str]) -> dict[str, Any]:
    told = [{"status": status, "message": message} for status, message in trials]
    return {"cells": [{"trials": told}]}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("no readable marker within 20 s; no remote video came", "The service sent no video"),
        ("no readable marker within 20 s; remote video came, 9 frames were decoded", "no marker"),
        ("the page is gone: its tab was closed, or crashed", "Leave the page open"),
        ("the browser ended (status 1)", "g2gbench doctor"),
        ("the camera is gone: it was unplugged", "Plug the camera in"),
        ("av1 was asked for, but vp8 is sent: it cannot be encoded here", "publish.codec=vp8"),
        ("the worker process ended (signal 9)", r"Read the trial's *.log files"),
        ("", r"Read the trial's *.log files"),
    ],
)
def test_each_ending_that_is_known_has_its_remedy(message: str, words: str) -> None:
    said = list(of_endings(summary(("failed", message), ("ok", ""))))
    assert words in said[0]


def test_who_pressed_stop_is_told_that_nothing_is_wrong() -> None:
    stopped = ("interrupted", "it was stopped before the warm-up was over")
    assert list(of_endings(summary(stopped))) == [STOPPED]
    assert list(of_endings(summary(stopped, ("failed", "")))) != [STOPPED]
    assert ".log" not in STOPPED
