from __future__ import annotations

import json
from pathlib import Path

import platformdirs
import pytest

from g2gbench.store import calibrations
from g2gbench.store.machine import describe_machine
from g2gbench.store.shapes import NamedCalibration
from tests.store.calibrating import facts, stored


def test_a_calibration_is_read_as_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "calibration.json"
    assert calibrations.save(facts(), path) == path
    assert calibrations.load(path) == stored()


def test_it_is_kept_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    assert calibrations.load() is None
    assert calibrations.save(facts()) == tmp_path / "data" / "calibration.json"
    assert calibrations.load() == stored()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"schema": 2}',
        '{"schema": 1}',
        json.dumps(facts(times=[])),
        json.dumps(facts(counts={"repeats": {"true": "x"}})),
        json.dumps(facts(machine=None)),
    ],
)
def test_what_this_version_cannot_read_is_named_and_is_no_calibration(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text, encoding="utf-8")
    assert calibrations.load(path) is None
    assert str(path) in caplog.text
    assert "to renew it: g2gbench calibrate" in caplog.text


def test_a_run_names_the_calibration_with_its_errors() -> None:
    assert calibrations.named(stored(), describe_machine()) == NamedCalibration(
        taken="2026-01-02T03:04:05+00:00",
        g2gbench=facts()["g2gbench"],
        quick=True,
        trials=7,
        g2g_bias_ms=0.5,
        g2g_p95_error_ms=2.0,
        injected=45,
        missed=1,
        invented=2,
    )


def test_a_calibration_of_another_machine_says_nothing_of_this_one() -> None:
    assert calibrations.named(None, describe_machine()) is None
    other = {**describe_machine(), "cores": 999}
    assert calibrations.named(stored(), other) is None
    # A newer kernel or Python is no other machine.
    assert calibrations.named(stored(), {**describe_machine(), "release": "9.9"}) is not None
