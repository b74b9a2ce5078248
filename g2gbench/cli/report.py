"""``g2gbench report``: write the reports of stored runs again."""

from __future__ import annotations

from pathlib import Path

import click

from g2gbench import report
from g2gbench.report.terminal import render
from g2gbench.store.reading import open_run


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
def report_command(runs: tuple[Path, ...]) -> None:
    """Write report.html, figures, summary.md and junit.xml of run directories again.

    Works from stored records alone; a run that was killed half-way is shown as interrupted, with
    everything that it had measured.

    \b
    Example:
      g2gbench report reports/wifi-20260314-021000
    """
    for path in runs:
        run = open_run(path)
        report.write(run)
        click.echo(render(run))
