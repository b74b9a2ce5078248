"""The edge of one attempt: its signalling socket and its tasks; the media is a subclass's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from g2gbench.media.frames import RemoteFrame
from g2gbench.realtime import protocol
from g2gbench.realtime.actions import Action
from g2gbench.realtime.errors import ErrorCode, RealtimeError, from_status
from g2gbench.realtime.options import VideoConfig
from g2gbench.realtime.protocol import RoomInfo
from g2gbench.realtime.session_state import SessionStateMachine
from g2gbench.realtime.stats_watch import Scalar
from g2gbench.realtime.streams import PublishedStream, RemoteStream

log = logging.getLogger(__name__)
STATS_S = 1.0
_GOODBYE_S = 2.0
_MAX_MESSAGE = 1 << 24

# At level DEBUG the library logs the request line, and with it the key.
_NO_LOG = logging.getLogger("g2gbench.realtime.socket")
_NO_LOG.disabled = True


@dataclass(frozen=True, slots=True)
class Hooks:
    """Callbacks of an attempt to its session, beside the inputs of its state machine."""

    feed: Callable[[list[Action]], None]
    sampled: Callable[[int, dict[str, Scalar]], None]
    sampling_failed: Callable[[str], None]
    frame: Callable[[RemoteFrame], None]
    room_changed: Callable[[str], None]


class Connection(ABC):
    """One attempt. Every outcome is fed to the machine under the attempt's number.

    What carries the media, the LiveKit package or a browser's page, is a subclass.
    """

    def __init__(self, number: int, machine: SessionStateMachine, hooks: Hooks) -> None:
        self._number = number
        self._machine = machine
        self._hooks = hooks
        self._socket: websockets.asyncio.client.ClientConnection | None = None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: set[asyncio.Future[object]] = set()
        self._seen = False
        self._closing = False

    # -- the media

    @property
    @abstractmethod
    def streams(self) -> Sequence[RemoteStream]:
        """The remote streams so far; the newest is the last."""

    @abstractmethod
    def join(self, info: RoomInfo) -> None:
        """Join the room."""

    @abstractmethod
    def publish(self, local: PublishedStream | None, sending: VideoConfig) -> None:
        """Publish the local track, then take the remote one; without a local one, take it now."""

    @abstractmethod
    def deliver(self) -> None:
        """Read the newest remote stream from now on."""

    @abstractmethod
    async def sample(self) -> None:
        """Take one snapshot of the statistics now."""

    @abstractmethod
    def _goodbyes(self) -> list[Awaitable[object]]:
        """Return the steps that free the media; each has its time, and may fail."""

    def _not_published(self, reason: str) -> None:
        """The local track could not be published."""
        text = f"the local track could not be published{reason}"
        self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, text))

    def _received(self, frame: RemoteFrame) -> None:
        """A remote frame was handed over."""
        if not self._seen:
            self._seen = True
            height, width = frame.luma.shape
            actions = self._machine.first_frame(self._number, width, height, frame.received_ns)
            self._hooks.feed(actions)
        self._hooks.frame(frame)

    async def _poll(self) -> None:
        """Take a snapshot once a second."""
        while True:
            await self.sample()
            await asyncio.sleep(STATS_S)

    # -- signalling

    def open(self, url: str) -> None:
        """Open the socket; ``url`` holds the key and is written nowhere."""
        self._later(self._signal(url))

    def send(self, message: dict[str, object]) -> None:
        """Send one message, after those before it."""
        self._outbox.put_nowait(json.dumps(message))

    async def _signal(self, url: str) -> None:
        try:
            self._socket = socket = await websockets.asyncio.client.connect(
                url,
                open_timeout=None,  # the machine's
                ping_interval=protocol.PING_S,
                max_size=_MAX_MESSAGE,
                proxy=None,
                logger=_NO_LOG,
            )
        except InvalidHandshake as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            self._fail(
                from_status(status)
                if status
                else _socket_error(f"the service could not be reached: {type(error).__name__}")
            )
            return
        except (OSError, TimeoutError, InvalidURI, ConnectionClosed) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
            self._fail(
                _socket_error(f"the service could not be reached: {reason or type(error).__name__}")
            )
            return
        self._feed(self._machine.socket_opened)
        self._later(self._write(socket))
        reason = ""
        try:
            async for frame in socket:
                self._feed(self._machine.received, frame)
        except ConnectionClosed as closed:
            reason = closed.rcvd.reason if closed.rcvd is not None else ""
        words = f": {reason}" if reason else ""
        self._fail(_socket_error(f"the signalling connection was closed{words}"))

    async def _write(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # whoever reads notices
            while True:
                await socket.send(await self._outbox.get())

    # -- the end

    async def close(self) -> None:
        """Leave the room and the service, and free everything."""
        self._closing = True
        for stream in self.streams:
            stream.ended.set()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        goodbyes = self._goodbyes()
        if self._socket is not None:
            goodbyes.append(self._socket.close())
        for goodbye in goodbyes:
            # The LiveKit package may cancel a stream's own task while it ends in two ways at once:
            # that must not keep the room and the socket open.
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(goodbye, _GOODBYE_S)

    def _feed(self, transition: Callable[..., list[Action]], *detail: object) -> None:
        if not self._closing:
            self._hooks.feed(transition(self._number, *detail, time.monotonic_ns()))

    def _fail(self, error: RealtimeError) -> None:
        self._feed(self._machine.failed, error)

    def _later(self, work: Any) -> asyncio.Future[Any]:
        task: asyncio.Future[object] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log.error("an internal task broke", exc_info=error)
            self._fail(
                RealtimeError(
                    ErrorCode.WEBRTC_SIGNALING_ERROR, f"an internal error: {type(error).__name__}"
                )
            )


def _socket_error(text: str) -> RealtimeError:
    return RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, text)
