"""Whatever a client sends, whenever: the session answers, and does not break."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st

from g2gbench.service.actions import Abort, Action, Apply, Close, OpenRoom, Reply
from g2gbench.service.session import ServiceSession, SessionRules
from g2gbench.service.signalling_faults import GARBAGE, SignallingFaults
from tests.drawn import drawn

S = 1_000_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KINDS = st.sampled_from(["livekit_join", "prompt", "set_image", "generation_tick", "dance", ""])
FIELDS = st.dictionaries(
    st.sampled_from(
        ["prompt", "image_data", "image_ref", "initial_state", "enhance_prompt", "passthrough"]
    ),
    JSON | st.builds(lambda kind: {"type": kind, "prompt": "x"}, KINDS),
    max_size=3,
)
MESSAGES = st.builds(lambda kind, fields: json.dumps({"type": kind, **fields}), KINDS, FIELDS)
ORDINARY = st.sampled_from(
    [
        '{"type": "livekit_join"}',
        '{"type": "livekit_join", "passthrough": true}',
        '{"type": "prompt", "prompt": "x"}',
        '{"type": "set_image", "image_data": null}',
    ]
)
FRAMES = st.one_of(
    ORDINARY,
    MESSAGES,
    JSON.map(json.dumps),
    st.text(max_size=40),
    st.binary(max_size=20),
    st.sampled_from(list(GARBAGE.values())),
)
FAULTS = st.sampled_from(
    [
        SignallingFaults(),
        SignallingFaults(acks="never", garbage=("no-json",)),
        SignallingFaults(acks="error", queue_s=2, stall_after_s=1),
        SignallingFaults(drop_after_messages=4, kill_worker_after_s=0),
        SignallingFaults(drop_after_s=1),
    ]
)


class Edge:
    """Does what an edge does, and looks at every action."""

    def __init__(self, rules: SessionRules, faults: SignallingFaults) -> None:
        self.now_ns = 0
        self.session = ServiceSession(rules, faults, now_ns=0)
        self.over = False
        self.seconds = 0
        self.faults = faults

    def perform(self, actions: list[Action]) -> None:
        for action in actions:
            assert not self.over, action
            if isinstance(action, Reply):
                self.look_at(json.loads(json.dumps(action.message)))
            elif isinstance(action, OpenRoom):
                self.perform(self.session.room_info("ws://h", "t", "r", "s", now_ns=self.now_ns))
            elif isinstance(action, Apply):
                json.dumps([action.prompt, action.image])
                self.perform(self.session.applied(action.ticket))
            self.over = self.over or isinstance(action, Close | Abort)

    def look_at(self, message: dict[str, Any]) -> None:
        if message["type"] == "generation_tick":
            assert isinstance(message["seconds"], int)
            assert message["seconds"] > self.seconds
            self.seconds = message["seconds"]
        if message["type"].endswith("_ack"):
            assert isinstance(message["success"], bool)
            assert (message["error"] is None) == message["success"]

    def pass_time(self, seconds: float) -> None:
        self.now_ns += round(seconds * S)
        for _ in range(1000):
            next_ns = self.session.next_ns
            if next_ns is None or next_ns > self.now_ns:
                return
            self.perform(self.session.advance(now_ns=self.now_ns))
        raise AssertionError("time does not get ahead")


HISTORIES = st.lists(st.tuples(FRAMES, st.floats(0, 3)), max_size=6)
RULES = st.sampled_from([SessionRules(), SessionRules(queue=2, longest_s=3, burst=2)])


def _live(
    frames: list[tuple[str | bytes, float]], faults: SignallingFaults, rules: SessionRules
) -> None:
    edge = Edge(rules, faults)
    for frame, seconds in frames:
        if edge.over:
            break
        actions = edge.session.receive(frame, now_ns=edge.now_ns)
        assert actions or faults.acks == "never"
        edge.perform(actions)
        edge.pass_time(seconds)
        if edge.session.given:
            edge.perform(edge.session.media_flows(now_ns=edge.now_ns))
    edge.perform(edge.session.end("shutdown", now_ns=edge.now_ns))
    assert edge.over
    assert edge.session.next_ns is None


@drawn(60, 10_000, HISTORIES, FAULTS, RULES, unchecked=list(HealthCheck))
def test_no_frames_break_a_session_and_each_is_answered(
    frames: list[tuple[str | bytes, float]], faults: SignallingFaults, rules: SessionRules
) -> None:
    _live(frames, faults, rules)
