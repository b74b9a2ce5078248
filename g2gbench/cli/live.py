"""``g2gbench live``: a page that a person opens in their own browser, as the measured client."""

from __future__ import annotations

import asyncio
import importlib.resources
import ipaddress
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import click

from g2gbench.cli import completion
from g2gbench.cli.scenario_argument import ScenarioArgument
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import InputError
from g2gbench.live import session_manager as sitting
from g2gbench.live.session_manager import SessionManager
from g2gbench.live.web_server import Site
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.report.formats.terminal import render
from g2gbench.scenario import Scenario, load, loads
from g2gbench.scenario.built_in_scenarios import find
from g2gbench.scenario.loading import read_text
from g2gbench.store.files import writable
from g2gbench.store.origin import Origin
from g2gbench.store.reading import Run
from g2gbench.workflow.benchmark import DEFAULT_ROOT

ELSEWHERE = (
    "warning: other machines can reach this page, and whoever has its address can use it. A "
    "browser gives its camera to HTTPS and to localhost alone: give --cert and --key, or leave "
    "--host away and forward the port instead (ssh -L {port}:127.0.0.1:{port} HOST). The media of "
    "an emulated network or room stay on this machine: only its own browsers can be measured there."
)


@click.command("live", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario", required=False, type=ScenarioArgument())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option(
    "--port", default=8766, show_default=True, type=click.IntRange(0, 65535), help="0: any."
)
@click.option(
    "--cert",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificate for HTTPS, a PEM file.",
)
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Its key, a PEM file.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_ROOT,
    show_default=True,
    help="Where run directories are made.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    shell_complete=completion.fields,
    help="Override a field.",
)
def live_command(
    scenario: Path | None,
    host: str,
    port: int,
    cert: Path | None,
    key: Path | None,
    out: Path,
    overrides: tuple[str, ...],
) -> None:
    """Serve a page whose browser is measured, until Ctrl-C. Each session is a run with a report.

    SCENARIO: a file, or the name of one that comes with this package (g2gbench scenario list).
    Without: a loopback at 640x360 whose model paints what it is asked for. Exit codes
    are those of the last session; 0 when there was none.

    \b
    Examples:
      g2gbench live
      g2gbench live wifi --set network.profile=lte
    """
    read, origin = _read(scenario, sitting.settings(overrides))
    sitting.check(read)
    writable(out, "--out")
    raise SystemExit(asyncio.run(_live(read, origin, out, Site(host, port, _tls(cert, key)), host)))


def _read(path: Path | None, settings: tuple[str, ...]) -> tuple[Scenario, Origin]:
    if path is None:
        file = importlib.resources.files("g2gbench.live") / "default.yaml"
        text = file.read_text(encoding="utf-8")
        return loads(text, overrides=settings, environment=ENVIRONMENT), Origin(text, "", settings)
    path = find(path)
    read = load(path, overrides=settings, environment=ENVIRONMENT)
    return read, Origin(read_text(path), str(path), settings)


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the TLS context. Raises InputError."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise InputError("--cert and --key belong together: give both, or neither")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"--cert {cert} --key {key}: {error}; PEM files are needed") from error
    return context


async def _live(scenario: Scenario, origin: Origin, out: Path, site: Site, host: str) -> int:
    desk = SessionManager(scenario, origin, out, site.send, _print)

    def stopping() -> None:
        if desk.steering is not None:  # else it ends at once
            click.echo("stopping: what was measured is kept", err=True)

    with stop_signals(stopping) as stop:
        try:
            try:
                url = await site.start(desk)
            except OSError as error:
                words = f"--host {host}: {error.strerror}; choose another --host or --port"
                raise InputError(words) from error
            click.echo(f"open {url} in a browser; Ctrl-C ends it")
            if not _loopback(host):
                click.echo(ELSEWHERE.format(port=urlsplit(url).port), err=True)
            await stop.wait()
        finally:
            interrupted = await desk.close()
            await site.stop()
    return sitting.exit_code(desk.runs, interrupted)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _print(run: Run) -> None:
    """Print a session's outcome and where its report is; a reader that is gone changes nothing."""
    try:
        click.echo(render(run))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
