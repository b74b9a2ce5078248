"""``g2gbench serve``: the emulated service, for any client that speaks its protocol."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from g2gbench.cli.stopping import stop_signals
from g2gbench.errors import InputError
from g2gbench.service.admin import Admin
from g2gbench.service.app import STREAM_PATH, Service, ServiceSettings
from g2gbench.service.host import HostSettings
from g2gbench.service.models import DEFAULT_MODEL, KNOWN
from g2gbench.service.session import SessionRules
from g2gbench.service.stun import StunServer
from g2gbench.service.transforms import TRANSFORMS
from g2gbench.trial.plan import SERVICE_MAX_BITRATE_BPS, START_BITRATE_KBPS

KEY_VARIABLE = "G2GBENCH_SERVE_KEY"
ROOM_VARIABLES = ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
_OWN_ROOMS = ("embedded", "livekit-server")
_PORT = click.IntRange(0, 65535)


@click.command("serve", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8765, show_default=True, type=_PORT, help="TCP port; 0: any.")
@click.option(
    "--admin-port",
    type=_PORT,
    help="Faults on request, and what goes on, at this port of 127.0.0.1 (docs/service.md).",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Choice(list(KNOWN)),
    help=f"Model to run (repeatable); default: all, {DEFAULT_MODEL} made ready ahead.",
)
@click.option("--transform", default="restyle", show_default=True, type=click.Choice(TRANSFORMS))
@click.option(
    "--restamp",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "always", "never"]),
    help="Stamp the marker of a frame on its result; auto: if pixel_latency=1 is asked for.",
)
@click.option(
    "--processing-ms",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 10_000),
    help="Time a frame is held, ms.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    envvar=KEY_VARIABLE,
    help=f"API key to let in (repeatable, or ${KEY_VARIABLE}); default: any.",
)
@click.option(
    "--queue",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="Queue positions told to a client before it gets its room.",
)
@click.option(
    "--queue-seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Time at each of them, s.",
)
@click.option(
    "--sessions",
    default=1,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Sessions at once.",
)
@click.option(
    "--waiting",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="Clients that may wait for a session; one more is refused.",
)
@click.option(
    "--max-session-seconds",
    type=click.FloatRange(1, 86_400),
    help="A session is ended after so long, s.  [default: never]",
)
@click.option(
    "--room",
    default="embedded",
    show_default=True,
    help="embedded, livekit-server, or the URL of a LiveKit server "
    f"(with ${ROOM_VARIABLES[0]} and ${ROOM_VARIABLES[1]}).",
)
def serve_command(**options: Any) -> None:
    """Run the emulated service on loopback until SIGTERM or Ctrl-C.

    \b
    Example:
      g2gbench serve --port 8765 --processing-ms 40
    """
    settings = _settings(options, os.environ)
    asyncio.run(_serve(settings, options["admin_port"]))


def _settings(options: Mapping[str, Any], environment: Mapping[str, str]) -> ServiceSettings:
    """What the options ask for. Raises InputError."""
    models = {name: KNOWN[name] for name in options["models"] or KNOWN}
    first = next(iter(models.values()))
    host = HostSettings(
        worker={
            "transform": options["transform"],
            "marker": "v1",
            "output_size": [first.width, first.height],
            "fps": first.fps,
            "codec": "vp8",
            "max_bitrate_bps": SERVICE_MAX_BITRATE_BPS,
            "processing": {"mean_s": options["processing_ms"] / 1000},
            "seed": 1,
        },
        room=_room(options["room"], environment),
    )
    return ServiceSettings(
        host,
        models,
        port=options["port"],
        keys=options["keys"] or None,
        seats=options["sessions"],
        waiting=options["waiting"],
        restamp=options["restamp"],
        rules=SessionRules(
            queue=options["queue"],
            place_s=options["queue_seconds"],
            longest_s=options["max_session_seconds"],
        ),
    )


def _room(room: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The plan of a room, as ``HostSettings`` wants it. Raises InputError."""
    if room in _OWN_ROOMS:
        return {"kind": room, "start_bitrate_kbps": START_BITRATE_KBPS}
    if not room.startswith(("ws://", "wss://")):
        allowed = f"{', '.join(_OWN_ROOMS)}, and a URL that begins with ws:// or wss://"
        raise InputError(f"--room {room}: {allowed} are allowed")
    key, secret = (environment.get(name) for name in ROOM_VARIABLES)
    if not key or not secret:
        raise InputError(f"--room {room}: ${' and $'.join(ROOM_VARIABLES)} must be set")
    return {"kind": "external", "url": room, "api_key": key, "api_secret": secret}


async def _serve(settings: ServiceSettings, admin_port: int | None) -> None:
    with stop_signals() as stop:
        service = Service(settings, _say)
        admin = Admin(service)
        stun = StunServer()
        try:
            try:
                port = await service.start()
            except OSError as error:
                raise _taken("--port", settings.port, error) from error
            _greet(settings, port)
            click.echo(f"STUN: stun:{settings.address}:{await _answer_stun(stun, settings, port)}")
            if admin_port is not None:
                try:
                    click.echo(
                        f"admin: http://127.0.0.1:{await admin.start(admin_port)}/admin/state"
                    )
                except OSError as error:
                    raise _taken("--admin-port", admin_port, error) from error
            await stop.wait()
        finally:
            stun.stop()
            await admin.stop()
            await service.stop()


async def _answer_stun(stun: StunServer, settings: ServiceSettings, port: int) -> int:
    """Answer STUN at the UDP port of the same number, or at any other where that is taken."""
    try:
        return await stun.start(settings.address, port)
    except OSError:
        return await stun.start(settings.address)


def _taken(option: str, port: int, error: OSError) -> InputError:
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return InputError(f"{option} {port}: {reason}; choose another one")


def _greet(settings: ServiceSettings, port: int) -> None:
    """What to connect to. No key: it would be in somebody's log."""
    base, http = (f"{scheme}://{settings.address}:{port}" for scheme in ("ws", "http"))
    names = ", ".join(settings.models)
    kind = settings.host.room.get("kind", "embedded")
    rooms = {
        "embedded": "embedded, one a session",
        "livekit-server": "on one livekit-server",
        "external": f"on {settings.host.room.get('url')}",
    }[kind]
    for line in (
        f"serving {names} at {base}{STREAM_PATH}?api_key=KEY&model=…",
        f"base URLs for an SDK: {base} and {http}",
        f'Python:     DecartClient(api_key=…, base_url="{http}", realtime_base_url="{base}")',
        f'JavaScript: createDecartClient({{apiKey: …, baseUrl: "{http}", '
        f'realtimeBaseUrl: "{base}", telemetry: false}})',
        f"rooms: {rooms}; sessions at once: {settings.seats}; "
        f"keys: {'any' if settings.keys is None else len(settings.keys)}",
    ):
        click.echo(line)


def _say(message: dict[str, Any]) -> None:
    """One line for what a person wants to know; once nobody reads them, there are none."""
    try:
        _print(message)
    except BrokenPipeError:
        # What is still buffered would fail again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(message: dict[str, Any]) -> None:
    event = message.get("event")
    if event == "session_started":
        width, height = message["size"]
        model = message["model"]
        click.echo(f"session {message['session_id']} started: {model}, {width}x{height}")
    elif event == "session_ended":
        seconds, reason = message["seconds"], message["reason"]
        click.echo(f"session {message['session_id']} ended after {seconds} s of video: {reason}")
    elif event == "client_refused":
        click.echo(f"a client was refused: {message['reason']}")
    elif "lost" in message:
        click.echo(message["lost"], err=True)
