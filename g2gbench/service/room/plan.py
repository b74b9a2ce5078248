"""The plan of a room's process. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from g2gbench.process.message import Message
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import EmbeddedRoom, LivekitServerRoom


@dataclass(frozen=True, slots=True)
class RoomReady(Message):
    """A room's process takes clients at a TCP port.

    ``pid``: of the process that carries its media, where that is another one.
    """

    port: int
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedRoomPlan(Message):
    """The embedded room: ``name`` is the room's, tokens are signed with the keys.

    ``port``: TCP; 0: any.
    """

    settings: EmbeddedRoom
    name: str
    api_key: Unshown
    api_secret: Unshown
    port: int = 0


@dataclass(frozen=True, slots=True)
class LivekitServerPlan(Message):
    """A livekit-server: the only keys that it knows. Rooms are made by who joins them."""

    settings: LivekitServerRoom
    api_key: Unshown
    api_secret: Unshown
