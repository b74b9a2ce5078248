from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.service.session import MAX_IMAGE_CHARS, Action, Apply, OpenRoom, Reply, ServiceSession


def _say(session: ServiceSession, **message: Any) -> list[Action]:
    return session.receive(json.dumps(message))


def _joined() -> ServiceSession:
    session = ServiceSession()
    assert _say(session, type="livekit_join") == [OpenRoom()]
    return session


def _errors(actions: list[Action]) -> list[str]:
    return [a.message["error"] for a in actions if isinstance(a, Reply)]


def test_a_bare_join_opens_the_room() -> None:
    assert _say(ServiceSession(), type="livekit_join") == [OpenRoom()]


def test_a_join_with_capabilities_opens_the_room() -> None:
    actions = _say(
        ServiceSession(),
        type="livekit_join",
        passthrough=True,
        client_capabilities={"frame_timing": True},
    )
    assert actions == [OpenRoom()]


def test_a_join_with_an_initial_state_has_it_applied_too() -> None:
    initial = {"type": "prompt", "prompt": "a city", "enhance_prompt": True}
    actions = _say(ServiceSession(), type="livekit_join", initial_state=initial)
    assert actions == [OpenRoom(), Apply(1, "a city", None)]


def test_a_client_that_waits_is_told_its_positions_first() -> None:
    session = ServiceSession(queue=(2, 1))
    actions = _say(session, type="livekit_join")
    assert [a.message["position"] for a in actions if isinstance(a, Reply)] == [2, 1]
    assert all(a.message["queue_size"] == 2 for a in actions if isinstance(a, Reply))
    assert actions[-1] == OpenRoom()


def test_a_prompt_is_acknowledged_with_its_text() -> None:
    session = _joined()
    (apply,) = _say(session, type="prompt", prompt="räuberisch 🏙")
    assert apply == Apply(1, "räuberisch 🏙", None)
    assert session.applied(1) == [
        Reply({"type": "prompt_ack", "prompt": "räuberisch 🏙", "success": True, "error": None})
    ]
    assert session.applied(1) == []


def test_a_failed_application_is_a_failed_ack() -> None:
    session = _joined()
    _say(session, type="set_image", image_data="aGk=")
    (reply,) = session.applied(1, "no picture")
    assert isinstance(reply, Reply)
    assert reply.message == {"type": "set_image_ack", "success": False, "error": "no picture"}


def test_set_image_without_image_and_prompt_asks_for_passthrough() -> None:
    assert _say(_joined(), type="set_image", image_data=None) == [Apply(1, None, None)]


def test_set_image_with_a_prompt_alone_is_acknowledged_as_an_image() -> None:
    session = _joined()
    assert _say(session, type="set_image", image_data=None, prompt="x") == [Apply(1, "x", None)]
    (reply,) = session.applied(1)
    assert isinstance(reply, Reply)
    assert reply.message["type"] == "set_image_ack"


def test_what_cannot_be_applied_is_refused_at_once() -> None:
    session = _joined()
    (empty,) = _say(session, type="prompt", prompt="")
    (huge,) = _say(session, type="set_image", image_data="x" * (MAX_IMAGE_CHARS + 1))
    (number,) = _say(session, type="set_image", image_data=7)
    for reply in (empty, huge, number):
        assert isinstance(reply, Reply)
        assert reply.message["success"] is False
    assert _errors(_say(session, type="prompt", prompt=5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[]", "without a type"),
        ("{}", "without a type"),
        ('{"type": 7}', "without a type"),
        ('{"type": "dance"}', "dance"),
        ('{"type": "prompt", "prompt": "x"}', "before livekit_join"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_message_is_answered_with_an_error(text: str, why: str) -> None:
    (error,) = _errors(ServiceSession().receive(text))
    assert why in error


def test_a_second_join_is_an_error() -> None:
    assert _errors(_say(_joined(), type="livekit_join")) == ["livekit_join twice"]


def test_an_initial_state_of_another_kind_is_an_error() -> None:
    actions = _say(ServiceSession(), type="livekit_join", initial_state={"type": "dance"})
    assert "initial_state" in _errors(actions)[0]


def test_ticks_are_whole_seconds_and_only_while_generating() -> None:
    session = _joined()
    assert session.tick() == []
    assert session.end("x") == []
    assert session.media_flows() == [Reply({"type": "generation_started"})]
    assert session.media_flows() == []
    session.tick()
    assert session.tick() == [Reply({"type": "generation_tick", "seconds": 2})]
    ended = {"type": "generation_ended", "seconds": 2, "reason": "shutdown"}
    assert session.end("shutdown") == [Reply(ended)]
    assert session.tick() == []


def test_the_room_info_has_the_four_fields_that_clients_need() -> None:
    (reply,) = _joined().room_info("ws://h", "t", "r", "s")
    assert isinstance(reply, Reply)
    assert reply.message == {
        "type": "livekit_room_info",
        "livekit_url": "ws://h",
        "token": "t",
        "room_name": "r",
        "session_id": "s",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KINDS = st.sampled_from(["livekit_join", "prompt", "set_image", "dance"])
FIELDS = st.dictionaries(
    st.sampled_from(["prompt", "image_data", "initial_state", "enhance_prompt"]), JSON
)
FRAMES = st.one_of(
    st.text(max_size=40),
    JSON.map(json.dumps),
    st.builds(lambda kind, fields: json.dumps({"type": kind, **fields}), KINDS, FIELDS),
)


@given(st.lists(FRAMES, max_size=12))
def test_no_frames_break_a_session(frames: list[str]) -> None:
    session = ServiceSession()
    for frame in frames:
        for action in session.receive(frame):
            if isinstance(action, Apply):
                session.applied(action.ticket)
            elif isinstance(action, Reply):
                json.dumps(action.message)
