"""One client's WebSocket, its state machine, its room and worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSMsgType, web

from g2gbench.process.message import Lost, Message
from g2gbench.process.spawn import ChildLost
from g2gbench.service.actions import (
    Abort,
    Action,
    Apply,
    Close,
    KillWorker,
    OpenRoom,
    Reply,
    SendRaw,
    Stall,
)
from g2gbench.service.models import Picture
from g2gbench.service.plan import (
    Applied,
    FirstFrame,
    ServiceEvent,
    SessionEnded,
    SessionStarted,
)
from g2gbench.service.session import LEFT, ServiceSession
from g2gbench.service.session_host import RoomUnavailable, SessionHost
from g2gbench.service.signalling_faults import SignallingFaults

log = logging.getLogger(__name__)
GOODBYE_S = 1.0
_MOST_WAITING = 1000  # messages for a client that takes none
_RoomInfo = tuple[str, str, str, str]


class Surroundings(Protocol):
    """Service as its connections use it."""

    async def take_host(self, picture: Picture) -> SessionHost:
        """A room and a worker; see ``HostPool.take``."""

    def ask_seat(self, connection: Connection) -> None:
        """Have ``open_room`` called when there is a seat, and the place in the line told."""

    def on_host_message(self, process: str, message: Message) -> None:
        """Word from the session's room or worker."""

    def report(self, event: ServiceEvent) -> None:
        """Something happened to the session."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Query of a client's socket."""

    model: str
    picture: Picture
    restamp: bool


class Connection:
    """Carries out what the session decides; everything that is sent goes through one queue."""

    def __init__(
        self,
        service: Surroundings,
        request: web.BaseRequest,
        websocket: web.WebSocketResponse,
        state: ServiceSession,
        asked: Asked,
    ) -> None:
        self.state = state
        self.asked = asked
        self.host: SessionHost | None = None
        self._service = service
        self._request = request
        self._websocket = websocket
        self._reason = ""
        self._outbox: asyncio.Queue[Reply | SendRaw | Close] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None
        self._writer = asyncio.ensure_future(self._write())
        self._end: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until the client leaves, or the session is over."""
        self.perform([])
        async for message in self._websocket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.perform(self.state.receive(message.data, now_ns=time.monotonic_ns()))

    def perform(self, actions: list[Action]) -> None:
        """Carry out what was decided, and be there when the next thing is due."""
        for action in actions:
            if isinstance(action, Reply | SendRaw | Close):
                self._send(action)
            elif isinstance(action, Abort):
                self._drop(action.reason)
            elif isinstance(action, OpenRoom):
                self._service.ask_seat(self)
            elif self.host is not None:
                self._command(self.host, action)
        self._arm()

    def open_room(self) -> None:
        """There is a seat: make the room, in the background."""
        if self._end is None:
            self._opening = asyncio.ensure_future(self._open())

    def misbehave(self, faults: SignallingFaults) -> None:
        """From now on these things go wrong."""
        self.state.misbehave(faults, now_ns=time.monotonic_ns())
        self._arm()

    def snapshot(self) -> dict[str, object]:
        """Return the state of the session."""
        state, picture, host = self.state, self.asked.picture, self.host
        return {
            "session_id": None if host is None else host.session_id,
            "room_name": None if host is None else host.room_name,
            "model": self.asked.model,
            "size": [picture.width, picture.height],
            "joined": state.joined,
            "generating": state.generating,
            "seconds": state.seconds,
        }

    async def close(self, reason: str) -> None:
        """End the session; whoever asks again waits for the same end."""
        if self._end is None:
            self._end = asyncio.ensure_future(self._close(reason))
        await asyncio.shield(self._end)

    # -- what happens

    def _on_host_message(self, process: str, message: Message) -> None:
        self._service.on_host_message(process, message)
        now_ns = time.monotonic_ns()
        if isinstance(message, Applied):
            self.perform(self.state.applied(message.ticket))
        elif isinstance(message, FirstFrame):
            self.perform(self.state.media_flows(now_ns=now_ns))
        elif isinstance(message, Lost):
            self.perform(self.state.fail(message.reason, now_ns=now_ns))

    async def _open(self) -> None:
        """The initial state may come, and be acknowledged, before the room is there."""
        try:
            self.host = host = await self._service.take_host(self.asked.picture)
        except (ChildLost, RoomUnavailable) as error:
            self.perform(self.state.fail(str(error), now_ns=time.monotonic_ns()))
            return
        host.on_message = self._on_host_message
        host.restamp(self.asked.restamp)
        info: _RoomInfo = (
            host.url,
            host.token("client-" + secrets.token_hex(6)),
            host.room_name,
            host.session_id,
        )
        self.perform(self.state.room_info(*info, now_ns=time.monotonic_ns()))
        size = (self.asked.picture.width, self.asked.picture.height)
        self._service.report(SessionStarted(host.session_id, self.asked.model, size))

    def _command(self, host: SessionHost, action: Action) -> None:
        if isinstance(action, Apply):
            host.apply(action.ticket, action.prompt, action.image)
        elif isinstance(action, Stall):
            host.stall(action.seconds)
        elif isinstance(action, KillWorker):
            host.kill_worker()

    # -- time

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        next_ns = self.state.next_ns
        if next_ns is not None and self._end is None:
            wait_s = max(0, next_ns - time.monotonic_ns()) / 1e9
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._due)

    def _due(self) -> None:
        self.perform(self.state.advance(now_ns=time.monotonic_ns()))

    # -- the socket

    def _send(self, action: Reply | SendRaw | Close) -> None:
        if isinstance(action, Close):
            self._reason = self._reason or action.reason
        if self._outbox.qsize() < _MOST_WAITING:
            self._outbox.put_nowait(action)
        else:
            self._drop("the client takes no messages")

    def _drop(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._writer.cancel()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                action = await self._outbox.get()
                if isinstance(action, Reply):
                    await self._websocket.send_json(action.message)
                elif isinstance(action, Close):
                    await self._websocket.close()
                    return
                elif isinstance(action.data, bytes):
                    await self._websocket.send_bytes(action.data)
                else:
                    await self._websocket.send_str(action.data)

    # -- the end

    async def _close(self, reason: str) -> None:
        self.perform(self.state.end(reason, now_ns=time.monotonic_ns()))
        self._arm()
        opening = self._opening
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(self._writer, return_exceptions=True), GOODBYE_S)
        if not self._websocket.closed:
            self._drop(LEFT)  # a frozen client takes nothing
        if self.host is not None:
            ended = SessionEnded(
                self.host.session_id, self.asked.model, self.state.seconds, self._reason
            )
            self._service.report(ended)
