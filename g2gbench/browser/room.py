"""The client's side of a room's signalling: LiveKit v1, one peer connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import websockets.asyncio.client
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

import g2gbench
from g2gbench.errors import G2GBenchError

log = logging.getLogger(__name__)
JOIN_S: Final = 10.0
_DEFAULT_PING_S: Final = 10.0
# At level DEBUG the library logs the request, and with it the token.
_NO_LOG = logging.getLogger("g2gbench.browser.socket")
_NO_LOG.disabled = True


class RoomFailed(G2GBenchError):  # noqa: N818 - says what happened
    """The room could not be joined, or was lost."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A video track that somebody else publishes."""

    identity: str
    participant_sid: str
    sid: str


class RoomSignalling:
    """One participant's signalling socket.

    Args:
        on_message: called with every message of the room after its welcome, by its kind.
        on_lost: called once when the socket is lost or the room sends us away.

    """

    def __init__(
        self, on_message: Callable[[str, object], None], on_lost: Callable[[str], None]
    ) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._socket: websockets.asyncio.client.ClientConnection | None = None
        self._outbox: asyncio.Queue[rtc.SignalRequest] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, url: str, token: str) -> rtc.JoinResponse:
        """Join; the room's welcome. Raises RoomFailed, whose words never hold the token."""
        address = f"{url.rstrip('/')}/rtc/v1?join_request={join_request()}"
        try:
            async with asyncio.timeout(JOIN_S):
                socket = await websockets.asyncio.client.connect(
                    address,
                    additional_headers={"Authorization": f"Bearer {token}"},
                    proxy=None,
                    max_size=None,
                    logger=_NO_LOG,
                )
                self._socket = socket
                welcome = _response(await socket.recv())
        except (InvalidHandshake, InvalidURI, OSError, TimeoutError, ConnectionClosed) as error:
            raise RoomFailed(f"the room could not be joined ({type(error).__name__})") from None
        if welcome is None or welcome.WhichOneof("message") != "join":
            raise RoomFailed("the room did not begin with a welcome")
        ping_s = welcome.join.ping_interval or _DEFAULT_PING_S
        for work in (self._read(socket), self._write(socket), self._ping(ping_s)):
            self._tasks.append(asyncio.create_task(work))
        return welcome.join

    def send(self, **message: Any) -> None:
        """Send one message: its kind and its content, as a keyword."""
        self._outbox.put_nowait(rtc.SignalRequest(**message))

    async def leave(self) -> None:
        """Say goodbye and close; safe to call again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is None:
            return
        goodbye = rtc.SignalRequest(
            leave=rtc.LeaveRequest(reason=models.DisconnectReason.CLIENT_INITIATED)
        )
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._socket.send(goodbye.SerializeToString())
                await self._socket.close()

    async def _read(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        reason = "the room's signalling was closed"
        with contextlib.suppress(ConnectionClosed):
            async for data in socket:
                message = _response(data)
                kind = message.WhichOneof("message") if message is not None else None
                if message is None or kind is None:
                    continue
                if kind == "leave":
                    reason = "the room sent us away"
                    break
                self._on_message(kind, getattr(message, kind))
        self._on_lost(reason)

    async def _write(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # whoever reads notices
            while True:
                message = await self._outbox.get()
                await socket.send(message.SerializeToString())

    async def _ping(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self.send(ping_req=rtc.Ping(timestamp=time.time_ns() // 1_000_000))


def videos_of(participants: Any) -> Iterator[Theirs]:
    """The video tracks that these participants publish."""
    for one in participants:
        if one.state == models.ParticipantInfo.DISCONNECTED:
            continue
        for track in one.tracks:
            if track.type == models.TrackType.VIDEO:
                yield Theirs(one.identity, one.sid, track.sid)


def candidate_init(trickle: Any) -> dict[str, Any] | None:
    """A candidate of the room's as the page takes it; None for one that says nothing."""
    try:
        found = json.loads(trickle.candidateInit)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("candidate") else None


def join_request() -> str:
    """Return who asks to join, and how, as part of an address."""
    join = rtc.JoinRequest(
        client_info=models.ClientInfo(
            sdk=models.ClientInfo.JS,
            version=g2gbench.__version__,
            protocol=16,
            os="linux",
            browser="chromium",
        ),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=False),
    )
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP,
        join_request=gzip.compress(join.SerializeToString()),
    )
    return quote(base64.urlsafe_b64encode(wrapped.SerializeToString()).decode())


def _response(data: str | bytes) -> rtc.SignalResponse | None:
    if isinstance(data, str):
        return None
    message = rtc.SignalResponse()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message
