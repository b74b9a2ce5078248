"""The error of every kind of room that cannot be had."""

from __future__ import annotations

from g2gbench.errors import UnreachableError
from g2gbench.process.spawn import Child, ChildLost
from g2gbench.service.room.plan import RoomReady


class RoomUnavailable(UnreachableError):  # noqa: N818 - says what happened
    """There is no room to be had: the message says why, and what to do."""


async def ready_or_unavailable(room: Child[RoomReady], seconds: float) -> RoomReady:
    """Return the ready message of a room's process.

    Raises RoomUnavailable with the reason that it gives, ChildLost when it gives none.
    """
    try:
        return await room.ready(seconds)
    except ChildLost as lost:
        if lost.reason:
            raise RoomUnavailable(lost.reason) from lost
        raise
