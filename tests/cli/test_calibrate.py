from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from click.testing import CliRunner

from g2gbench.cli import calibrate as command
from g2gbench.workflow.calibrate import Calibration, NotCalibrated
from tests.store.calibrating import FOUND
from tests.workflow.begun import coming

TAKEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path))
    return tmp_path


def stand_in(monkeypatch: pytest.MonkeyPatch, error: str = "") -> None:
    """The sessions are not run here: tests/workflow/test_calibrate.py does that."""

    async def calibrate(**options: Any) -> Calibration:
        if (progress := options["progress"]) is not None:
            progress.trial_started(coming("no delay", 7))
        if error:
            raise NotCalibrated(error)
        return Calibration(TAKEN, options["quick"], 7, ("swaps: late",), FOUND)

    monkeypatch.setattr(command, "calibrate", calibrate)


def test_the_findings_are_printed_and_kept(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    result = CliRunner().invoke(command.calibrate_command, [])
    assert result.exit_code == 0
    assert "all delays" in result.stdout
    assert "left out: swaps: late" in result.stdout
    assert result.stderr == "trial 1 of 7: no delay\n"
    assert json.loads((data / "calibration.json").read_text())["quick"] is False


def test_json_is_one_object_and_quiet_says_nothing_else(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch)
    result = CliRunner().invoke(command.calibrate_command, ["--quick", "--json", "-q"])
    facts = json.loads(result.stdout)
    assert facts.pop("path") == str(data / "calibration.json")
    assert facts == json.loads((data / "calibration.json").read_text())
    assert facts["quick"] is True
    assert result.stderr == ""


def test_too_little_is_exit_3_with_the_reason_and_keeps_the_one_before(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, error="a calibration needs a valid trial without any delay")
    result = CliRunner().invoke(command.calibrate_command, ["-q"])
    assert result.exit_code == 3
    assert result.stderr == (
        "not calibrated: a calibration needs a valid trial without any delay\n"
    )
    assert list(data.iterdir()) == []
