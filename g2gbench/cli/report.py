"""``g2gbench report``: write the reports of stored runs again."""

from __future__ import annotations

from pathlib import Path

import click

from g2gbench import report
from g2gbench.errors import ExitCode, InputError
from g2gbench.report.formats.exports import FORMATS
from g2gbench.report.formats.terminal import render
from g2gbench.scenario.loading import load_quality
from g2gbench.store.files import writable, write_text
from g2gbench.store.judging import judged_again
from g2gbench.store.reading import Run, open_run


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge the recorded sessions again under the quality: section of a file, with bounds such "
    "as g2g: [200ms, 400ms, 800ms].",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="Print the one run in this form, and write nothing into its directory.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it instead.",
)
def report_command(
    runs: tuple[Path, ...], thresholds: Path | None, form: str | None, output: Path | None
) -> None:
    """Write report.html, figures, summary.md and junit.xml of run directories again.

    Works from stored records alone; a run that was killed half-way is shown as interrupted, with
    everything that it had measured.

    With --thresholds the recorded verdict stays as it is: reports and summary of the new one go
    into judged-again/ below the run, and its exit code follows it: 0 pass, 1 an expectation fails
    under it, 3 invalid, 4 the target was not reached, 130 the run was interrupted.

    Of several runs one that cannot be read is named, and the others are reported; exit code 2.

    With --format one run is printed as html, md (Markdown), junit, csv, openmetrics (times in ms as
    the metric's name says) or pytest-benchmark (its JSON, in seconds).

    \b
    Examples:
      g2gbench report reports/wifi-20260314-021000
      g2gbench report reports/wifi-20260314-021000 --format openmetrics -o wifi.prom
      g2gbench report reports/wifi-20260314-021000 --thresholds strict.yaml
    """
    if form is not None and len(runs) > 1:
        raise click.UsageError("--format takes one run.")
    if output is not None and form is None:
        raise click.UsageError("--output needs a --format.")
    quality = None if thresholds is None else load_quality(thresholds)
    codes = set()
    for path in runs:
        try:
            run = open_run(path)
            if quality is not None:
                run = judged_again(run, quality, str(thresholds))
                codes.add(ExitCode(run.result.exit_code))
            if form is None:
                _write(run)
            else:
                _export(run, form, output)
        except InputError as error:
            if len(runs) == 1:
                raise
            click.echo(f"error: {error}", err=True)  # the others are reported all the same
            codes.add(ExitCode.BAD_INPUT)
    for code in _FIRST:
        if code in codes:
            raise SystemExit(code)


def _write(run: Run) -> None:
    writable(run.report_path, "--format and --output")
    try:
        report.write(run)
    except OSError as error:
        place = error.filename or run.report_path
        raise InputError(f"{place} cannot be written: {error.strerror}") from error
    click.echo(render(run))


def _export(run: Run, form: str, output: Path | None) -> None:
    text = FORMATS[form](run)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_text(output, text)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from error


_FIRST = (
    ExitCode.FAULT,
    ExitCode.BAD_INPUT,
    ExitCode.FAIL,
    ExitCode.INVALID,
    ExitCode.UNREACHABLE,
    ExitCode.INTERRUPTED,
)
"""Of several runs one that cannot be read comes first, then a failure, then doubt."""
