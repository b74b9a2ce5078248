"""The session's machine under whatever may come: garbage, and any order of events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from g2gbench.realtime import actions as act
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import ConnectionState
from g2gbench.realtime.protocol import StyleRequest
from g2gbench.realtime.session_state import SessionStateMachine
from tests.drawn import drawn
from tests.realtime.machines import ROOM_INFO, Driven

LOST = RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, "the signalling connection was closed")
PROMPT = StyleRequest("a beach", True)
IMAGE = StyleRequest("a hat", None, "aGF0")

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_TYPES = (
    "livekit_room_info",
    "queue_position",
    "prompt_ack",
    "set_image_ack",
    "generation_started",
    "generation_tick",
    "generation_ended",
    "status",
    "session_id",
    "offer",
    "dance",
)
_FIELDS = ("livekit_url", "token", "room_name", "session_id", "position", "queue_size", "prompt")
_MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(_TYPES) | _JSON},
    optional=dict.fromkeys((*_FIELDS, "success", "error", "seconds", "reason"), _JSON),
)
FRAMES = st.one_of(
    _MESSAGES.map(json.dumps), _JSON.map(json.dumps), st.text(max_size=40), st.binary(max_size=40)
)


_STAGES = st.sampled_from(["connecting", "room", "stands"])
_SEVERAL = st.lists(FRAMES, max_size=4)


@drawn(40, 10_000, _STAGES, _SEVERAL)
def test_no_message_breaks_the_machine_or_ends_a_session_that_stands(
    stage: str, frames: list[str | bytes]
) -> None:
    _send_garbage(stage, frames)


def _send_garbage(stage: str, frames: list[str | bytes]) -> None:
    driven = Driven(PROMPT).connect()
    if stage != "connecting":
        driven.room()
    if stage == "stands":
        driven.ack("a beach")
    for frame in frames:
        driven.hear(frame)
    if stage == "stands":
        assert driven.state() in (ConnectionState.CONNECTED, ConnectionState.GENERATING)
        assert driven.all(act.Close) == []


@drawn(60, 3000, st.data())
def test_whatever_happens_there_is_one_connection_at_most_and_one_end(data: Any) -> None:
    driven = Driven(data.draw(st.sampled_from([StyleRequest(), PROMPT, IMAGE])))
    driven.do(driven.machine.connect(0))
    machine: SessionStateMachine = driven.machine
    steps: dict[str, Callable[[], object]] = {
        "open": lambda: driven.open(),
        "room": lambda: driven.hear(ROOM_INFO),
        "ack": lambda: driven.ack(),
        "prompt_ack": lambda: driven.ack("a beach"),
        "joined": lambda: driven.do(machine.room_joined(driven.attempt, driven.now_ns)),
        "published": lambda: driven.do(machine.published(driven.attempt, driven.now_ns)),
        "remote": lambda: driven.do(machine.remote_arrived(driven.attempt, driven.now_ns)),
        "lost": lambda: driven.fail(LOST),
        "error": lambda: driven.hear({"type": "error", "error": "no"}),
        "wait": lambda: driven.later(data.draw(st.sampled_from([0.5, 3, 20]))),
        "leave": lambda: driven.do(machine.disconnect(driven.now_ns)),
    }
    for name in data.draw(st.lists(st.sampled_from(sorted(steps)), max_size=25)):
        steps[name]()
    opened, closed = len(driven.all(act.OpenSocket)), len(driven.all(act.Close))
    assert opened - closed in (0, 1)
    over = driven.all(act.Ended)
    assert len(over) <= 1
    assert bool(over) == (driven.state() is ConnectionState.DISCONNECTED)
    if over:
        assert machine.deadline_ns is None
        assert opened == closed
