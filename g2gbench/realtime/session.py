"""A realtime session: its machine, the connection of the attempt that runs, and its events."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING

from g2gbench.media.frames import RemoteFrame
from g2gbench.realtime import actions as act
from g2gbench.realtime import events, images
from g2gbench.realtime.connection import Connection, Hooks
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import ConnectionState, Event
from g2gbench.realtime.live_latency import LiveLatency
from g2gbench.realtime.options import ConnectOptions
from g2gbench.realtime.protocol import IMAGE_TIMEOUT_S, PROMPT_TIMEOUT_S, StyleRequest
from g2gbench.realtime.room_connection import RoomConnection
from g2gbench.realtime.session_state import SessionStateMachine
from g2gbench.realtime.stats_watch import Scalar, StatsWatch
from g2gbench.realtime.streams import PublishedStream, RemoteStream

if TYPE_CHECKING:
    from g2gbench.quality import Verdict

_KEPT_EVENTS = 4096

Connector = Callable[[int, SessionStateMachine, Hooks], Connection]
"""Makes the connection of an attempt."""


class Session:
    """A session with the service, made by ``RealtimeClient.connect``.

    It reconnects by itself after an unexpected loss; ``remote_stream`` is another one then. It ends
    when it is left, or when no attempt to reconnect succeeded.
    """

    def __init__(
        self,
        options: ConnectOptions,
        url: str,
        style: StyleRequest,
        local: PublishedStream | None,
        *,
        owns_local: bool,
        g2g: LiveLatency | None = None,
        connector: Connector = RoomConnection,
    ) -> None:
        self._connector = connector
        self.local_stream = local
        self.remote_stream: RemoteStream | None = None
        self._options = options
        self._url = url
        self._owns_local = owns_local
        self._g2g = g2g
        self._machine = SessionStateMachine(
            style, publishes=local is not None, reconnects=options.reconnect
        )
        self._watch = StatsWatch(options.video.max_bitrate)
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._closing: set[asyncio.Future[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._over = asyncio.Event()
        self._error: RealtimeError | None = None
        self._kept: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self._counted = 0
        self._listeners: set[asyncio.Event] = set()
        self._delivered = asyncio.Event()

    def __repr__(self) -> str:
        """Without the URL: it holds the key."""
        return f"<Session {self.session_id or '-'} {self.state.value}>"

    # -- what it is

    @property
    def state(self) -> ConnectionState:
        """State of the session."""
        return self._machine.state

    @property
    def is_connected(self) -> bool:
        """Whether it is connected or generating."""
        return self.state in (ConnectionState.CONNECTED, ConnectionState.GENERATING)

    @property
    def session_id(self) -> str | None:
        """The service's id of the session; None while there is none."""
        return self._machine.session_id

    @property
    def subscribe_token(self) -> str | None:
        """Token for a read-only viewer; None while there is no session."""
        return self._machine.subscribe_token

    @property
    def connection_quality(self) -> Verdict | None:
        """The verdict that holds; None before the first two samples."""
        return self._watch.quality

    @property
    def error(self) -> RealtimeError | None:
        """Error that ended the session; None while it lives, and when it was left."""
        return self._error

    # -- what it can be asked

    async def set_prompt(
        self, prompt: str, enhance: bool = True, timeout: float = PROMPT_TIMEOUT_S
    ) -> None:
        """Change the prompt and wait for the service's ack; ``timeout`` in seconds.

        Raises RealtimeError: at once when the session is not connected or the prompt is empty, else
        when the ack refuses, does not come in time, or the socket is lost.
        """
        if not prompt:
            raise RealtimeError(ErrorCode.INVALID_INPUT, "a prompt needs a text")
        await self._ask(StyleRequest(prompt, enhance), timeout)

    async def set_image(
        self,
        image: images.Image | None,
        prompt: str | None = None,
        enhance: bool | None = None,
        timeout: float = IMAGE_TIMEOUT_S,
    ) -> None:
        """Change the reference image (base64 text, bytes or a path; None clears it), and wait.

        ``prompt`` and ``enhance`` are sent with it when given; ``timeout`` in seconds. Raises
        RealtimeError as ``set_prompt`` does, and for an image that cannot be read.
        """
        encoded = images.encoded(image)
        await self._ask(StyleRequest(prompt, enhance, encoded, via_set_image=True), timeout)

    def set_prompt_async(
        self, prompt: str, enhance: bool = True, timeout: float = PROMPT_TIMEOUT_S
    ) -> asyncio.Task[None]:
        """``set_prompt`` as a task that may be awaited, or forgotten."""
        return _forgettable(self.set_prompt(prompt, enhance, timeout))

    def set_image_async(
        self,
        image: images.Image | None,
        prompt: str | None = None,
        enhance: bool | None = None,
        timeout: float = IMAGE_TIMEOUT_S,
    ) -> asyncio.Task[None]:
        """``set_image`` as a task that may be awaited, or forgotten."""
        return _forgettable(self.set_image(image, prompt, enhance, timeout))

    async def wait_for_remote_stream(self, timeout: float = 20.0) -> RemoteStream:
        """The remote stream, as soon as there is one; ``timeout`` in seconds.

        Raises RealtimeError when none comes in time or the session ends.
        """
        waits = [asyncio.ensure_future(e.wait()) for e in (self._delivered, self._over)]
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self.remote_stream is None:
            raise self._error or RealtimeError(
                ErrorCode.WEBRTC_TIMEOUT_ERROR, f"no remote video within {timeout:g} s"
            )
        return self.remote_stream

    async def events(self) -> AsyncIterator[Event]:
        """Every event since the connect attempt began, then each as it happens, to the end.

        Of a reader that is thousands of events late, the oldest are forgotten.
        """
        wake = asyncio.Event()
        self._listeners.add(wake)
        next_one = 0
        try:
            while True:
                wake.clear()
                first = self._counted - len(self._kept)
                next_one = max(next_one, first)
                waiting = list(self._kept)[next_one - first :]
                for event in waiting:
                    next_one += 1
                    yield event
                if not waiting:
                    if self._over.is_set():
                        return
                    await wake.wait()
        finally:
            self._listeners.discard(wake)

    async def sample(self) -> None:
        """Take one snapshot of the statistics now; it is an event like those of every second."""
        if self._connection is not None:
            await self._connection.sample()

    async def wait_until_over(self) -> None:
        """Until the session has ended, by whatever; ``error`` says by what."""
        await self._over.wait()

    async def disconnect(self) -> None:
        """Leave. A local stream that the caller made stays as it is. Safe to call again."""
        self._feed(self._machine.disconnect(time.monotonic_ns()))
        while self._closing:
            await asyncio.wait(self._closing)

    async def aclose(self) -> None:
        """Leave, as `disconnect`."""
        await self.disconnect()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    # -- connecting

    async def start(self) -> None:
        """Connect, and return once connected. Raises RealtimeError, and frees everything."""
        now_ns = time.monotonic_ns()
        self._feed(self._machine.connect(now_ns))
        try:
            await self._connected
        except BaseException:
            await self.disconnect()
            raise

    async def _ask(self, style: StyleRequest, timeout_s: float) -> None:
        ticket, todo = self._machine.set_style(style, timeout_s, time.monotonic_ns())
        answer: asyncio.Future[None] = self._loop.create_future()
        self._waiting[ticket] = answer
        self._feed(todo)
        try:
            await answer
        finally:
            self._waiting.pop(ticket, None)

    # -- what the machine decides

    def _feed(self, todo: list[act.Action]) -> None:
        for action in todo:
            self._perform(action)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline_ns = self._machine.deadline_ns
        if deadline_ns is not None:
            delay_s = max(0.0, (deadline_ns - time.monotonic_ns()) / 1e9)
            self._timer = self._loop.call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._feed(self._machine.tick(time.monotonic_ns()))

    def _perform(self, action: act.Action) -> None:
        connection = self._connection
        if isinstance(action, act.Emit):
            self._emit(action.event)
        elif isinstance(action, act.OpenSocket):
            self._open(action.attempt)
        elif isinstance(action, act.ResolveRequest):
            self._settle(action)
        elif isinstance(action, act.Connected):
            if not self._connected.done():
                self._connected.set_result(None)
        elif isinstance(action, act.Ended):
            self._end(action.error)
        elif connection is None:
            return
        elif isinstance(action, act.Send):
            connection.send(action.message)
        elif isinstance(action, act.JoinRoom):
            connection.join(action.room)
        elif isinstance(action, act.Publish):
            connection.publish(self.local_stream, self._options.video)
        elif isinstance(action, act.Deliver):
            self._deliver(connection)
        else:
            self._close()

    def _open(self, attempt: int) -> None:
        hooks = Hooks(
            self._feed, self._sampled, self._sampling_failed, self._frame, self._room_changed
        )
        self._connection = self._connector(attempt, self._machine, hooks)
        self._watch.connected()
        if self._g2g is not None:
            self._g2g.connecting(time.monotonic_ns())
        self._connection.open(self._url)

    def _deliver(self, connection: Connection) -> None:
        stream = connection.streams[-1]
        self.remote_stream = stream
        self._delivered.set()
        self._emit(events.RemoteStreamChanged(time.monotonic_ns(), stream))
        self._options.on_remote_stream(stream)
        connection.deliver()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        self.remote_stream = None
        self._delivered.clear()
        if connection is not None:
            task = asyncio.ensure_future(connection.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _settle(self, action: act.ResolveRequest) -> None:
        answer = self._waiting.get(action.ticket)
        if answer is None or answer.done():
            return
        if action.error is None:
            answer.set_result(None)
        else:
            answer.set_exception(action.error)

    def _end(self, error: RealtimeError | None) -> None:
        self._error = error
        if self._g2g is not None:
            self._g2g.end()
        if self._owns_local and self.local_stream is not None:
            self.local_stream.dispose()
        self._over.set()
        for wake in self._listeners:
            wake.set()
        if not self._connected.done():
            if error is None:
                self._connected.cancel()
            else:
                self._connected.set_exception(error)
                self._connected.exception()  # nobody may be waiting

    # -- what the connection tells

    def _frame(self, frame: RemoteFrame) -> None:
        if self._g2g is not None:
            self._g2g.offer(frame)

    def _sampled(self, at_ns: int, values: dict[str, Scalar]) -> None:
        measured = self._g2g.take(at_ns) if self._g2g is not None else None
        for event in self._watch.take(at_ns, values, measured):
            self._emit(event)
            if isinstance(event, events.QualityChanged):
                self._options.on_connection_quality(event.verdict)

    def _sampling_failed(self, reason: str) -> None:
        self._emit(events.StatsFailed(time.monotonic_ns(), reason))

    def _room_changed(self, change: str) -> None:
        self._emit(events.RoomChanged(time.monotonic_ns(), change))

    def _emit(self, event: Event) -> None:
        self._kept.append(event)
        self._counted += 1
        self._options.on_event(event)
        for wake in self._listeners:
            wake.set()


def _forgettable(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """A task whose error nobody needs to ask for."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
