"""``run --baseline``: what is compared with a run when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import g2gbench
from g2gbench.analysis.likeness import Conditions, differences
from g2gbench.cli.progress import Display
from g2gbench.cli.stopping import stop_signals
from g2gbench.confirmation import confirm
from g2gbench.errors import ExitCode
from g2gbench.report import comparison as comparison_report
from g2gbench.scenario import Scenario, resolved
from g2gbench.store import baselines
from g2gbench.store.comparing import COMMAND, Comparison, compare, conditions, refuse
from g2gbench.store.machine import describe_machine
from g2gbench.store.named_files import checksums, identified
from g2gbench.store.reading import Run

FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.FAULT,
    ExitCode.UNREACHABLE,
    ExitCode.FAIL,
    ExitCode.INVALID,
    ExitCode.PASS,
)
"""Where more than one exit code applies, the first of these."""


def bases_of(baseline: str | None, scenarios: Sequence[Scenario]) -> list[Run]:
    """The baseline of each scenario, before anything runs.

    Raises InputError where there is none, or where it is not of this scenario, machine and version:
    better now than after an hour of measuring.
    """
    if baseline is None:
        return []
    found = []
    for scenario in scenarios:
        base = baselines.find(baseline, scenario=scenario.name)
        document = resolved(scenario)
        measured = identified(document, checksums(document))
        planned = Conditions(measured, describe_machine(), g2gbench.__version__)
        refuse(differences(conditions(base), planned), ())
        found.append(base)
    return found


def compared(
    bases: Sequence[Run], runs: Sequence[Run], *, confirm: int | None, quiet: bool
) -> tuple[dict[str, Comparison], bool]:
    """Every run compared with its baseline, by the run's name, and whether that was interrupted.

    The comparison stands in the run's directory, too.
    """
    found: dict[str, Comparison] = {}
    interrupted = False
    for base, run in zip(bases, runs, strict=False):  # an interrupted run began fewer
        if run.status in ("interrupted", "unreachable", "fault"):
            continue
        comparison = compare(base, run, words=COMMAND)
        if confirm and not interrupted:
            comparison, interrupted = confirmed(comparison, confirm, quiet=quiet)
        comparison_report.add_to_reports(comparison, run)
        found[run.name] = comparison
    return found, interrupted


def confirmed(comparison: Comparison, repeats: int, *, quiet: bool) -> tuple[Comparison, bool]:
    """The comparison with its regressions confirmed or not, and whether that was interrupted."""
    if comparison.status != "regression":
        return comparison, False
    return asyncio.run(_confirmed(comparison, repeats, quiet))


async def _confirmed(comparison: Comparison, repeats: int, quiet: bool) -> tuple[Comparison, bool]:
    with stop_signals() as stop:
        found = await confirm(comparison, repeats, progress=Display(quiet=quiet), stop=stop)
    return found, stop.is_set()


def exit_code(code: int, comparisons: Iterable[Comparison]) -> ExitCode:
    """The exit code of a run and what it was compared with."""
    codes = {ExitCode(code), *(comparison.exit_code() for comparison in comparisons)}
    return next(one for one in FIRST if one in codes)


def with_comparison(
    summary: Mapping[str, Any], compared: Mapping[str, Comparison]
) -> dict[str, Any]:
    """The summary of a run with what it was compared with, where it was."""
    found = compared.get(summary["name"])
    return {**summary, **({"comparison": found.as_plain()} if found else {})}
