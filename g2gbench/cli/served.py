"""Output of ``g2gbench serve``: lines for a person, JSON for a program, an object a line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import click

from g2gbench.process.message import Lost
from g2gbench.secrecy import shown_url
from g2gbench.service.app import STREAM_PATH, ServiceSettings
from g2gbench.service.plan import (
    ClientRefused,
    ProcessReport,
    ServiceEvent,
    SessionEnded,
    SessionStarted,
    UrlRoom,
)


@dataclass(frozen=True, slots=True)
class Stopping(ServiceEvent):
    """The service was asked to stop."""


_NAMES: Final[Mapping[type[ServiceEvent], str]] = {
    SessionStarted: "session_started",
    SessionEnded: "session_ended",
    ClientRefused: "client_refused",
    Stopping: "stopping",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports at the service's address; ``admin``: None: none."""

    settings: ServiceSettings
    port: int
    stun: int
    admin: int | None

    @property
    def base(self) -> str:
        """The base URL of the signalling."""
        return f"ws://{self.settings.address}:{self.port}"

    @property
    def http(self) -> str:
        """The base URL of the routes."""
        return f"http://{self.settings.address}:{self.port}"

    @property
    def stun_url(self) -> str:
        """The STUN server."""
        return f"stun:{self.settings.address}:{self.stun}"

    @property
    def admin_url(self) -> str | None:
        """URL of the service's state; None without an admin port."""
        return None if self.admin is None else f"http://127.0.0.1:{self.admin}/admin/state"


class ServiceOutput:
    """Lines about the service; once nobody reads them, none."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def serving(self, at: Addresses) -> None:
        """Print the addresses. No key: it would be in somebody's log."""
        for line in [json.dumps(_object(at))] if self._as_json else _lines(at):
            self._print(line)

    def happened(self, event: ServiceEvent) -> None:
        """Print an event that a person wants to know of."""
        if isinstance(event, ProcessReport) and not isinstance(event.message, Lost):
            return
        if self._as_json:
            self._print(json.dumps(_event_object(event)))
        else:
            self._print(_words(event), err=isinstance(event, ProcessReport | Stopping))

    def _print(self, line: str, *, err: bool = False) -> None:
        try:
            click.echo(line, err=err)
        except BrokenPipeError:
            # What is still buffered would fail again when the process ends.
            stream = sys.stderr if err else sys.stdout
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _object(at: Addresses) -> dict[str, object]:
    settings = at.settings
    return {
        "event": "serving",
        "url": at.base,
        "http_url": at.http,
        "stream_path": STREAM_PATH,
        "stun_url": at.stun_url,
        "admin_url": at.admin_url,
        "models": list(settings.models),
        "room": settings.host.room.kind,
        "sessions": settings.seats,
        "waiting": settings.waiting,
        "keys": None if settings.keys is None else len(settings.keys),
    }


def _lines(at: Addresses) -> Iterator[str]:
    settings, base, http = at.settings, at.base, at.http
    room = settings.host.room
    if isinstance(room, UrlRoom):
        rooms = f"on {shown_url(room.url)}"
    else:
        own = {"embedded": "embedded, one a session", "livekit-server": "on one livekit-server"}
        rooms = own[room.kind]
    yield f"serving {', '.join(settings.models)} at {base}{STREAM_PATH}?api_key=KEY&model=…"
    yield f"base URLs for an SDK: {base} and {http}"
    yield f'Python:     DecartClient(api_key=…, base_url="{http}", realtime_base_url="{base}")'
    yield (
        f'JavaScript: createDecartClient({{apiKey: …, baseUrl: "{http}", '
        f'realtimeBaseUrl: "{base}", telemetry: false}})'
    )
    yield (
        f"rooms: {rooms}; sessions at once: {settings.seats}; "
        f"keys: {'any' if settings.keys is None else len(settings.keys)}"
    )
    yield f"STUN: {at.stun_url}"
    if at.admin_url is not None:
        yield f"admin: {at.admin_url}"


def _event_object(event: ServiceEvent) -> dict[str, object]:
    if isinstance(event, ProcessReport) and isinstance(event.message, Lost):
        return {"event": "process_lost", "process": event.process, "reason": event.message.reason}
    return {"event": _NAMES[type(event)], **asdict(event)}  # type: ignore[call-overload] # every event is a dataclass


def _words(event: ServiceEvent) -> str:
    match event:
        case SessionStarted():
            width, height = event.size
            return f"session {event.session_id} started: {event.model}, {width}x{height}"
        case SessionEnded():
            return (
                f"session {event.session_id} ended after {event.seconds} s of video: {event.reason}"
            )
        case ClientRefused():
            return f"a client was refused: {event.reason}"
        case ProcessReport(message=Lost() as lost):
            return lost.reason
        case _:
            return "stopping"
