"""``g2gbench compare``: is the candidate worse than the base?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from g2gbench.analysis.comparison import PRIMARY
from g2gbench.cli import baseline_comparison, completion
from g2gbench.errors import ExitCode
from g2gbench.report.formats import comparison as comparison_report
from g2gbench.report.formats import comparison_text
from g2gbench.store import baselines
from g2gbench.store.comparing import COMMAND, compare
from g2gbench.store.files import writable


@click.command("compare", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("base", shell_complete=completion.runs)
@click.argument("candidate", shell_complete=completion.runs)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    shell_complete=completion.metrics,
    help="Judge this metric, not the usual ones.",
)
@click.option(
    "--floor",
    "floors",
    shell_complete=completion.floors,
    multiple=True,
    metavar="METRIC=VALUE",
    help="Smallest difference that matters: 20ms, 1%, or 5% of the base's value.",
)
@click.option(
    "--primary",
    default=PRIMARY,
    show_default=True,
    metavar="METRIC",
    help="The metric that is tested first, at the full level.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["inconclusive"]),
    help="Exit code 1 for doubt, too.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME",
    help="Let a difference between the runs through: publish.codec, machine, all.",
)
@click.option(
    "--confirm",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Measure what looks worse N times more before saying so.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write compare.html, compare.md and compare.json into this directory.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def compare_command(
    base: str,
    candidate: str,
    metrics: tuple[str, ...],
    floors: tuple[str, ...],
    primary: str,
    fail_on: str | None,
    allow: tuple[str, ...],
    confirm: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare two stored runs, trial against trial, and say which metrics are worse.

    BASE and CANDIDATE are run directories or names of baselines. Differences are in each metric's
    own unit (ms, ratio, bps), candidate less base. Only valid trials count; 4 a side are the
    fewest that can show anything, 5 or more are better.

    Exit codes: 0 no regression, 1 a regression, 2 bad input (also: the runs are not alike),
    3 nothing could be compared, 5 a fault of this tool or machine, 130 interrupted while it was
    confirmed.

    \b
    Examples:
      g2gbench compare reports/wifi-20260314-021000 reports/wifi-20260315-021000
      g2gbench compare wifi reports/wifi-20260315-021000 --floor g2g_ms.p95=20ms --json
    """
    if out is not None:
        writable(out, "--out")
    found = compare(
        baselines.find(base),
        baselines.find(candidate),
        metrics=metrics,
        floors=floors,
        allow=allow,
        primary=primary,
        words=COMMAND,
    )
    interrupted = False
    if confirm:
        found, interrupted = baseline_comparison.confirmed(found, confirm, quiet=as_json)
    if out is not None:
        comparison_report.write(found, out)
    code = found.exit_code(fail_on_inconclusive=fail_on is not None)
    code = ExitCode.INTERRUPTED if interrupted else code
    if as_json:
        click.echo(json.dumps({**found.as_plain(), "exit_code": int(code)}, indent=2))
    else:
        click.echo(comparison_text.terminal(found))
    raise SystemExit(code)
