"""A room on a LiveKit server that is not ours: made for one session, and deleted after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from livekit import api

from g2gbench.service.room.unavailable import RoomUnavailable

log = logging.getLogger(__name__)
ANSWER_S = 10.0
_GOODBYE_S = 1.0
_EMPTY_S = 60  # nobody came
_DEPARTURE_S = 10  # everybody left: a client that comes back finds its room
_REFUSALS = (401, 403)
_OTHER_TIMES = ("not valid yet", "expired", "(nbf)", "(exp)")  # what it says of a token's times


@dataclass(frozen=True, slots=True)
class ExternalRoom:
    """One room's place on a server.

    ``playout_delay_ms``: (minimum, maximum) that receivers shall keep; None: their own choice.
    """

    url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    name: str
    playout_delay_ms: tuple[int, int] | None = None

    async def create(self) -> None:
        """Make it. Raises RoomUnavailable, never with the server's words: they hold the token."""
        try:
            async with asyncio.timeout(ANSWER_S), self._server() as server:
                await server.room.create_room(self._request())
        except api.TwirpError as error:
            if error.status in _REFUSALS and any(word in error.message for word in _OTHER_TIMES):
                raise RoomUnavailable(
                    f"the LiveKit server refused: HTTP status {error.status}; its clock and this "
                    "machine's differ: set both by the network's time"
                ) from None
            if error.status in _REFUSALS:
                raise RoomUnavailable(
                    f"the LiveKit server refused: HTTP status {error.status}; "
                    "see whether api_key and api_secret belong to its url"
                ) from None
            raise RoomUnavailable(
                f"the LiveKit server made no room: HTTP status {error.status} ({error.code})"
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
            raise RoomUnavailable(
                f"the LiveKit server could not be reached: {reason or type(error).__name__}"
            ) from None

    async def delete(self) -> None:
        """Delete it; a server that does not answer does so by itself when it is empty."""
        with contextlib.suppress(api.TwirpError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(_GOODBYE_S), self._server() as server:
                await server.room.delete_room(api.DeleteRoomRequest(room=self.name))

    def _server(self) -> api.LiveKitAPI:
        return api.LiveKitAPI(self.url, self.api_key, self.api_secret)

    def _request(self) -> api.CreateRoomRequest:
        delay: dict[str, Any] = {}
        if self.playout_delay_ms is not None:
            least, most = self.playout_delay_ms
            # Both zero mean "not set" here; one millisecond at most is what comes next to none.
            delay = {"min_playout_delay": least, "max_playout_delay": max(most, 1)}
        return api.CreateRoomRequest(
            name=self.name, empty_timeout=_EMPTY_S, departure_timeout=_DEPARTURE_S, **delay
        )
