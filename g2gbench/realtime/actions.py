"""Actions that a session's state machine asks of its edge. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from g2gbench.realtime import protocol
from g2gbench.realtime.errors import RealtimeError
from g2gbench.realtime.events import Event


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Open the signalling socket of an attempt."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message over the attempt's socket."""

    attempt: int
    message: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """Join the room."""

    attempt: int
    room: protocol.RoomInfo


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish the local track, and take the remote one."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand the remote stream to the caller: what it shows is as it was asked for."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Close:
    """Free all that belongs to an attempt."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell whoever listens."""

    event: Event


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """A prompt or image was answered, or never will be."""

    ticket: int
    error: RealtimeError | None


@dataclass(frozen=True, slots=True)
class Connected:
    """The session is connected, for the first time or again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session has ended for good: by an error, or because it was left."""

    error: RealtimeError | None


Action: TypeAlias = (
    OpenSocket
    | Send
    | JoinRoom
    | Publish
    | Deliver
    | Close
    | Emit
    | ResolveRequest
    | Connected
    | Ended
)
