"""A machine under a clock of the test's own, and what it decided."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from g2gbench.realtime import actions as act
from g2gbench.realtime.errors import RealtimeError
from g2gbench.realtime.events import ConnectionState, Event
from g2gbench.realtime.protocol import StyleRequest
from g2gbench.realtime.session_state import SessionStateMachine

ROOM_INFO = {
    "type": "livekit_room_info",
    "livekit_url": "ws://room",
    "token": "t",
    "room_name": "r",
    "session_id": "s",
}
S = 1_000_000_000
E = TypeVar("E", bound=Event)
A = TypeVar("A")


class Driven:
    """Drives a machine, second by second, and keeps all that it decided."""

    def __init__(self, style: StyleRequest | None = None, **options: bool) -> None:
        self.machine = SessionStateMachine(style or StyleRequest(), **options)
        self.now_ns = 0
        self.actions: list[act.Action] = []

    def do(self, actions: list[act.Action]) -> list[act.Action]:
        """Keep what was decided."""
        self.actions += actions
        return actions

    def later(self, seconds: float) -> list[act.Action]:
        """Let time pass; the machine is called whenever it asked to be."""
        end_ns = self.now_ns + round(seconds * S)
        done: list[act.Action] = []
        while (due := self.machine.deadline_ns) is not None and due <= end_ns:
            self.now_ns = max(self.now_ns, due)
            done += self.do(self.machine.tick(self.now_ns))
        self.now_ns = end_ns
        return done

    def state(self) -> ConnectionState:
        """Where the session stands now; a call, since it changes between two looks at it."""
        return self.machine.state

    @property
    def attempt(self) -> int:
        """The attempt that was begun last."""
        return max(a.attempt for a in self.actions if isinstance(a, act.OpenSocket))

    def hear(self, message: dict[str, Any] | str | bytes) -> list[act.Action]:
        """The service says something."""
        frame = json.dumps(message) if isinstance(message, dict) else message
        return self.do(self.machine.received(self.attempt, frame, self.now_ns))

    def connect(self) -> Driven:
        """Begin, and open the socket."""
        self.do(self.machine.connect(self.now_ns))
        return self.open()

    def open(self) -> Driven:
        """The socket is open."""
        self.do(self.machine.socket_opened(self.attempt, self.now_ns))
        return self

    def room(self) -> Driven:
        """The room is given, joined, and the track published."""
        self.hear(ROOM_INFO)
        self.do(self.machine.room_joined(self.attempt, self.now_ns))
        self.do(self.machine.published(self.attempt, self.now_ns))
        return self

    def ack(self, prompt: str | None = None, success: bool = True, **more: Any) -> list[act.Action]:
        """The ack of a prompt, or of an image."""
        if prompt is None:
            return self.hear({"type": "set_image_ack", "success": success, **more})
        return self.hear({"type": "prompt_ack", "prompt": prompt, "success": success, **more})

    def stand(self) -> Driven:
        """All the way to a session that stands, with a plain picture."""
        self.connect().room().ack()
        return self

    def fail(self, error: RealtimeError) -> list[act.Action]:
        """The socket or the room is lost."""
        return self.do(self.machine.failed(self.attempt, error, self.now_ns))

    def all(self, kind: type[A]) -> list[A]:
        """Every action of a kind so far."""
        return [a for a in self.actions if isinstance(a, kind)]

    def told(self, kind: type[E]) -> list[E]:
        """Every event of a kind so far."""
        return [e.event for e in self.all(act.Emit) if isinstance(e.event, kind)]
