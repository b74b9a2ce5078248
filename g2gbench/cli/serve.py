"""``g2gbench serve``: the emulated service, for any client that speaks its protocol."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from g2gbench.cli.served import Addresses, ServiceOutput, Stopping
from g2gbench.cli.signals import stop_signals
from g2gbench.errors import FaultError, InputError, UnreachableError
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.process.local_http import is_loopback
from g2gbench.process.spawn import ChildLost
from g2gbench.scenario.fields.rules import FrameSize, Size
from g2gbench.scenario.problems import Refused
from g2gbench.secrecy import Unshown, shown_url
from g2gbench.service.admin import Admin
from g2gbench.service.app import Restamp, Service, ServiceSettings
from g2gbench.service.models import DEFAULT_MODEL, KNOWN, Picture
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import (
    EmbeddedRoom,
    HostSettings,
    LivekitServerRoom,
    RoomChoice,
    UrlRoom,
    WorkerSettings,
)
from g2gbench.service.room import livekit_server
from g2gbench.service.room.unavailable import RoomUnavailable
from g2gbench.service.session import SessionRules
from g2gbench.service.stun import StunServer
from g2gbench.service.transforms import TRANSFORMS
from g2gbench.trial.plan import SERVICE_MAX_BITRATE_BPS, START_BITRATE_KBPS

KEY_VARIABLE = "G2GBENCH_SERVE_KEY"
LOOPBACK = "127.0.0.1"
ROOM_VARIABLES = ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
_OWN_ROOMS = ("embedded", "livekit-server")
_PORT = click.IntRange(0, 65535)


@click.command("serve", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8765, show_default=True, type=_PORT, help="TCP port; 0: any.")
@click.option(
    "--host",
    default=LOOPBACK,
    show_default=True,
    help="IPv4 address of this machine to listen at, rooms included, for clients of other ones.",
)
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
@click.option(
    "--output-size",
    metavar="WxH",
    help="Size of the pictures that models send; default: each model's own. Clients that read "
    "markers must find it out.",
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
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, the address first.")
def serve_command(**given: Any) -> None:
    """Run the emulated service until SIGTERM or Ctrl-C.

    Clients of this machine alone reach it, unless --host names an address of this machine that
    others reach. Exit codes: 0 stopped, 2 bad input, 4 the server of --room is not reached or
    refuses, 5 a room or worker of this machine did not start.

    \b
    Examples:
      g2gbench serve --port 8765 --processing-ms 40
      g2gbench serve --host 192.0.2.7
    """
    options = ServeOptions(**given)
    settings = _settings(options, ENVIRONMENT)
    output = ServiceOutput(as_json=options.as_json)
    asyncio.run(_serve(settings, options.admin_port, output))


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOptions:
    """The command's options, as click hands them over."""

    port: int
    host: str
    admin_port: int | None
    models: tuple[str, ...]
    output_size: str | None
    transform: str
    restamp: Restamp
    processing_ms: float
    keys: tuple[str, ...]
    queue: int
    queue_seconds: float
    sessions: int
    waiting: int
    max_session_seconds: float | None
    room: str
    as_json: bool


def _settings(options: ServeOptions, environment: Mapping[str, str]) -> ServiceSettings:
    """Return the settings that the options ask for. Raises InputError."""
    address = _address(options.host)
    size = _size(options.output_size)
    models = {name: KNOWN[name] for name in options.models or KNOWN}
    if size is not None:
        models = {
            name: Picture(size.width, size.height, picture.fps) for name, picture in models.items()
        }
    first = next(iter(models.values()))
    host = HostSettings(
        WorkerSettings(
            transform=options.transform,
            marker="v1",
            output_size=(first.width, first.height),
            fps=first.fps,
            codec="vp8",
            max_bitrate_bps=SERVICE_MAX_BITRATE_BPS,
            processing=Processing(options.processing_ms / 1000),
        ),
        _room(options.room, address, environment),
    )
    return ServiceSettings(
        host,
        models,
        address=address,
        port=options.port,
        keys=options.keys or None,
        seats=options.sessions,
        waiting=options.waiting,
        restamp=options.restamp,
        rules=SessionRules(
            queue=options.queue,
            place_s=options.queue_seconds,
            longest_s=options.max_session_seconds,
        ),
    )


def _size(text: str | None) -> Size | None:
    """The size that the pictures shall have. Raises InputError."""
    try:
        return None if text is None else FrameSize().parse(text)
    except Refused as error:
        allowed = ", ".join(error.allowed)
        raise InputError(f"--output-size {text}: {allowed} is needed") from error


def _address(host: str) -> str:
    """The address to listen at, which clients are sent, too. Raises InputError."""
    words = "an IPv4 address of this machine is needed, that clients can reach"
    try:
        address = ipaddress.IPv4Address(LOOPBACK if host == "localhost" else host)
    except ValueError as error:
        raise InputError(f"--host {host}: {words}") from error
    if address.is_unspecified or address.is_multicast:
        raise InputError(f"--host {host}: {words}; rooms have to name one")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        raise InputError(f"--host {host}: {error.strerror}; {words}") from error
    return str(address)


def _room(room: str, address: str, environment: Mapping[str, str]) -> RoomChoice:
    """The room that is asked for. Raises InputError."""
    if room == "embedded":
        return EmbeddedRoom(start_bitrate_kbps=START_BITRATE_KBPS, host=address)
    if room == "livekit-server":
        if not is_loopback(address):
            raise InputError(
                f"--room {room} with --host {address}: it is started for clients of this machine; "
                "start one that others reach, and give its URL to --room"
            )
        if livekit_server.find(None, environment) is None:
            raise InputError(f"--room {room}: there is none here: {livekit_server.ENABLE}")
        return LivekitServerRoom()
    if not room.startswith(("ws://", "wss://")):
        allowed = f"{', '.join(_OWN_ROOMS)}, and a URL that begins with ws:// or wss://"
        raise InputError(f"--room {room}: {allowed} are allowed")
    key, secret = (environment.get(name) for name in ROOM_VARIABLES)
    if not key or not secret:
        raise InputError(f"--room {shown_url(room)}: ${' and $'.join(ROOM_VARIABLES)} must be set")
    return UrlRoom(room, Unshown(key), Unshown(secret))


async def _serve(settings: ServiceSettings, admin_port: int | None, output: ServiceOutput) -> None:
    with stop_signals(lambda: output.happened(Stopping())) as stop:
        service = Service(settings, output.happened)
        admin = Admin(service)
        stun = StunServer()
        try:
            port = await _started(service, settings)
            stun_port = await _answer_stun(stun, settings, port)
            if admin_port is not None:
                try:
                    admin_port = await admin.start(admin_port)
                except OSError as error:
                    raise _taken("--admin-port", admin_port, error) from error
            output.serving(Addresses(settings, port, stun_port, admin_port))
            await stop.wait()
        finally:
            stun.stop()
            await admin.stop()
            await service.stop()


async def _started(service: Service, settings: ServiceSettings) -> int:
    """The port at which the service listens, with a room and a worker ready.

    Raises InputError for a port that is taken, UnreachableError for a room on a server that is not
    ours, FaultError for what ran here and ended.
    """
    room = settings.host.room
    try:
        return await service.start(room_needed=True)
    except OSError as error:
        raise _taken("--port", settings.port, error) from error
    except RoomUnavailable as error:
        if isinstance(room, UrlRoom):
            raise UnreachableError(f"--room {shown_url(room.url)}: {error}") from error
        raise FaultError(f"--room {room.kind}: {error}") from error
    except ChildLost as error:
        raise FaultError(f"nothing can be served: {error}") from error


async def _answer_stun(stun: StunServer, settings: ServiceSettings, port: int) -> int:
    """Answer STUN at the UDP port of the same number, or at any other where that is taken."""
    try:
        return await stun.start(settings.address, port)
    except OSError:
        return await stun.start(settings.address)


def _taken(option: str, port: int, error: OSError) -> InputError:
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return InputError(f"{option} {port}: {reason}; choose another one")
