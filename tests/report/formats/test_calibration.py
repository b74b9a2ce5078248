from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from g2gbench.report.formats.calibration import NONE, render, sentence
from g2gbench.store.calibrations import named
from g2gbench.store.machine import describe_machine
from tests.store.calibrating import TAKEN, stored


def test_the_findings_are_a_table_of_at_most_80_columns() -> None:
    text = render(stored(), Path("/data/calibration.json"))
    assert max(map(len, text.splitlines())) <= 80
    assert (
        "  g2g_ms.p50         all delays         3    0.5   [-1.0, 2.0]   1.0   2.0   2.5" in text
    )
    assert "  drops.service               38         1         0" in text
    assert "  left out: no delay: the link was late" in text
    assert text.endswith("kept in /data/calibration.json")


@pytest.mark.parametrize(
    ("days", "age"), [(0, "today"), (1, "a day earlier"), (12, "12 days earlier")]
)
def test_the_calibration_is_named_with_its_age_and_errors(days: int, age: str) -> None:
    words = sentence(named(stored(), describe_machine()), TAKEN + timedelta(days=days, hours=1))
    assert words == (
        f"Quick calibration of this machine, {age}, 7 trials: g2g p50 wrong by 2.0 ms at p95 "
        "(bias +0.5 ms); of 45 injected drops, repeats and swaps 1 were missed, 2 invented."
    )


def test_no_calibration_is_told_with_the_command_that_makes_one() -> None:
    assert sentence(None, TAKEN) == NONE
    assert "g2gbench calibrate" in NONE
