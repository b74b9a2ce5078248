"""The error of every kind of room that cannot be had."""

from __future__ import annotations

from typing import Any

from g2gbench.errors import UnreachableError
from g2gbench.process.spawn import Child, ChildLost


class RoomUnavailable(UnreachableError):  # noqa: N818 - says what happened
    """There is no room to be had: the message says why, and what to do."""


async def ready_or_unavailable(room: Child, seconds: float, *needed: str) -> dict[str, Any]:
    """What a room's process says when it is ready; raises RoomUnavailable with what it says else.

    Raises ChildLost when it says nothing of the kind.
    """
    try:
        return await room.ready(seconds, "port", *needed)
    except ChildLost as lost:
        if "error" in lost.said:
            raise RoomUnavailable(lost.said["error"]) from lost
        raise
