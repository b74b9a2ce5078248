"""The service's side of one signalling session: frames and time in, actions out. Pure.

Speaks what the public SDKs speak, in all three forms of their join: with the initial state inside
it (Android), with capabilities and the initial state right behind it (JavaScript), or bare, with
the initial state after the room info (Python). Time is an argument in ns: call ``advance`` when
``next_ns`` has come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from g2gbench.service import messages
from g2gbench.service.actions import Abort, Action, Apply, Close, OpenRoom, Reply
from g2gbench.service.messages import Malformed, Style
from g2gbench.service.signalling_faults import (
    DROPPED,
    FAILED_ACK,
    NO_FAULTS,
    FaultSchedule,
    SignallingFaults,
)
from g2gbench.service.token_bucket import TokenBucket

_NS = 1_000_000_000
TOO_LONG = "session duration limit"
LEFT = "client left"


@dataclass(frozen=True, slots=True)
class SessionRules:
    """Rules of a session: queue, position times, longest duration.

    ``queue``: positions that a client is sent before it gets its room, ``place_s`` seconds each.
    ``longest_s``: a session ends so long after its room info; None: never. ``join_s``: a client
    that has not joined by then is sent away. ``messages_per_s`` and ``burst``: how many messages a
    client may send in the long run, and at once.
    """

    queue: int = 0
    place_s: float = 1.0
    longest_s: float | None = None
    join_s: float = 60.0
    messages_per_s: float = 50.0
    burst: int = 100


@dataclass(slots=True)
class _Ack:
    """An acknowledgement that is owed; ``outcome`` when it is known: (error or None,)."""

    message: dict[str, object]
    ticket: int
    outcome: tuple[str | None] | None = None


class ServiceSession:
    """One client's session, from its socket to its end.

    Args:
        rules: what holds for it.
        faults: what shall go wrong.
        now_ns: the clock's reading when the socket was opened.

    """

    def __init__(
        self,
        rules: SessionRules | None = None,
        faults: SignallingFaults = NO_FAULTS,
        *,
        now_ns: int,
    ) -> None:
        self.joined = False
        self.given = False  # the room info was sent
        self.generating = False
        self.ended = False
        self.seconds = 0
        self._rules = rules or SessionRules()
        self._faults = faults
        self._schedule = FaultSchedule(faults)
        self._rate = TokenBucket(self._rules.messages_per_s, self._rules.burst, now_ns=now_ns)
        self._join_by_ns = now_ns + round(self._rules.join_s * _NS)
        self._places = (0, 0)  # left, of
        self._place_ns = 0
        self._next_place_ns: int | None = None
        self._told_place: tuple[int, int] | None = None
        self._first: Style | None = None  # what the model shall do when it is there
        self._acks: deque[_Ack] = deque()
        self._tickets = 0
        self._received = 0
        self._started_ns = 0
        self._limit_ns: int | None = None

    # -- what the client says

    def receive(self, frame: str | bytes, *, now_ns: int) -> list[Action]:
        """Return the actions for one frame. Malformed ones are answered, never raised."""
        if self.ended:
            return []
        self._received += 1
        most = self._faults.drop_after_messages
        if most is not None and self._received >= most:
            return self._drop(DROPPED)
        allowed = self._rate.allows(now_ns=now_ns)
        try:
            if isinstance(frame, bytes):
                raise Malformed("a binary frame: messages are text")
            message = messages.parse(frame)
            refusal = None if allowed else self._too_many
            return self._take(message, refusal, now_ns)
        except Malformed as problem:
            return [_error(str(problem))]

    @property
    def _too_many(self) -> str:
        return f"too many messages: at most {self._rules.messages_per_s:g} a second"

    def _take(self, message: dict[str, object], refusal: str | None, now_ns: int) -> list[Action]:
        kind = message["type"]
        if kind in ("prompt", "set_image"):
            if not self.joined:
                raise Malformed(f"{kind} before livekit_join")
            return self._take_style(message, refusal)
        if refusal is not None:
            raise Malformed(refusal)
        if kind == "livekit_join":
            return self._join(message, now_ns)
        raise Malformed(f"unknown message type {messages.shown(kind)}")

    def _join(self, message: dict[str, object], now_ns: int) -> list[Action]:
        if self.joined:
            raise Malformed("livekit_join twice")
        self.joined = True
        self._schedule.join(now_ns=now_ns)
        positions, place_s = self._faults.queue(self._rules.queue, self._rules.place_s)
        self._places = (positions, positions)
        self._place_ns = round(place_s * _NS)
        actions = self._next_place(now_ns)
        initial = message.get("initial_state")
        try:
            if isinstance(initial, dict):
                actions += self._take_style(initial, None)
            elif initial is not None:
                raise Malformed(f"initial_state must be a message, not {messages.shown(initial)}")
            elif message.get("passthrough") is True:
                self._first = Style({})
        except Malformed as problem:
            actions.append(_error(str(problem)))
        return actions

    def _take_style(self, message: dict[str, object], refusal: str | None) -> list[Action]:
        style = messages.style(message)
        error = refusal or style.error
        if error is None and self._faults.acks == "error":
            error = FAILED_ACK
        if error is not None:
            return self._owe(style, (error,))
        if self.given:
            self._tickets += 1
            return [Apply(self._tickets, style.prompt, style.image), *self._owe(style, None)]
        # Acknowledged at once: a client may wait for that before it joins the room.
        self._first = style
        return self._owe(style, (None,))

    def _owe(self, style: Style, outcome: tuple[str | None] | None) -> list[Action]:
        ticket = self._tickets if outcome is None else 0
        self._acks.append(_Ack(style.ack, ticket, outcome))
        return self._settled()

    def _settled(self) -> list[Action]:
        """The acknowledgements that are known, in the order in which they were asked for."""
        actions: list[Action] = []
        while self._acks and self._acks[0].outcome is not None:
            ack = self._acks.popleft()
            if self._faults.acks != "never" and ack.outcome is not None:
                actions.append(Reply(messages.acknowledgement(ack.message, ack.outcome[0])))
        return actions

    # -- what the edge says

    def place(self, position: int, size: int) -> list[Action]:
        """All seats are taken: the client's place in the line, from 1, and the line's length."""
        if self.ended or self.given or self._told_place == (position, size):
            return []
        self._told_place = (position, size)
        return [Reply(messages.queue_position(position, size))]

    def room_info(
        self, livekit_url: str, token: str, room: str, session_id: str, *, now_ns: int
    ) -> list[Action]:
        """The room that was asked for is there, the model in it."""
        if self.ended or self.given:
            return []
        self.given = True
        self._schedule.begin(now_ns=now_ns)
        if self._rules.longest_s is not None:
            self._limit_ns = now_ns + round(self._rules.longest_s * _NS)
        first = [] if self._first is None else [Apply(0, self._first.prompt, self._first.image)]
        info = {
            "type": "livekit_room_info",
            "livekit_url": livekit_url,
            "token": token,
            "room_name": room,
            "session_id": session_id,
        }
        return [*first, Reply(info)]

    def applied(self, ticket: int, error: str | None = None) -> list[Action]:
        """The model took (or refused) what ``Apply`` asked for."""
        for ack in self._acks:
            if ack.ticket == ticket and ack.outcome is None:
                ack.outcome = (error,)
        return [] if self.ended else self._settled()

    def media_flows(self, *, now_ns: int) -> list[Action]:
        """The model sent its first frame."""
        if self.generating or self.ended:
            return []
        self.generating = True
        self._started_ns = now_ns
        return [Reply({"type": "generation_started"})]

    def misbehave(self, faults: SignallingFaults, *, now_ns: int) -> None:
        """From now on other things go wrong; their clocks start now."""
        self._faults = faults
        self._received = 0
        self._schedule = FaultSchedule(faults)
        if self.joined:
            self._schedule.join(now_ns=now_ns)
        if self.given:
            self._schedule.begin(now_ns=now_ns)

    def fail(self, reason: str, *, now_ns: int) -> list[Action]:
        """Room or model are lost: tell the client, and let it go so that it can come again."""
        return self._finish(reason, now_ns, [_error(reason)])

    def end(self, reason: str, *, now_ns: int) -> list[Action]:
        """The session is over from the service's side."""
        return self._finish(reason, now_ns, [])

    # -- time

    @property
    def next_ns(self) -> int | None:
        """Time of the next ``advance``; None: not before something else happens."""
        if self.ended:
            return None
        tick_ns = self._started_ns + (self.seconds + 1) * _NS if self.generating else None
        times = (
            None if self.joined else self._join_by_ns,
            self._next_place_ns,
            self._schedule.next_ns,
            self._limit_ns,
            tick_ns,
        )
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    def advance(self, *, now_ns: int) -> list[Action]:
        """Return the actions that the time alone causes."""
        actions: list[Action] = []
        steps: tuple[Callable[[int], list[Action]], ...] = (
            self._wait_for_join,
            self._queue,
            self._tick,
            self._misbehaved,
            self._limit,
        )
        for step in steps:
            if not self.ended:
                actions += step(now_ns)
        return actions

    def _wait_for_join(self, now_ns: int) -> list[Action]:
        if self.joined or now_ns < self._join_by_ns:
            return []
        reason = f"no livekit_join came within {self._rules.join_s:g} s"
        return self.fail(reason, now_ns=now_ns)

    def _queue(self, now_ns: int) -> list[Action]:
        actions: list[Action] = []
        while self._next_place_ns is not None and self._next_place_ns <= now_ns:
            left, size = self._places
            self._places = (left - 1, size)
            actions += self._next_place(self._next_place_ns)
        return actions

    def _next_place(self, now_ns: int) -> list[Action]:
        left, size = self._places
        if not left:
            self._next_place_ns = None
            return [OpenRoom()]
        self._next_place_ns = now_ns + self._place_ns
        return self.place(left, size)

    def _tick(self, now_ns: int) -> list[Action]:
        if not self.generating or not self._count(now_ns):
            return []
        return [Reply({"type": "generation_tick", "seconds": self.seconds})]

    def _count(self, now_ns: int) -> bool:
        """Return whether one more whole second is full: a public client parses nothing else."""
        before, self.seconds = self.seconds, max(0, now_ns - self._started_ns) // _NS
        return self.seconds > before

    def _misbehaved(self, now_ns: int) -> list[Action]:
        actions = self._schedule.advance(now_ns=now_ns)
        self.ended = any(isinstance(action, Abort) for action in actions)
        return actions

    def _limit(self, now_ns: int) -> list[Action]:
        if self._limit_ns is None or now_ns < self._limit_ns:
            return []
        return self.end(TOO_LONG, now_ns=now_ns)

    # -- the end

    def _drop(self, reason: str) -> list[Action]:
        self.ended = True
        return [Abort(reason)]

    def _finish(self, reason: str, now_ns: int, words: list[Action]) -> list[Action]:
        if self.ended:
            return []
        self.ended = True
        if self.generating:
            self._count(now_ns)
        over = {"type": "generation_ended", "seconds": self.seconds, "reason": reason}
        actions: list[Action] = [Reply(over)] if self.joined else []
        return [*actions, *words, Close(reason)]


def _error(text: str) -> Reply:
    return Reply(messages.error_message(text))
