"""A realtime session's decisions: what happened and the time come in, actions go out. Pure.

The order is that of docs/realtime.md: open the socket, join, wait for the room; then, at once and
in parallel, join the room and have the initial state acknowledged; publish. A loss after the
session was connected is answered by up to five attempts to do all of it again.
"""

from __future__ import annotations

from dataclasses import replace

from g2gbench.realtime import events, protocol
from g2gbench.realtime.actions import (
    Action,
    Close,
    Connected,
    Deliver,
    Emit,
    Ended,
    JoinRoom,
    OpenSocket,
    Publish,
    ResolveRequest,
    Send,
)
from g2gbench.realtime.attempt import MAX_RECONNECTS, Attempt, backoff_s
from g2gbench.realtime.errors import ErrorCode, RealtimeError, from_service
from g2gbench.realtime.events import ConnectionState, Event
from g2gbench.realtime.protocol import StyleRequest
from g2gbench.realtime.requests import PendingRequest, Requests

_NS = 1_000_000_000


class SessionStateMachine:
    """One session.

    Every input names the attempt that it belongs to; what comes of an earlier one is ignored.

    Args:
        style: the initial state.
        publishes: whether a local track is published.
        reconnects: whether to connect again after a loss.

    """

    def __init__(
        self, style: StyleRequest, *, publishes: bool = True, reconnects: bool = True
    ) -> None:
        self.state = ConnectionState.DISCONNECTED
        self.session_id: str | None = None
        self.subscribe_token: str | None = None
        self._style = style
        self._publishes = publishes
        self._reconnects = reconnects
        self._requests = Requests()
        self._attempt: Attempt | None = None
        self._attempts = 0
        self._retry_ns: int | None = None
        self._retry = 0

    @property
    def deadline_ns(self) -> int | None:
        """Latest time for the next ``tick``; None: there is nothing to wait for."""
        times = [self._retry_ns, self._requests.deadline_ns]
        if self._attempt is not None:
            times += self._attempt.deadlines.values()
        return min((t for t in times if t is not None), default=None)

    # -- what the caller wants

    def connect(self, now_ns: int) -> list[Action]:
        """Begin."""
        return [*self._enter(ConnectionState.CONNECTING, now_ns), *self._begin(0, now_ns)]

    def set_style(
        self, style: StyleRequest, timeout_s: float, now_ns: int
    ) -> tuple[int, list[Action]]:
        """Ask for another picture; the ticket that will be settled, and what to do.

        Raises RealtimeError (INVALID_INPUT) at once while the session is not connected.
        """
        attempt = self._attempt
        if attempt is None or not attempt.is_connected:
            raise RealtimeError(
                ErrorCode.INVALID_INPUT,
                f"not connected (the session is {self.state.value}): prompts and images are taken "
                "while it is connected or generating",
            )
        ticket = self._requests.add(style, timeout_s, now_ns)
        return ticket, [Send(attempt.number, style.message())]

    def disconnect(self, now_ns: int) -> list[Action]:
        """Leave."""
        if self.state is ConnectionState.DISCONNECTED:
            return []
        return self._end(None, now_ns)

    # -- what happened

    def socket_opened(self, attempt: int, now_ns: int) -> list[Action]:
        """The signalling socket is open."""
        current = self._current(attempt)
        if current is None:
            return []
        actions = self._passed("websocket", now_ns)
        current.start("room_info", now_ns)
        if not self._style.is_passthrough:  # some services take it before they have the room
            current.began[self._initial_phase] = now_ns
        return [*actions, Send(attempt, protocol.join(self._style))]

    def received(self, attempt: int, frame: str | bytes, now_ns: int) -> list[Action]:
        """A frame came over the socket."""
        if self._current(attempt) is None:
            return []
        message = protocol.parse(frame)
        if isinstance(message, protocol.RoomInfo):
            return self._room_given(message, now_ns)
        if isinstance(message, protocol.QueuePosition):
            return self._queued(message, now_ns)
        if isinstance(message, protocol.Ack):
            return self._acknowledged(message, now_ns)
        if isinstance(message, protocol.Generation):
            return self._generation(message, now_ns)
        if isinstance(message, protocol.ServiceError):
            return self._service_error(message, now_ns)
        if isinstance(message, protocol.Unreadable):
            return [_signalling_error(message.reason, now_ns)]
        return []

    def room_joined(self, attempt: int, now_ns: int) -> list[Action]:
        """The room is connected."""
        current = self._current(attempt)
        if current is None:
            return []
        actions = self._passed("livekit_connect", now_ns)
        current.joined = True
        if self._publishes:
            current.start("livekit_publish", now_ns)
        current.began["subscribe"] = now_ns
        return [*actions, Publish(attempt), *self._maybe_connected(now_ns)]

    def published(self, attempt: int, now_ns: int) -> list[Action]:
        """The local track is published."""
        current = self._current(attempt)
        if current is None:
            return []
        current.published = True
        actions = self._passed("livekit_publish", now_ns)
        current.began["subscribe"] = now_ns
        return [*actions, *self._maybe_connected(now_ns)]

    def remote_arrived(self, attempt: int, now_ns: int) -> list[Action]:
        """A remote video track is subscribed; it replaces one that was there."""
        current = self._current(attempt)
        if current is None:
            return []
        current.arrived = True
        current.delivered = False
        return [*self._passed("subscribe", now_ns), *self._maybe_deliver()]

    def first_frame(self, attempt: int, width: int, height: int, now_ns: int) -> list[Action]:
        """The first frame of the attempt's remote stream was handed over."""
        current = self._current(attempt)
        if current is None:
            return []
        since_ms = (now_ns - current.began_ns) / 1e6
        current.generating = True
        seen = Emit(events.FirstFrame(now_ns, since_ms, width, height))
        return [seen, *self._maybe_generating(now_ns)]

    def failed(self, attempt: int, error: RealtimeError, now_ns: int) -> list[Action]:
        """The socket or the room could not be had, or was lost."""
        current = self._current(attempt)
        if current is None:
            return []
        if current.is_connected:
            return self._lost(error, now_ns)
        return self._attempt_failed(current, error, now_ns)

    def tick(self, now_ns: int) -> list[Action]:
        """Time has passed."""
        if self._retry_ns is not None and now_ns >= self._retry_ns:
            self._retry_ns = None
            return self._begin(self._retry, now_ns)
        actions: list[Action] = []
        for waiting in self._requests.take_overdue(now_ns):
            actions += self._answered(waiting, waiting.overdue(), now_ns)
        current = self._attempt
        error = current.overdue(now_ns) if current is not None else None
        if current is not None and error is not None:
            actions += self._attempt_failed(current, error, now_ns)
        return actions

    # -- messages

    def _room_given(self, room: protocol.RoomInfo, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        if current.room is not None or "websocket" in current.deadlines:
            return [_signalling_error("a room info that was not asked for", now_ns)]
        current.room = room
        self.session_id = room.session_id
        self.subscribe_token = protocol.subscribe_token(room.room_name)
        actions = self._passed("room_info", now_ns)
        actions.append(Emit(events.SessionStarted(now_ns, room.session_id, self.subscribe_token)))
        current.start("livekit_connect", now_ns)
        actions.append(JoinRoom(current.number, room))
        if current.acknowledged or not (self._publishes or not self._style.is_passthrough):
            return actions
        # The ack's clock begins here: whoever waits in a queue may wait for minutes.
        current.initial = self._requests.add(self._style, self._style.timeout_s, now_ns)
        current.began.setdefault(self._initial_phase, now_ns)
        if self._style.is_passthrough:
            actions.append(Send(current.number, self._style.message()))
        return actions

    def _queued(self, message: protocol.QueuePosition, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        current.deadlines.pop("room_info", None)
        return [Emit(events.QueuePosition(now_ns, message.position, message.size))]

    def _acknowledged(self, ack: protocol.Ack, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        if current.room is None and not self._style.is_passthrough:
            # A service that takes the initial state before it has the room.
            expected = self._style.prompt if self._style.is_prompt_alone else None
            if ack.prompt == expected and not current.acknowledged:
                if not ack.success:
                    error = RealtimeError(
                        ErrorCode.WEBRTC_SERVER_ERROR,
                        f"the service refused the initial state: {ack.error or 'no reason given'}",
                    )
                    return self._attempt_failed(current, error, now_ns)
                current.acknowledged = True
                return self._passed(self._initial_phase, now_ns)
        found = self._requests.acknowledged(ack)
        if found is None:
            return [_signalling_error("an ack of nothing that waits for one", now_ns)]
        return self._answered(*found, now_ns)

    def _answered(
        self, waiting: PendingRequest, error: RealtimeError | None, now_ns: int
    ) -> list[Action]:
        """A request has its answer, or its time is over."""
        current = self._attempt
        if current is not None and waiting.ticket == current.initial:
            if error is not None:
                return self._attempt_failed(current, error, now_ns)
            current.acknowledged = True
            passed = self._passed(self._initial_phase, now_ns)
            return [*passed, *self._maybe_deliver(), *self._maybe_connected(now_ns)]
        if error is None:  # what a reconnect brings back
            asked = waiting.style
            alone = asked.is_prompt_alone  # a prompt message leaves the image where it is
            self._style = replace(asked, image=self._style.image) if alone else asked
        return [ResolveRequest(waiting.ticket, error)]

    def _generation(self, message: protocol.Generation, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        if message.what == "ended":
            return [Emit(events.GenerationEnded(now_ns, message.seconds, message.reason))]
        current.generating = True
        event: Event = events.GenerationStarted(now_ns)
        if message.what == "tick":
            event = events.GenerationTick(now_ns, message.seconds)
        return [Emit(event), *self._maybe_generating(now_ns)]

    def _service_error(self, message: protocol.ServiceError, now_ns: int) -> list[Action]:
        """Fail all that waits; a connected session goes on."""
        current = self._attempt
        assert current is not None
        error = from_service(message.message)
        if not current.is_connected:
            return self._attempt_failed(current, error, now_ns)
        return [*self._settle_all(error), Emit(events.ErrorRaised(now_ns, error))]

    # -- the state of the session

    @property
    def _initial_phase(self) -> str:
        return "avatar_image" if self._style.image is not None else "initial_prompt"

    def _current(self, attempt: int) -> Attempt | None:
        current = self._attempt
        return current if current is not None and current.number == attempt else None

    def _begin(self, reconnect: int, now_ns: int) -> list[Action]:
        self._attempts += 1
        self._attempt = Attempt(self._attempts, now_ns, reconnect)
        self._attempt.start("websocket", now_ns)
        return [OpenSocket(self._attempts)]

    def _passed(self, phase: str, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        return [Emit(events.PhaseTiming(now_ns, phase, current.passed(phase, now_ns)))]

    def _maybe_deliver(self) -> list[Action]:
        """A remote stream is held back until what it shows is what was asked for."""
        current = self._attempt
        assert current is not None
        if not current.arrived or current.delivered or current.waits_for_ack:
            return []
        current.delivered = True
        return [Deliver(current.number)]

    def _maybe_connected(self, now_ns: int) -> list[Action]:
        current = self._attempt
        assert current is not None
        missing = not current.joined or (self._publishes and not current.published)
        if current.is_connected or current.waits_for_ack or missing:
            return []
        current.is_connected = True
        actions = self._enter(ConnectionState.CONNECTED, now_ns)
        if current.reconnect:
            actions.append(Emit(self._reconnect_event(current, None, now_ns)))
        return [*actions, Connected(), *self._maybe_generating(now_ns)]

    def _maybe_generating(self, now_ns: int) -> list[Action]:
        current = self._attempt
        if current is None or not (current.is_connected and current.generating):
            return []
        return self._enter(ConnectionState.GENERATING, now_ns)

    def _enter(self, state: ConnectionState, now_ns: int) -> list[Action]:
        previous, self.state = self.state, state
        return [] if state is previous else [Emit(events.StateChanged(now_ns, state, previous))]

    # -- failing

    def _attempt_failed(self, current: Attempt, error: RealtimeError, now_ns: int) -> list[Action]:
        phases = [
            Emit(events.PhaseTiming(now_ns, phase, (now_ns - at_ns) / 1e6, False, str(error)))
            for phase, at_ns in current.began.items()
            if phase != "subscribe"
        ]
        if not current.reconnect:
            return [*phases, *self._end(error, now_ns)]
        event = Emit(self._reconnect_event(current, error, now_ns))
        if error.permanent or current.reconnect == MAX_RECONNECTS:
            return [*phases, event, *self._end(error, now_ns)]
        actions = [*phases, event, *self._drop_attempt(error)]
        return [*actions, *self._retry_later(current.reconnect + 1, now_ns)]

    def _lost(self, error: RealtimeError, now_ns: int) -> list[Action]:
        """The session was connected, and is lost."""
        if error.permanent or not self._reconnects:
            return self._end(error, now_ns)
        actions = self._drop_attempt(error)
        actions += self._enter(ConnectionState.RECONNECTING, now_ns)
        return [*actions, *self._retry_later(1, now_ns)]

    def _retry_later(self, reconnect: int, now_ns: int) -> list[Action]:
        self._retry = reconnect
        self._retry_ns = now_ns + round(backoff_s(reconnect) * _NS)
        return []

    def _drop_attempt(self, error: RealtimeError) -> list[Action]:
        current, self._attempt = self._attempt, None
        return [*self._settle_all(error), *([Close(current.number)] if current else [])]

    def _settle_all(self, error: RealtimeError) -> list[Action]:
        initial = self._attempt.initial if self._attempt is not None else None
        return [
            ResolveRequest(waiting.ticket, error)
            for waiting in self._requests.take_all()
            if waiting.ticket != initial
        ]

    def _end(self, error: RealtimeError | None, now_ns: int) -> list[Action]:
        left = error or RealtimeError(
            ErrorCode.WEBRTC_WEBSOCKET_ERROR, "the session was left before an answer came"
        )
        actions = self._drop_attempt(left)
        self._retry_ns = None
        self.session_id = self.subscribe_token = None
        actions += self._enter(ConnectionState.DISCONNECTED, now_ns)
        if error is not None:
            actions.append(Emit(events.ErrorRaised(now_ns, error)))
        return [*actions, Ended(error)]

    def _reconnect_event(
        self, current: Attempt, error: RealtimeError | None, now_ns: int
    ) -> events.Reconnect:
        took_ms = (now_ns - current.began_ns) / 1e6
        success, words = error is None, "" if error is None else str(error)
        return events.Reconnect(now_ns, current.reconnect, MAX_RECONNECTS, took_ms, success, words)


def _signalling_error(reason: str, now_ns: int) -> Emit:
    """Report a message that cannot be used; it ends nothing."""
    error = RealtimeError(ErrorCode.WEBRTC_SIGNALING_ERROR, reason)
    return Emit(events.ErrorRaised(now_ns, error))
