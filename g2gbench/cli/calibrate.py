"""``g2gbench calibrate``: how wrong this tool is on this machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from g2gbench.cli.progress import TrialLines
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import ExitCode
from g2gbench.report.formats.calibration import render
from g2gbench.store.calibrations import calibration_facts, calibration_path, save
from g2gbench.store.files import writable
from g2gbench.store.shapes import CalibrationFile
from g2gbench.workflow.calibrate import Calibration, NotCalibrated, calibrate


@click.command("calibrate", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Truths together and once: below 2 minutes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Keep every trial's records in a directory under this one.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def calibrate_command(quick: bool, as_json: bool, out: Path | None, quiet: bool) -> None:
    """Inject known delays, drops, repeats, swaps and freezes, and say how well they were found.

    Takes about 16 minutes on the embedded room at 640x360, 30 frames a second; close what else
    runs here. Errors are in ms: measured less injected. The result is kept in the user's data
    folder (calibration.json), and every later report names it.

    Exit code 0 when it was taken, 3 when too little of it was valid, 5 for a fault of this tool
    or machine, 130 when it was interrupted.

    \b
    Example:
      g2gbench calibrate --quick
    """
    writable(calibration_path().parent, "$XDG_DATA_HOME")
    if out is not None:
        writable(out, "--out")
    try:
        done, interrupted = asyncio.run(_calibrate(quick, out, quiet))
    except NotCalibrated as error:
        raise SystemExit(_refused(str(error))) from None
    if done is None or interrupted:
        click.echo("interrupted: nothing was kept", err=True)
        raise SystemExit(ExitCode.INTERRUPTED)
    facts = calibration_facts(
        done.findings,
        taken=done.taken,
        quick=done.quick,
        trials=done.trials,
        left_out=done.left_out,
    )
    path = save(facts)
    if as_json:
        click.echo(json.dumps({**facts, "path": str(path)}, indent=2))
    else:
        click.echo(render(CalibrationFile.model_validate(facts), path))


def _refused(reason: str) -> int:
    click.echo(f"not calibrated: {reason}", err=True)
    return int(ExitCode.INVALID)


async def _calibrate(quick: bool, out: Path | None, quiet: bool) -> tuple[Calibration | None, bool]:
    progress = None if quiet else TrialLines("trial")
    with stop_signals() as stop:
        try:
            done: Calibration | None = await calibrate(
                quick=quick, out=out, progress=progress, stop=stop
            )
        except NotCalibrated:
            if not stop.is_set():
                raise
            done = None
    return done, stop.is_set()
