"""The error of every kind of room that cannot be had."""

from __future__ import annotations

from g2gbench.errors import UnreachableError


class RoomUnavailable(UnreachableError):  # noqa: N818 - says what happened
    """There is no room to be had: the message says why, and what to do."""
