"""The calibration of this machine: kept in the user's data folder, named by every later run."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from g2gbench import __version__
from g2gbench.analysis.calibration_errors import Findings
from g2gbench.analysis.comparability import machine_differences
from g2gbench.errors import InputError
from g2gbench.store.files import user_folder, write_json
from g2gbench.store.machine import describe_machine, package_versions
from g2gbench.store.shapes import OVERALL, CalibrationFile, NamedCalibration
from g2gbench.store.stored_json import read_as

_log = logging.getLogger(__name__)

SCHEMA: Final = 1
FILE: Final = "calibration.json"


def calibration_path() -> Path:
    """Return where the calibration of this machine is kept."""
    return user_folder() / FILE


def calibration_facts(
    found: Findings, *, taken: datetime, quick: bool, trials: int, left_out: tuple[str, ...]
) -> dict[str, object]:
    """A calibration as plain data: what calibration.json holds."""
    return {
        "schema": SCHEMA,
        "g2gbench": __version__,
        "taken": taken.isoformat(timespec="seconds"),
        "quick": quick,
        "trials": trials,
        "left_out": list(left_out),
        "machine": describe_machine(),
        "versions": package_versions(),
        "times": [asdict(finding) for finding in found.times],
        "counts": {name: asdict(count) for name, count in found.counts.items()},
    }


def save(facts: dict[str, object], path: Path | None = None) -> Path:
    """Keep a calibration in place of the one before; where it lies."""
    path = path or calibration_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, facts)
    return path


def load(path: Path | None = None) -> CalibrationFile | None:
    """The calibration that is kept; None when there is none that this version can read.

    One that is there and cannot be read is named: no run may end because of it.
    """
    path = path or calibration_path()
    if not path.exists():
        return None
    try:
        return read_as(path, CalibrationFile)
    except InputError as error:
        _log.warning("%s It is left out; to renew it: g2gbench calibrate", error)
        return None


def named(found: CalibrationFile | None, machine: dict[str, object]) -> NamedCalibration | None:
    """Return a run's note of the calibration that it rests on; None: there is none.

    A calibration of another machine says nothing of this one.
    """
    if found is None or machine_differences(found.machine.model_dump(), machine):
        return None
    (overall,) = [one for one in found.times if (one.metric, one.injected) == OVERALL]
    counts = found.counts.values()
    return NamedCalibration(
        taken=found.taken,
        g2gbench=found.g2gbench,
        quick=found.quick,
        trials=found.trials,
        g2g_bias_ms=overall.bias.value,
        g2g_p95_error_ms=overall.p95,
        injected=sum(count.true for count in counts),
        missed=sum(count.missed for count in counts),
        invented=sum(count.invented for count in counts),
    )
