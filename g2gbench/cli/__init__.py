"""The command line. One thin file a command, loaded when it is used."""

from __future__ import annotations

import importlib
import sys

import click

import g2gbench
from g2gbench.cli import faults, surroundings
from g2gbench.errors import ExitCode, G2GBenchError
from g2gbench.process import logs

# command -> (module, attribute, help line): help must not cost the import of every library.
_COMMANDS = {
    "run": ("run", "run_command", "Run scenarios and report on them."),
    "live": ("live", "live_command", "Measure a person's own browser, and show it."),
    "compare": ("compare", "compare_command", "Say whether a run is worse than another."),
    "baseline": ("baseline", "baseline_group", "Keep runs to compare later ones with."),
    "trend": ("trend", "trend_command", "Say since which run something is worse."),
    "report": ("report", "report_command", "Write the reports of finished or cut-off runs again."),
    "scenario": ("scenario", "scenario_group", "Check, list and show scenario files."),
    "preflight": ("preflight", "preflight_command", "Say whether a session would go well."),
    "serve": ("serve", "serve_command", "Run the emulated service for any client."),
    "calibrate": ("calibrate", "calibrate_command", "Say how wrong this tool is on this machine."),
    "grade": ("grade", "grade_command", "Say how far the quality verdicts can be trusted."),
    "doctor": ("doctor", "doctor_command", "Say what this machine can measure."),
}


class _Lazy(click.Group):
    """A group whose commands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"g2gbench.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(g2gbench.__version__, "--version", message="g2gbench %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of a fault.")
def cli(verbose: bool) -> None:
    """Glass-to-glass latency and network-quality benchmark for realtime video services.

    Exit codes: 0 pass, 1 an expectation failed, 2 bad input, 3 measured but invalid,
    4 the target could not be reached, 5 a fault of this tool or machine, 130 interrupted.

    \b
    Example:
      g2gbench run wifi
    """


def main(arguments: list[str] | None = None) -> None:
    """The console script: every error ends in a sentence and its exit code."""
    logs.set_up()
    surroundings.prepare()
    stdout = sys.stdout
    try:
        cli.main(args=arguments, prog_name="g2gbench", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.BAD_INPUT)
    except G2GBenchError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # of this tool or of this machine
        faults.report(error, sys.argv[1:] if arguments is None else arguments)
        sys.exit(ExitCode.FAULT)
    except SystemExit:
        if sys.stdout is not stdout:
            # click's answer to a broken pipe is 1. Whoever read our output has read enough: no
            # expectation failed by that.
            sys.exit(ExitCode.PASS)
        raise
