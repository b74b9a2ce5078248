"""One attempt from the socket to a connected session, and how long each step may take. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from g2gbench.realtime import protocol
from g2gbench.realtime.errors import ErrorCode, RealtimeError

MAX_RECONNECTS = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 10.0
JOIN_TIMEOUT_S = 20.0
PUBLISH_TIMEOUT_S = 20.0
_NS = 1_000_000_000


def backoff_s(reconnect: int) -> float:
    """Return how long to wait before reconnect attempt 1, 2, …: 1 s, doubling to 10 s."""
    return min(FIRST_WAIT_S * 2.0 ** (reconnect - 1), LONGEST_WAIT_S)


@dataclass(slots=True)
class Attempt:
    """Progress of one attempt."""

    number: int
    began_ns: int
    reconnect: int  # 0: the first connect
    began: dict[str, int] = field(default_factory=dict)  # phase -> since when
    deadlines: dict[str, int] = field(default_factory=dict)  # phase -> until when
    room: protocol.RoomInfo | None = None
    joined: bool = False
    published: bool = False
    initial: int | None = None  # ticket of the initial state
    acknowledged: bool = False
    arrived: bool = False  # the remote track is there
    delivered: bool = False
    generating: bool = False
    is_connected: bool = False

    def start(self, phase: str, now_ns: int) -> None:
        """A phase with a time limit begins."""
        self.began[phase] = now_ns
        self.deadlines[phase] = now_ns + round(_LIMITS_S[phase] * _NS)

    def passed(self, phase: str, now_ns: int) -> float:
        """A phase is over; how long it took, ms."""
        self.deadlines.pop(phase, None)
        return (now_ns - self.began.pop(phase, now_ns)) / 1e6

    def overdue(self, now_ns: int) -> RealtimeError | None:
        """Return which phase has taken too long, as an error."""
        for phase, deadline_ns in self.deadlines.items():
            if now_ns >= deadline_ns:
                text = f"{_OVERDUE[phase]} within {_LIMITS_S[phase]:g} s"
                return RealtimeError(ErrorCode.WEBRTC_TIMEOUT_ERROR, text)
        return None

    @property
    def waits_for_ack(self) -> bool:
        """Whether the initial state was asked for and is not acknowledged yet."""
        return self.initial is not None and not self.acknowledged


_LIMITS_S = {
    "websocket": protocol.OPEN_TIMEOUT_S,
    "room_info": protocol.ROOM_INFO_TIMEOUT_S,
    "livekit_connect": JOIN_TIMEOUT_S,
    "livekit_publish": PUBLISH_TIMEOUT_S,
}
_OVERDUE = {
    "websocket": "the service did not answer",
    "room_info": "no room was given",
    "livekit_connect": "the room could not be joined",
    "livekit_publish": "the local track could not be published",
}
