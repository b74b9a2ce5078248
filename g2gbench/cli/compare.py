"""``g2gbench compare``: is the candidate worse than the base?"""

from __future__ import annotations

import json

import click

from g2gbench.report import comparison_text
from g2gbench.store import baselines
from g2gbench.store.comparing import compare


@click.command("compare", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("base")
@click.argument("candidate")
@click.option("--metric", "metrics", multiple=True, help="Judge this metric, not the usual ones.")
@click.option(
    "--floor",
    "floors",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Smallest difference that matters: 20ms, 1%, or 5% of the base's value.",
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
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def compare_command(
    base: str,
    candidate: str,
    metrics: tuple[str, ...],
    floors: tuple[str, ...],
    fail_on: str | None,
    allow: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare two stored runs, trial against trial, and say which metrics are worse.

    BASE and CANDIDATE are run directories or names of baselines. Differences are in each metric's
    own unit (ms, ratio, bps), candidate less base. Only valid trials count; 4 a side are the
    fewest that can show anything, 5 or more are better.

    Exit codes: 0 no regression, 1 a regression, 2 bad input (also: the runs are not alike),
    3 nothing could be compared.

    \b
    Examples:
      g2gbench compare reports/wifi-20260314-021000 reports/wifi-20260315-021000
      g2gbench compare wifi reports/wifi-20260315-021000 --floor g2g_ms.p95=20ms --json
    """
    found = compare(
        baselines.find(base),
        baselines.find(candidate),
        metrics=metrics,
        floors=floors,
        allow=allow,
    )
    code = found.exit_code(fail_on_inconclusive=fail_on is not None)
    if as_json:
        click.echo(json.dumps({**found.as_plain(), "exit_code": int(code)}, indent=2))
    else:
        click.echo(comparison_text.terminal(found))
    raise SystemExit(code)
