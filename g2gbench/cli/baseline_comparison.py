"""``run --baseline``: what is compared with a run when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import click

import g2gbench
from g2gbench.analysis.comparability import Conditions, differences
from g2gbench.analysis.comparison import FEWEST, PRIMARY
from g2gbench.analysis.valid import counting
from g2gbench.cli.progress import Display
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import ExitCode
from g2gbench.report.formats import comparison as comparison_report
from g2gbench.report.text.headline import DEFAULT_CELL
from g2gbench.report.text.numbers import plural
from g2gbench.scenario import Scenario, cells, resolved
from g2gbench.statistics.hodges_lehmann import can_show
from g2gbench.store import baselines
from g2gbench.store.comparing import (
    COMMAND,
    Comparison,
    check,
    compare,
    conditions,
    read_floors,
    refuse,
)
from g2gbench.store.machine import describe_machine
from g2gbench.store.named_files import checksums, identified
from g2gbench.store.reading import Run
from g2gbench.workflow.confirm import confirm

FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.FAULT,
    ExitCode.UNREACHABLE,
    ExitCode.FAIL,
    ExitCode.INVALID,
    ExitCode.PASS,
)
"""Where more than one exit code applies, the first of these."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a comparison with a baseline, as ``g2gbench compare`` takes them."""

    metrics: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    primary: str = PRIMARY
    fail_on: str | None = None

    @property
    def asked(self) -> bool:
        """Whether anything but the usual is."""
        return self != Options()


USUAL: Final = Options()


def options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of ``compare`` for a command that compares with a baseline when it is over."""
    for name, kind, text in (
        ("--metric", "metrics", "Judge this metric against the baseline, not the usual ones."),
        ("--floor", "floors", "METRIC=VALUE: smallest difference that matters, as 20ms or 5%."),
        ("--allow", "allow", "Let a difference from the baseline through: machine, all."),
    ):
        command = click.option(name, kind, multiple=True, help=text)(command)
    command = click.option(
        "--primary", default=PRIMARY, metavar="METRIC", help="The metric that is tested first."
    )(command)
    fail_on = click.Choice(["inconclusive"])
    return click.option("--fail-on", type=fail_on, help="Exit code 1 for doubt, too.")(command)


def bases_of(
    baseline: str | None, scenarios: Sequence[Scenario], how: Options = USUAL
) -> list[Run]:
    """The baseline of each scenario, before anything runs.

    Raises InputError where there is none, or where it is not of this scenario, machine and version:
    better now than after an hour of measuring; likewise for options that cannot be used.
    """
    if baseline is None:
        return []
    check(how.metrics, read_floors(how.floors), how.primary)
    found = []
    for scenario in scenarios:
        base = baselines.find(baseline, scenario=scenario.name)
        document = resolved(scenario)
        measured = identified(document, checksums(document))
        planned = Conditions(measured, describe_machine(), g2gbench.__version__)
        refuse(differences(conditions(base), planned), how.allow)
        found.append(base)
    return found


def too_few(bases: Sequence[Run], scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Yield why nothing can come out of a comparison, where that is so before it begins."""
    for base, scenario in zip(bases, scenarios, strict=False):
        known = {cell.cell: len(counting(cell.trials)) for cell in base.result.cells}
        for cell in cells(scenario):
            sides = (known.get(cell.name, 0), cell.scenario.repeat)
            if min(sides) < FEWEST:
                where = "" if cell.name == DEFAULT_CELL else f" ({cell.name})"
                # Of unequal sides the larger one may make up for the smaller, if barely.
                able = min(sides) > 0 and can_show(*sides)
                yield (
                    f"{scenario.name}{where}: the baseline has {plural(sides[0], 'valid trial')}, "
                    f"this run plans {sides[1]}. {'Next to nothing' if able else 'Nothing'} can "
                    "come out of comparing them: "
                    f"{FEWEST} a side are the fewest, --repeat 5 or more is better."
                )


def compared(
    bases: Sequence[Run],
    runs: Sequence[Run],
    *,
    confirm: int | None,
    quiet: bool,
    how: Options = USUAL,
) -> tuple[dict[str, Comparison], bool]:
    """Every run compared with its baseline, by the run's name, and whether that was interrupted.

    The comparison is in the run's directory, too.
    """
    found: dict[str, Comparison] = {}
    interrupted = False
    for base, run in zip(bases, runs, strict=False):  # an interrupted run began fewer
        if run.status in ("interrupted", "unreachable", "fault"):
            continue
        comparison = compare(
            base,
            run,
            metrics=how.metrics,
            floors=how.floors,
            allow=how.allow,
            primary=how.primary,
            words=COMMAND,
        )
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


def exit_code(code: int, comparisons: Iterable[Comparison], how: Options = USUAL) -> ExitCode:
    """The exit code of a run and what it was compared with."""
    doubt = how.fail_on is not None
    found = (comparison.exit_code(fail_on_inconclusive=doubt) for comparison in comparisons)
    codes = {ExitCode(code), *found}
    return next(one for one in FIRST if one in codes)


def with_comparison(run: Run, compared: Mapping[str, Comparison]) -> dict[str, object]:
    """The summary of a run with what it was compared with, where it was."""
    found = compared.get(run.name)
    summary = run.summary_data
    return comparison_report.in_summary(summary, found) if found else summary
