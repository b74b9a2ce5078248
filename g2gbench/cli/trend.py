"""``g2gbench trend``: what changed over the runs that there are."""

from __future__ import annotations

import json
from pathlib import Path

import click

from g2gbench.analysis.effect_floors import parse_floor
from g2gbench.cli import completion
from g2gbench.errors import ExitCode, InputError
from g2gbench.measure.registry import METRICS
from g2gbench.report.formats import trend
from g2gbench.scenario.problems import Refused
from g2gbench.store.files import writable, write_json, write_text
from g2gbench.store.histories import histories

_EXIT = {
    "steady": ExitCode.PASS,
    "worse": ExitCode.FAIL,
    "too few runs": ExitCode.INVALID,
}


@click.command("trend", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Runs of this scenario alone.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    shell_complete=completion.metrics,
    help="A metric to follow; repeatable.",
)
@click.option(
    "--floor",
    "floors",
    shell_complete=completion.floors,
    multiple=True,
    metavar="METRIC=VALUE",
    help="The least change that matters, as g2g_ms.p95=20ms or 5%; repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write trend.md, trend.json and the figures here.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def trend_command(
    directory: Path,
    scenario: str | None,
    metrics: tuple[str, ...],
    floors: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Say since which run a metric is worse, over all runs below a directory.

    Runs of scenarios or machines that differ are histories of their own. Exit codes: 0 steady,
    1 a metric is worse than it was, 2 bad input, 3 too few runs to tell, 5 a fault of
    this tool or machine.

    \b
    Examples:
      g2gbench trend reports
      g2gbench trend reports --scenario wifi --floor g2g_ms.p95=20ms --out trend
    """
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise InputError(f"there is no metric {unknown[0]!r}: docs/metrics.md has them all.")
    try:
        chosen = dict(parse_floor(text) for text in floors)
    except Refused as error:
        raise InputError(str(error)) from error
    if out is not None:
        writable(out, "--out")
    found = [trend.trend_of(one, metrics, chosen) for one in histories(directory, scenario)]
    plain = trend.as_plain(found)
    if out is not None:
        _write(found, plain, out)
    click.echo(json.dumps(plain, indent=2) if as_json else trend.text(found))
    raise SystemExit(_EXIT[trend.status_of(found)])


def _write(found: list[trend.Trend], plain: dict[str, object], out: Path) -> None:
    # matplotlib takes half a second to import: without --out nothing is drawn.
    from g2gbench.report.figures import svg
    from g2gbench.report.figures.trend import figures

    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "trend.json", plain)
    write_text(out / "trend.md", trend.markdown(found))
    for one in found:
        for illustration in figures(one):
            svg.write_files(illustration, out)
