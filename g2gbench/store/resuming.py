"""State of a run that was stopped, and whether it can go on here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from g2gbench import __version__
from g2gbench.analysis.comparability import machine_differences
from g2gbench.analysis.trials import TrialStatus
from g2gbench.analysis.verdict import CellPlan
from g2gbench.errors import InputError
from g2gbench.store.attempts import attempts_at
from g2gbench.store.machine import describe_machine, package_versions
from g2gbench.store.reading import Run
from g2gbench.store.run_directory import place_of


def check(run: Run) -> None:
    """Raise InputError for a run that is complete, or was begun by another version or elsewhere.

    Trials of one run must differ in nothing but chance.
    """
    file = run.file
    if file.live:
        raise InputError(
            f"{run.path} is of a page that a person had open: it cannot go on. Run g2gbench live "
            "anew."
        )
    if file.status not in ("running", "interrupted"):
        raise InputError(
            f"{run.path} is complete ({file.status}): there is nothing to go on with. "
            "Run the scenario anew."
        )
    if file.g2gbench != __version__:
        raise InputError(
            f"{run.path} was begun by g2gbench {file.g2gbench}, this is {__version__}: their "
            "numbers may not mean the same. Run the scenario anew, or go on with that version."
        )
    versions, machine = package_versions(), describe_machine()
    begun_on = file.machine.model_dump()
    different = [
        f"{name} (was {before}, is {versions.get(name)})"
        for name, before in file.versions.items()
        if versions.get(name) != before
    ]
    different += [
        f"{name} (was {begun_on.get(name)}, is {machine.get(name)})"
        for name in machine_differences(begun_on, machine)
    ]
    if different:
        raise InputError(
            f"{run.path} was begun on something else than this: {', '.join(different)}. "
            "Run the scenario anew."
        )


def statuses(
    run: Run, plans: Sequence[CellPlan]
) -> Mapping[tuple[str, int], Sequence[TrialStatus]]:
    """Return how every attempt at each trial ended, by cell and repeat; the latest one last."""
    results = {(trial.cell, trial.repeat): trial.result for trial in run.trials}
    found: dict[tuple[str, int], list[TrialStatus]] = {}
    for plan in plans:
        for repeat in range(plan.repeat):
            key = (plan.cell, repeat)
            earlier = [one.status for one in attempts_at(run.path, place_of(plan, repeat))]
            if key in results:
                found[key] = [*earlier, results[key].status]
            elif earlier or (run.path / place_of(plan, repeat)).exists():
                # It was stopped between two attempts, or before the first record of one.
                found[key] = [*earlier, "interrupted"]
    return found
