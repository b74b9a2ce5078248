"""``g2gbench preflight``: whether a session would go well from here."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import click
from click.core import ParameterSource

from g2gbench.errors import ExitCode, InputError
from g2gbench.quality import Level, Verdict
from g2gbench.realtime.stun import DEFAULT_SERVERS, StunServer
from g2gbench.report.formats.preflight import document, lines
from g2gbench.scenario import PROFILES, SERVICE_MODELS
from g2gbench.secrecy import Unshown, shown_url
from g2gbench.trial.link_plan import directions
from g2gbench.workflow.preflight import ask_stun, try_session

KEY_VARIABLE = "DECART_API_KEY"


@click.command("preflight", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--deep", is_flag=True, help="Open a short real session (up to 32 s; may be billed).")
@click.option(
    "--stun",
    multiple=True,
    metavar="URL",
    help=f"STUN server to ask, repeatable; default: {DEFAULT_SERVERS[0]}.",
)
@click.option("--url", help="With --deep: the service, wss://… or ws://…; default: the public one.")
@click.option("--model", default="lucy-2.1", show_default=True, help="With --deep: the model.")
@click.option(
    "--key-env",
    default=KEY_VARIABLE,
    show_default=True,
    metavar="NAME",
    help="With --deep: environment variable that holds the API key.",
)
@click.option(
    "--network",
    type=click.Choice(list(PROFILES)),
    metavar="PROFILE",
    help="Emulate a network in between, wifi-edge for example.",
)
@click.option(
    "--require",
    type=click.Choice([level.word for level in sorted(Level)]),
    default=Level.FAIR.word,
    show_default=True,
    help="The least quality that is a pass.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def preflight_command(
    deep: bool,
    stun: tuple[str, ...],
    url: str | None,
    model: str,
    key_env: str,
    network: str | None,
    require: str,
    as_json: bool,
) -> None:
    """Say whether a session would go well from here, and what to do where not.

    Without --deep no session is opened: STUN servers are asked over IPv4 and IPv6, within 6 s.
    Times are in ms.

    Exit codes: 0 as good as required, 1 worse, 2 bad input, 3 nothing was measured, or
    this machine was too busy to measure with, 4 no network, or no session could be had,
    5 a fault of this tool or machine.

    \b
    Examples:
      g2gbench preflight
      g2gbench preflight --deep --url ws://127.0.0.1:8765 --network wifi-edge
    """
    link = directions(PROFILES[network].directions) if network else None
    _check_options(deep, url, model)
    if deep:
        if stun:
            raise InputError("--stun: a deep preflight asks no STUN server; leave one of them out")
        key = os.environ.get(key_env)
        if not key:
            raise InputError(f"${key_env} is not set: --deep needs an API key in it")
        verdict = asyncio.run(try_session(Unshown(key), url, model, link))
    else:
        verdict = asyncio.run(ask_stun(_servers(stun), link))
    if as_json:
        facts: dict[str, object] = document(verdict, deep=deep)
        click.echo(json.dumps({**facts, "exit_code": _status(verdict, require)}, indent=2))
    else:
        click.echo("\n".join(lines(verdict, deep=deep)))
    sys.exit(_status(verdict, require))


def _check_options(deep: bool, url: str | None, model: str) -> None:
    """Raise InputError for what --deep cannot use, and for what means nothing without it."""
    context = click.get_current_context()
    given = [
        name
        for name in ("url", "model", "key_env")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if not deep and given:
        option = f"--{given[0].replace('_', '-')}"
        raise InputError(
            f"{option}: no session is opened without --deep; add it, or leave this out"
        )
    if model not in SERVICE_MODELS:
        known = ", ".join(SERVICE_MODELS)
        raise InputError(f"--model: {model!r} is no known model; known: {known}")
    if url is not None and not url.startswith(("ws://", "wss://")):
        raise InputError(f"--url is {shown_url(url)!r}; allowed: ws://… or wss://…")


def _servers(urls: tuple[str, ...]) -> list[StunServer]:
    try:
        return [StunServer.parse(url) for url in urls or DEFAULT_SERVERS]
    except ValueError as error:
        raise InputError(f"--stun: {error}") from None


def _status(verdict: Verdict, require: str) -> ExitCode:
    metrics = verdict.metrics
    if metrics.get("error") or metrics.get("transport") == "failed":
        return ExitCode.UNREACHABLE
    if metrics.get("invalid_because") or verdict.level is None or metrics.get("sample_count") == 0:
        return ExitCode.INVALID
    enough = verdict.level >= Level[require.upper()]
    return ExitCode.PASS if enough else ExitCode.FAIL
