"""This machine's noise: kept in the user's data folder, a floor of every later comparison."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from g2gbench.analysis.comparability import fingerprint, machine_differences
from g2gbench.analysis.noise import noise_of_cells
from g2gbench.errors import InputError
from g2gbench.store.files import user_folder, write_json
from g2gbench.store.named_files import scenario_of_run
from g2gbench.store.reading import Run
from g2gbench.store.shapes import NoiseFile, NoiseOfScenario, StoredNoise
from g2gbench.store.stored_json import read_json

_log = logging.getLogger(__name__)

SCHEMA: Final = 1
FILE: Final = "noise.json"


def noise_path() -> Path:
    """Return where the noise of this machine is kept."""
    return user_folder() / FILE


def measured(runs: Sequence[Run], *, taken: datetime) -> NoiseOfScenario:
    """The noise that runs of one thing show; raises InputError with too few trials.

    Whether they are alike is for the caller to see to.
    """
    refuse_twice(runs)
    first = runs[0]
    cells = [cell.cell for cell in first.file.cells]
    found = noise_of_cells([[trial.result for trial in run.trials] for run in runs], cells)
    if not any(found.values()):
        raise InputError(
            "too few valid trials to tell the noise: 4 of a cell are the fewest, two runs of 5 are "
            "better"
        )
    return NoiseOfScenario(
        taken=taken.isoformat(timespec="seconds"),
        name=first.name,
        runs=[run.path.name for run in runs],
        machine=first.file.machine,
        cells={
            cell: {
                name: StoredNoise(value=noise.value, trials=noise.trials)
                for name, noise in metrics.items()
            }
            for cell, metrics in found.items()
        },
    )


def refuse_twice(runs: Sequence[Run]) -> None:
    """Raise InputError where one run is named twice, at whatever path: it would count twice."""
    known: dict[str, Run] = {}
    for run in runs:
        other = known.setdefault(run.identity, run)
        if other is not run:
            raise InputError(
                f"{other.path} and {run.path} are the same run: name each run once, and measure "
                "another one to have two"
            )


def save(run: Run, found: NoiseOfScenario, path: Path | None = None) -> Path:
    """Keep the noise of a run's scenario in place of what was known of it; where it lies."""
    path = path or noise_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = _read(path)
    kept["scenarios"][fingerprint(scenario_of_run(run.facts))] = found.model_dump(
        exclude_unset=True
    )
    write_json(path, kept)
    return path


def load(run: Run, path: Path | None = None) -> NoiseOfScenario | None:
    """Return the known noise of a run's scenario on a run's machine; None: nothing."""
    kept = _read(path or noise_path())["scenarios"].get(fingerprint(scenario_of_run(run.facts)))
    if kept is None:
        return None
    found = NoiseOfScenario.model_validate(kept)
    different = machine_differences(found.machine.model_dump(), run.file.machine.model_dump())
    return None if different else found


def by_metric(noise: NoiseOfScenario | None) -> dict[tuple[str, str], float]:
    """The noise by cell and metric, in the metric's own unit."""
    return {
        (cell, name): one.value
        for cell, metrics in (noise.cells if noise else {}).items()
        for name, one in metrics.items()
    }


def _read(path: Path) -> dict[str, Any]:
    nothing: dict[str, object] = {"schema": SCHEMA, "scenarios": {}}
    if not path.exists():
        return nothing
    try:
        return read_json(path, NoiseFile)
    except InputError as error:
        _log.warning("%s It is left out; to renew it: g2gbench baseline noise RUN RUN", error)
        return nothing
