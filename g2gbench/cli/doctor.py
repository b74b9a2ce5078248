"""``g2gbench doctor``: what this machine can measure, and how to mend what is missing."""

from __future__ import annotations

import asyncio
import json

import click

from g2gbench.errors import ExitCode
from g2gbench.workflow import doctor


@click.command("doctor", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def doctor_command(as_json: bool) -> None:
    """Check versions, cores, codecs, rooms, cameras, the clock and the timers. Takes some seconds.

    Exit code 0 when everything that a run needs is there, else 5.

    \b
    Example:
      g2gbench doctor
    """
    findings = asyncio.run(doctor.examine())
    if as_json:
        click.echo(json.dumps({"schema": 1, "checks": [f.to_dict() for f in findings]}, indent=2))
    else:
        for finding in findings:
            mend = f"\n{'':11}-> {finding.mend}" if finding.mend else ""
            click.echo(f"{finding.status:9}  {finding.name}: {finding.detail}{mend}")
    if any(f.status == "missing" and f.needed for f in findings):
        raise SystemExit(ExitCode.FAULT)
