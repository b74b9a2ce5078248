"""``g2gbench grade``: how far the quality verdicts can be trusted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from g2gbench.cli.progress import TrialLines
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import ExitCode
from g2gbench.report.formats.grading import as_plain, markdown, terminal
from g2gbench.store.files import writable
from g2gbench.workflow.grade import Grading, NotGraded, grade_all
from g2gbench.workflow.grading_cases import FULL, QUICK, Case, load_cases


@click.command("grade", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="One session each of a few cases: about 4 minutes.")
@click.option(
    "--cases",
    "cases_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Cases of your own, as YAML: name, dimension, expected, and a network such as "
    "{uplink: {loss: 3%}}.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Keep every session in a directory under this one, and go on there when called again.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The tables of docs/verdicts.md.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def grade_command(
    quick: bool,
    cases_file: Path | None,
    out: Path | None,
    as_json: bool,
    as_markdown: bool,
    quiet: bool,
) -> None:
    """Impair sessions in known ways, and say what the verdicts made of them, and when.

    Each session is clean for 12 s, impaired for 12 s in bandwidth, latency, loss or frames, and
    clean again for 20 s; some stay clean. All are judged by g2gbench's rules and, from the very
    same samples, by those of the service's SDKs. Takes about 45 minutes on the embedded room at
    640x360, 30 frames a second; close what else runs here. With --out it can be stopped and goes on
    where it was.

    Exit code 0 when it was graded, whatever the grades are, 3 when no session could be, 5 for a
    fault of this tool or machine, 130 when it was interrupted.

    \b
    Examples:
      g2gbench grade --quick
      g2gbench grade --out reports/grading --markdown
    """
    if quick and cases_file is not None:
        raise click.UsageError("--quick and --cases exclude each other")
    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    cases = QUICK if quick else FULL
    if cases_file is not None:
        cases = load_cases(cases_file)
    if out is not None:
        writable(out, "--out")
    try:
        done, interrupted = asyncio.run(_grade(cases, out, quiet))
    except NotGraded as error:
        click.echo(f"not graded: {error}", err=True)
        raise SystemExit(ExitCode.INVALID) from None
    if done is not None:
        click.echo(_rendered(done, as_json, as_markdown))
    if interrupted:
        click.echo("interrupted: call it again with the same --out to go on", err=True)
        raise SystemExit(ExitCode.INTERRUPTED)


def _rendered(done: Grading, as_json: bool, as_markdown: bool) -> str:
    if as_json:
        return json.dumps(as_plain(done.grades, done.left_out, done.missing), indent=2)
    if as_markdown:
        return markdown(done.grades)
    return terminal(done.grades, done.left_out, done.missing)


async def _grade(
    cases: tuple[Case, ...], out: Path | None, quiet: bool
) -> tuple[Grading | None, bool]:
    progress = None if quiet else TrialLines("session")
    with stop_signals() as stop:
        try:
            done: Grading | None = await grade_all(cases, out=out, progress=progress, stop=stop)
        except NotGraded:
            if not stop.is_set():
                raise
            done = None
    return done, stop.is_set()
