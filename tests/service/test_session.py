from __future__ import annotations

import base64
import json
from typing import Any

import pytest

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
from g2gbench.service.messages import MAX_IMAGE_CHARS
from g2gbench.service.session import TOO_LONG, ServiceSession, SessionRules
from g2gbench.service.signalling_faults import FAILED_ACK, GARBAGE, SignallingFaults

S = 1_000_000_000
INFO = ("ws://h", "t", "r", "s")
IMAGE = base64.b64encode(b"a picture").decode()


def _session(faults: SignallingFaults | None = None, **rules: Any) -> ServiceSession:
    return ServiceSession(SessionRules(**rules), faults or SignallingFaults(), now_ns=0)


def _say(session: ServiceSession, kind: str, now_ns: int = 0, **fields: Any) -> list[Action]:
    return session.receive(json.dumps({"type": kind, **fields}), now_ns=now_ns)


def _messages(actions: list[Action]) -> list[dict[str, Any]]:
    return [action.message for action in actions if isinstance(action, Reply)]


def _errors(actions: list[Action]) -> list[str]:
    return [message["error"] for message in _messages(actions) if message["type"] == "error"]


def _ready(faults: SignallingFaults | None = None, **rules: Any) -> ServiceSession:
    """A session that has its room."""
    session = _session(faults, **rules)
    _say(session, "livekit_join")
    session.room_info(*INFO, now_ns=0)
    assert session.given
    return session


def _over(session: ServiceSession, until_ns: int) -> list[tuple[int, Action]]:
    """What happens by itself, with its time, called exactly when the session asks for it."""
    happened = []
    while (next_ns := session.next_ns) is not None and next_ns <= until_ns:
        happened += [(next_ns, action) for action in session.advance(now_ns=next_ns)]
    return happened


# -- the three forms of a join


def test_python_joins_bare_and_sets_its_prompt_when_it_has_its_room() -> None:
    session = _session()
    assert _say(session, "livekit_join") == [OpenRoom()]
    (info,) = _messages(session.room_info(*INFO, now_ns=0))
    assert info["type"] == "livekit_room_info"
    assert _say(session, "prompt", prompt="a city") == [Apply(1, "a city", None)]
    assert _messages(session.applied(1)) == [
        {"type": "prompt_ack", "prompt": "a city", "success": True, "error": None}
    ]


def test_javascript_prompts_before_its_room_and_is_acknowledged_at_once() -> None:
    """It may queue for minutes, but waits for its ack for 30 s."""
    session = _session()
    joined = _say(session, "livekit_join", passthrough=False, client_capabilities={"x": True})
    assert joined == [OpenRoom()]
    (ack,) = _messages(_say(session, "prompt", prompt="a city", enhance_prompt=True))
    assert (ack["type"], ack["success"]) == ("prompt_ack", True)
    # The model knows before the client can send a frame.
    first, _ = session.room_info(*INFO, now_ns=0)
    assert first == Apply(0, "a city", None)


def test_javascript_without_a_prompt_asks_for_passthrough_and_waits_for_no_ack() -> None:
    session = _session()
    assert _say(session, "livekit_join", passthrough=True) == [OpenRoom()]
    applied, info = session.room_info(*INFO, now_ns=0)
    assert applied == Apply(0, None, None)
    assert isinstance(info, Reply)
    assert session.applied(0) == []


def test_android_has_its_initial_state_within_the_join() -> None:
    session = _session()
    initial = {"type": "set_image", "image_data": IMAGE, "prompt": "a hat"}
    opened, ack = _say(session, "livekit_join", initial_state=initial)
    assert opened == OpenRoom()
    assert ack == Reply({"type": "set_image_ack", "success": True, "error": None})
    assert session.room_info(*INFO, now_ns=0)[0] == Apply(0, "a hat", IMAGE)


def test_android_without_an_initial_state_says_null() -> None:
    assert _say(_session(), "livekit_join", initial_state=None) == [OpenRoom()]


@pytest.mark.parametrize("initial", [{"type": "dance"}, {}, "prompt", [1]], ids=repr)
def test_an_initial_state_of_another_kind_is_an_error_and_the_room_is_opened(initial: Any) -> None:
    actions = _say(_session(), "livekit_join", initial_state=initial)
    assert OpenRoom() in actions
    assert len(_errors(actions)) == 1


def test_only_the_newest_initial_state_is_applied() -> None:
    session = _session()
    _say(session, "livekit_join", passthrough=True)
    _say(session, "prompt", prompt="first")
    _say(session, "prompt", prompt="second")
    assert session.room_info(*INFO, now_ns=0)[0] == Apply(0, "second", None)


def test_a_second_join_is_an_error() -> None:
    assert _errors(_say(_ready(), "livekit_join")) == ["livekit_join twice"]


def test_who_does_not_join_is_sent_away() -> None:
    session = _session(join_s=60)
    assert session.next_ns == 60 * S
    assert session.advance(now_ns=60 * S - 1) == []
    error, close = session.advance(now_ns=60 * S)
    assert "no livekit_join came within 60 s" in _errors([error])
    assert isinstance(close, Close)
    assert session.next_ns is None


def test_the_room_info_has_the_four_fields_that_clients_need_and_comes_once() -> None:
    session = _session()
    _say(session, "livekit_join")
    (info,) = _messages(session.room_info("ws://h", "t", "r", "s", now_ns=0))
    assert info == {
        "type": "livekit_room_info",
        "livekit_url": "ws://h",
        "token": "t",
        "room_name": "r",
        "session_id": "s",
    }
    assert session.room_info("ws://h", "t", "r", "s", now_ns=0) == []


# -- the queue


def test_positions_change_with_time_and_the_room_comes_after_the_last() -> None:
    session = _session(queue=3, place_s=2.0)
    (first,) = _messages(_say(session, "livekit_join", now_ns=5 * S))
    assert first == {"type": "queue_position", "position": 3, "queue_size": 3}
    happened = _over(session, 100 * S)
    assert [(at // S, action) for at, action in happened] == [
        (7, Reply({"type": "queue_position", "position": 2, "queue_size": 3})),
        (9, Reply({"type": "queue_position", "position": 1, "queue_size": 3})),
        (11, OpenRoom()),
    ]


def test_a_late_clock_misses_no_position() -> None:
    session = _session(queue=3, place_s=1.0)
    _say(session, "livekit_join")
    kinds = [type(action) for action in session.advance(now_ns=50 * S)]
    assert kinds == [Reply, Reply, OpenRoom]


def test_a_place_in_the_line_for_a_seat_is_told_when_it_changes() -> None:
    session = _session()
    _say(session, "livekit_join")
    (told,) = _messages(session.place(2, 2))
    assert told == {"type": "queue_position", "position": 2, "queue_size": 2}
    assert session.place(2, 2) == []
    assert _messages(session.place(1, 1))[0]["position"] == 1
    session.room_info(*INFO, now_ns=0)
    assert session.place(1, 3) == []


# -- prompts, images, acknowledgements


def test_set_image_without_image_and_prompt_asks_for_passthrough() -> None:
    assert _say(_ready(), "set_image", image_data=None) == [Apply(1, None, None)]


def test_set_image_with_a_prompt_alone_is_acknowledged_as_an_image() -> None:
    session = _ready()
    assert _say(session, "set_image", image_data=None, prompt="x") == [Apply(1, "x", None)]
    assert _messages(session.applied(1))[0]["type"] == "set_image_ack"


def test_a_failed_application_is_a_failed_ack() -> None:
    session = _ready()
    _say(session, "set_image", image_data=IMAGE)
    assert _messages(session.applied(1, "no picture")) == [
        {"type": "set_image_ack", "success": False, "error": "no picture"}
    ]
    assert session.applied(1) == []


REFUSED = [
    ("prompt", {"prompt": ""}, "empty"),
    ("prompt", {"prompt": "  \n"}, "empty"),
    ("prompt", {}, "must be text"),
    ("prompt", {"prompt": 5}, "must be text"),
    ("prompt", {"prompt": "x" * 10_001}, "longer than 10000"),
    ("prompt", {"prompt": "x", "enhance_prompt": "yes"}, "true or false"),
    ("set_image", {"image_data": "no base64!"}, "no base64"),
    ("set_image", {"image_data": "aGk"}, "no base64"),
    ("set_image", {"image_data": "räuber"}, "no base64"),
    ("set_image", {"image_data": ""}, "empty"),
    ("set_image", {"image_data": 7}, "base64 text or null"),
    ("set_image", {"image_data": "A" * (MAX_IMAGE_CHARS + 4)}, "longer than 16000000"),
    ("set_image", {"image_ref": "file_1"}, "image_ref"),
    ("set_image", {"image_data": IMAGE, "prompt": " "}, "empty"),
]


@pytest.mark.parametrize("given", [True, False], ids=["with-room", "before"])
@pytest.mark.parametrize(
    ("kind", "fields", "why"), REFUSED, ids=[f"{k}-{w}" for k, _, w in REFUSED]
)
def test_what_cannot_be_done_is_a_failed_ack_and_reaches_no_model(
    kind: str, fields: dict[str, Any], why: str, given: bool
) -> None:
    session = _ready() if given else _session()
    if not given:
        _say(session, "livekit_join")
    (ack,) = _messages(_say(session, kind, **fields))
    assert (ack["type"], ack["success"]) == (f"{kind}_ack", False)
    assert why in ack["error"]
    assert len(ack["error"]) < 100  # it repeats nothing of what was sent


def test_acks_come_in_the_order_of_the_requests() -> None:
    """An image's ack is known by its type alone."""
    session = _ready()
    assert _say(session, "set_image", image_data=IMAGE) == [Apply(1, None, IMAGE)]
    assert _say(session, "set_image", image_data="bad!") == []
    assert _say(session, "prompt", prompt="x") == [Apply(2, "x", None)]
    assert session.applied(2) == []
    acks = _messages(session.applied(1))
    assert [(ack["type"], ack["success"]) for ack in acks] == [
        ("set_image_ack", True),
        ("set_image_ack", False),
        ("prompt_ack", True),
    ]


def test_any_text_comes_back_exactly() -> None:
    session = _ready()
    prompt = 'räuberisch 🏙 \ud83c \u0000 \\"'
    _say(session, "prompt", prompt=prompt)
    assert _messages(session.applied(1))[0]["prompt"] == prompt


# -- frames that are no message


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("{", "no JSON"),
        ("", "no JSON"),
        ("[]", "without a type"),
        ("{}", "without a type"),
        ('{"type": 7}', "without a type"),
        ('{"type": "dance"}', "unknown message type 'dance'"),
        (json.dumps({"type": "d" * 100}), "unknown message type"),
        ('{"type": "prompt", "prompt": "x"}', "before livekit_join"),
        ("[" * 100_000, "no JSON"),
        ("9" * 10_000, "no JSON"),
        (b"\x00\xff", "binary"),
    ],
)
def test_what_is_no_message_is_answered_and_the_session_lives(frame: str | bytes, why: str) -> None:
    session = _session()
    (error,) = _errors(session.receive(frame, now_ns=0))
    assert why in error
    assert len(error) < 100
    assert _say(session, "livekit_join") == [OpenRoom()]


def test_too_many_messages_are_refused_in_the_words_of_each_until_time_has_passed() -> None:
    session = _ready(messages_per_s=10, burst=5)
    for ticket in range(1, 5):  # the join was one
        assert _say(session, "prompt", prompt="x") == [Apply(ticket, "x", None)]
        session.applied(ticket)
    (ack,) = _messages(_say(session, "prompt", prompt="x"))
    assert (ack["type"], ack["success"]) == ("prompt_ack", False)
    assert ack["error"] == "too many messages: at most 10 a second"
    assert _errors(_say(session, "dance")) == ["too many messages: at most 10 a second"]
    assert _say(session, "prompt", prompt="x", now_ns=S // 10) == [Apply(5, "x", None)]


# -- generation


def test_ticks_are_whole_seconds_from_the_first_frame_on() -> None:
    session = _ready()
    assert session.next_ns is None
    assert session.media_flows(now_ns=S // 2) == [Reply({"type": "generation_started"})]
    assert session.media_flows(now_ns=S) == []
    happened = _over(session, 3 * S)
    assert happened == [
        (S // 2 + n * S, Reply({"type": "generation_tick", "seconds": n})) for n in (1, 2)
    ]


def test_a_late_clock_ticks_once_with_the_seconds_that_are_true() -> None:
    session = _ready()
    session.media_flows(now_ns=0)
    assert session.advance(now_ns=round(4.9 * S)) == [
        Reply({"type": "generation_tick", "seconds": 4})
    ]
    assert session.next_ns == 5 * S


def test_the_end_tells_the_seconds_and_the_reason_once() -> None:
    session = _ready()
    session.media_flows(now_ns=0)
    ended = {"type": "generation_ended", "seconds": 2, "reason": "shutdown"}
    assert session.end("shutdown", now_ns=round(2.9 * S)) == [Reply(ended), Close("shutdown")]
    assert session.end("again", now_ns=3 * S) == []
    assert session.advance(now_ns=9 * S) == []
    assert session.next_ns is None


def test_nothing_follows_an_end() -> None:
    session = _ready()
    _say(session, "prompt", prompt="x")
    session.end("shutdown", now_ns=0)
    assert _say(session, "prompt", prompt="y") == []
    assert session.applied(1) == []
    assert session.media_flows(now_ns=0) == []
    assert session.room_info(*INFO, now_ns=0) == []
    assert session.place(1, 1) == []


def test_who_has_not_joined_is_not_told_of_a_generation() -> None:
    assert _session().end("shutdown", now_ns=0) == [Close("shutdown")]


def test_a_lost_worker_is_told_as_end_and_error_and_the_socket_is_closed() -> None:
    session = _ready()
    session.media_flows(now_ns=0)
    actions = session.fail("the worker process ended (signal 9)", now_ns=3 * S)
    assert [message["type"] for message in _messages(actions)] == ["generation_ended", "error"]
    assert actions[-1] == Close("the worker process ended (signal 9)")


def test_a_session_is_ended_at_its_limit_which_counts_from_the_room_info() -> None:
    session = _session(longest_s=5)
    _say(session, "livekit_join", now_ns=S)
    session.room_info(*INFO, now_ns=10 * S)
    session.media_flows(now_ns=11 * S)
    happened = _over(session, 60 * S)
    assert [at // S for at, _ in happened] == [12, 13, 14, 15, 15, 15]
    ended = {"type": "generation_ended", "seconds": 4, "reason": TOO_LONG}
    assert [action for _, action in happened[-2:]] == [Reply(ended), Close(TOO_LONG)]


# -- faults


def test_a_queue_that_lasts_is_held_for_its_time_with_positions_that_change() -> None:
    session = _session(SignallingFaults(queue_s=6))
    assert _messages(_say(session, "livekit_join"))[0]["position"] == 3
    happened = _over(session, 60 * S)
    assert [at // S for at, _ in happened] == [2, 4, 6]
    assert happened[-1][1] == OpenRoom()


def test_acks_that_never_come() -> None:
    session = _ready(SignallingFaults(acks="never"))
    assert _say(session, "prompt", prompt="x") == [Apply(1, "x", None)]
    assert session.applied(1) == []
    assert _say(session, "prompt", prompt="") == []


def test_acks_that_fail_on_purpose_reach_no_model() -> None:
    session = _ready(SignallingFaults(acks="error"))
    (ack,) = _messages(_say(session, "prompt", prompt="x"))
    assert (ack["success"], ack["error"]) == (False, FAILED_ACK)


def test_the_socket_is_dropped_at_the_messages_that_were_asked_for() -> None:
    session = _session(SignallingFaults(drop_after_messages=2))
    assert _say(session, "livekit_join") == [OpenRoom()]
    (drop,) = _say(session, "prompt", prompt="x")
    assert isinstance(drop, Abort)
    assert session.ended


def test_timed_faults_count_from_the_room_info_and_happen_once() -> None:
    faults = SignallingFaults(stall_after_s=1, stall_s=0.5, kill_worker_after_s=2, drop_after_s=3)
    session = _session(faults)
    _say(session, "livekit_join")
    assert session.next_ns is None
    session.room_info(*INFO, now_ns=10 * S)
    happened = [(at // S, action) for at, action in _over(session, 60 * S)]
    assert happened[:2] == [(11, Stall(0.5)), (12, KillWorker())]
    ((at, last),) = happened[2:]
    assert (at, type(last)) == (13, Abort)
    assert session.ended


def test_garbage_comes_in_turn_from_the_join_on() -> None:
    session = _session(SignallingFaults(garbage=("no-json", "binary"), garbage_every_s=2))
    assert session.next_ns == 60 * S
    _say(session, "livekit_join", now_ns=S)
    happened = _over(session, 6 * S)
    assert happened == [
        (S, SendRaw(GARBAGE["no-json"])),
        (3 * S, SendRaw(GARBAGE["binary"])),
        (5 * S, SendRaw(GARBAGE["no-json"])),
    ]


def test_faults_that_are_asked_for_later_count_from_then() -> None:
    session = _ready()
    session.misbehave(SignallingFaults(kill_worker_after_s=1, garbage=("no-json",)), now_ns=20 * S)
    assert _over(session, 20 * S) == [(20 * S, SendRaw(GARBAGE["no-json"]))]
    assert (21 * S, KillWorker()) in _over(session, 22 * S)
    session.misbehave(SignallingFaults(), now_ns=22 * S)
    assert session.next_ns is None


def test_faults_that_are_asked_for_before_the_join_wait_for_it() -> None:
    session = _session()
    session.misbehave(SignallingFaults(garbage=("no-json",), drop_after_s=1), now_ns=0)
    assert session.next_ns == 60 * S
    _say(session, "livekit_join", now_ns=S)
    assert session.next_ns == S
