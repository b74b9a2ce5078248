"""The session's decisions, without a socket and on a clock of the test's own."""

from __future__ import annotations

import json

import pytest

from g2gbench.realtime import actions as act
from g2gbench.realtime import events
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import ConnectionState
from g2gbench.realtime.protocol import StyleRequest
from tests.realtime.machines import ROOM_INFO, Driven, S

LOST = RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, "the signalling connection was closed")
PROMPT = StyleRequest("a beach", True)
IMAGE = StyleRequest("a hat", None, "aGF0")


def _codes(driven: Driven) -> list[ErrorCode]:
    return [e.error.code for e in driven.told(events.ErrorRaised)]


def test_the_first_message_is_the_join_with_the_initial_state_in_it() -> None:
    driven = Driven(PROMPT).connect()
    (sent,) = driven.all(act.Send)
    assert sent.message == {"type": "livekit_join", "initial_state": PROMPT.message()}


def test_without_an_initial_state_a_passthrough_image_follows_the_room_info() -> None:
    driven = Driven().connect()
    driven.hear(ROOM_INFO)
    assert [s.message for s in driven.all(act.Send)] == [
        {"type": "livekit_join", "initial_state": None},
        {"type": "set_image", "image_data": None},
    ]


def test_a_session_that_sends_nothing_asks_for_nothing() -> None:
    driven = Driven(publishes=False).connect()
    driven.hear(ROOM_INFO)
    driven.do(driven.machine.room_joined(1, 0))
    assert len(driven.all(act.Send)) == 1
    assert driven.state() is ConnectionState.CONNECTED


def test_the_room_is_joined_while_the_initial_state_waits_for_its_ack() -> None:
    driven = Driven(PROMPT).connect()
    (joined,) = [a for a in driven.hear(ROOM_INFO) if isinstance(a, act.JoinRoom)]
    assert joined.room.token == "t"
    assert driven.machine.session_id == "s"


def test_it_stands_when_published_and_acknowledged_in_any_order() -> None:
    first = Driven(PROMPT).connect()
    first.hear(ROOM_INFO)
    first.ack("a beach")
    assert first.state() is ConnectionState.CONNECTING
    first.do(first.machine.room_joined(1, 0))
    first.do(first.machine.published(1, 0))
    second = Driven(PROMPT).connect().room()
    assert second.state() is ConnectionState.CONNECTING
    second.ack("a beach")
    for driven in (first, second):
        assert driven.state() is ConnectionState.CONNECTED
        assert len(driven.all(act.Connected)) == 1


def test_an_ack_that_comes_before_the_room_info_counts() -> None:
    driven = Driven(PROMPT).connect()
    driven.ack("a beach")
    driven.room()
    assert driven.state() is ConnectionState.CONNECTED
    assert _codes(driven) == []


def test_a_remote_stream_is_held_back_until_the_initial_state_is_acknowledged() -> None:
    driven = Driven(IMAGE).connect().room()
    assert not driven.do(driven.machine.remote_arrived(1, 0))[1:]
    assert driven.all(act.Deliver) == []
    driven.ack()
    assert driven.all(act.Deliver) == [act.Deliver(1)]


def test_a_second_remote_track_is_delivered_too() -> None:
    driven = Driven().stand()
    for _ in range(2):
        driven.do(driven.machine.remote_arrived(1, 0))
    assert len(driven.all(act.Deliver)) == 2


def test_phases_are_timed() -> None:
    driven = Driven(PROMPT)
    driven.do(driven.machine.connect(0))
    driven.now_ns = 5_000_000
    driven.open()
    driven.now_ns = 25_000_000
    driven.hear(ROOM_INFO)
    driven.now_ns = 40_000_000
    driven.do(driven.machine.room_joined(1, driven.now_ns))
    driven.now_ns = 50_000_000
    driven.do(driven.machine.published(1, driven.now_ns))
    driven.ack("a beach")
    driven.now_ns = 90_000_000
    driven.do(driven.machine.remote_arrived(1, driven.now_ns))
    timed = {t.phase: (t.duration_ms, t.success) for t in driven.told(events.PhaseTiming)}
    assert timed == {
        "websocket": (5, True),
        "room_info": (20, True),
        "livekit_connect": (15, True),
        "livekit_publish": (10, True),
        "initial_prompt": (45, True),
        "subscribe": (40, True),
    }


def test_an_image_has_a_phase_of_its_own() -> None:
    driven = Driven(IMAGE).connect().room()
    driven.ack()
    assert "avatar_image" in [t.phase for t in driven.told(events.PhaseTiming)]


# -- generating


@pytest.mark.parametrize("message", ["generation_started", "generation_tick"])
def test_generating_begins_with_the_services_word(message: str) -> None:
    driven = Driven().stand()
    driven.hear({"type": message, "seconds": 1})
    assert driven.state() is ConnectionState.GENERATING


def test_generating_begins_with_the_first_remote_frame() -> None:
    driven = Driven().stand()
    driven.do(driven.machine.first_frame(1, 640, 360, 7_000_000))
    assert driven.state() is ConnectionState.GENERATING
    (first,) = driven.told(events.FirstFrame)
    assert (first.time_since_connect_ms, first.width, first.height) == (7, 640, 360)


def test_generating_before_connected_waits_for_it() -> None:
    driven = Driven(PROMPT).connect().room()
    driven.hear({"type": "generation_started"})
    assert driven.state() is ConnectionState.CONNECTING
    driven.ack("a beach")
    states = [c.state for c in driven.told(events.StateChanged)]
    assert states == [
        ConnectionState.CONNECTING,
        ConnectionState.CONNECTED,
        ConnectionState.GENERATING,
    ]


def test_generating_outlasts_the_end_of_generation() -> None:
    driven = Driven().stand()
    driven.hear({"type": "generation_started"})
    driven.hear({"type": "generation_ended", "seconds": 3, "reason": "limit"})
    assert driven.state() is ConnectionState.GENERATING
    (ended,) = driven.told(events.GenerationEnded)
    assert (ended.seconds, ended.reason) == (3, "limit")


# -- time limits


@pytest.mark.parametrize(
    ("reach", "limit_s", "words"),
    [
        ("connect", 60, "did not answer"),
        ("open", 15, "no room was given"),
        ("room_info", 15, "no ack of the prompt"),
        ("acknowledged", 20, "could not be joined"),
        ("joined", 20, "could not be published"),
    ],
)
def test_every_step_of_connecting_has_its_limit(reach: str, limit_s: float, words: str) -> None:
    driven = Driven(PROMPT)
    driven.do(driven.machine.connect(0))
    if reach != "connect":
        driven.open()
    if reach not in ("connect", "open"):
        driven.hear(ROOM_INFO)
    if reach in ("acknowledged", "joined"):
        driven.ack("a beach")
    if reach == "joined":
        driven.do(driven.machine.room_joined(1, 0))
    driven.later(limit_s - 0.001)
    assert driven.all(act.Ended) == []
    driven.later(0.001)
    (over,) = driven.all(act.Ended)
    assert over.error is not None
    assert over.error.code is ErrorCode.WEBRTC_TIMEOUT_ERROR
    assert words in str(over.error)
    assert driven.state() is ConnectionState.DISCONNECTED
    assert driven.all(act.Close) == [act.Close(1)]
    failed = [t.phase for t in driven.told(events.PhaseTiming) if not t.success]
    assert failed


def test_an_image_may_take_30_s() -> None:
    driven = Driven(IMAGE).connect().room()
    driven.later(29.9)
    assert driven.all(act.Ended) == []
    driven.later(0.2)
    assert "no ack of the image within 30 s" in str(driven.all(act.Ended)[0].error)


def test_a_place_in_the_queue_stops_the_clock_of_the_room_info() -> None:
    driven = Driven().connect()
    driven.later(14)
    driven.hear({"type": "queue_position", "position": 2, "queue_size": 5})
    driven.later(600)
    assert driven.all(act.Ended) == []
    (told,) = driven.told(events.QueuePosition)
    assert (told.position, told.queue_size) == (2, 5)
    driven.room().ack()
    assert driven.state() is ConnectionState.CONNECTED


# -- refusals


def test_an_error_while_connecting_ends_it_with_the_services_words() -> None:
    driven = Driven().connect()
    driven.hear({"type": "error", "error": "Invalid API key"})
    (over,) = driven.all(act.Ended)
    assert over.error is not None
    assert over.error.code is ErrorCode.INVALID_API_KEY
    assert "Invalid API key" in str(over.error)


@pytest.mark.parametrize("early", [True, False])
def test_a_refused_initial_state_ends_it(early: bool) -> None:
    driven = Driven(PROMPT).connect()
    if not early:
        driven.hear(ROOM_INFO)
    driven.ack("a beach", success=False, error="not allowed here")
    (over,) = driven.all(act.Ended)
    assert "not allowed here" in str(over.error)


def test_the_first_connect_is_not_tried_again() -> None:
    driven = Driven()
    driven.do(driven.machine.connect(0))
    driven.fail(LOST)
    driven.later(100)
    assert len(driven.all(act.OpenSocket)) == 1
    assert driven.all(act.Ended) == [act.Ended(LOST)]
    assert _codes(driven) == [ErrorCode.WEBRTC_WEBSOCKET_ERROR]


# -- prompts and images


def test_a_prompt_ends_with_its_own_ack() -> None:
    driven = Driven().stand()
    one, todo = driven.machine.set_style(StyleRequest("one", True), 15, 0)
    two, _ = driven.machine.set_style(StyleRequest("two", True), 15, 0)
    assert todo == [
        act.Send(1, {"type": "prompt", "prompt": "one", "enhance_prompt": True}),
    ]
    driven.ack("two")
    driven.ack("one", success=False, error="no")
    settled = {s.ticket: s.error for s in driven.all(act.ResolveRequest)}
    assert settled[two] is None
    assert "no" in str(settled[one])


def test_images_are_acknowledged_in_their_order() -> None:
    driven = Driven().stand()
    tickets = [driven.machine.set_style(StyleRequest(image=i), 30, 0)[0] for i in ("YQ==", "Yg==")]
    driven.ack()
    assert [s.ticket for s in driven.all(act.ResolveRequest)] == tickets[:1]
    driven.ack()
    assert [s.ticket for s in driven.all(act.ResolveRequest)] == tickets


def test_a_prompt_sent_with_an_image_is_acknowledged_as_an_image() -> None:
    driven = Driven().stand()
    style = StyleRequest("a hat", via_set_image=True)
    ticket, todo = driven.machine.set_style(style, 30, 0)
    assert todo == [act.Send(1, {"type": "set_image", "image_data": None, "prompt": "a hat"})]
    driven.ack()
    assert driven.all(act.ResolveRequest) == [act.ResolveRequest(ticket, None)]


def test_a_request_has_its_time() -> None:
    driven = Driven().stand()
    ticket, _ = driven.machine.set_style(PROMPT, 15, driven.now_ns)
    driven.later(14.9)
    assert driven.all(act.ResolveRequest) == []
    driven.later(0.2)
    (settled,) = driven.all(act.ResolveRequest)
    assert settled.ticket == ticket
    assert settled.error is not None
    assert settled.error.code is ErrorCode.WEBRTC_TIMEOUT_ERROR
    assert driven.state() is ConnectionState.CONNECTED
    driven.ack("a beach")  # too late
    assert _codes(driven) == [ErrorCode.WEBRTC_SIGNALING_ERROR]


@pytest.mark.parametrize("moment", ["never", "connecting", "reconnecting", "left"])
def test_a_request_outside_a_session_that_stands_is_refused_at_once(moment: str) -> None:
    driven = Driven()
    if moment == "connecting":
        driven.connect()
    if moment == "reconnecting":
        driven.stand().fail(LOST)
    if moment == "left":
        driven.stand().do(driven.machine.disconnect(0))
    with pytest.raises(RealtimeError, match="not connected") as refused:
        driven.machine.set_style(PROMPT, 15, 0)
    assert refused.value.code is ErrorCode.INVALID_INPUT


def test_an_error_fails_all_that_waits_and_the_session_goes_on() -> None:
    driven = Driven().stand()
    tickets = {driven.machine.set_style(s, 30, 0)[0] for s in (PROMPT, IMAGE)}
    driven.hear({"type": "error", "error": "out of breath"})
    assert {s.ticket for s in driven.all(act.ResolveRequest) if s.error} == tickets
    assert _codes(driven) == [ErrorCode.WEBRTC_SERVER_ERROR]
    assert driven.state() is ConnectionState.CONNECTED


@pytest.mark.parametrize("frame", ["", "{", "[]", '{"type": "dance"}', b"\x00", '{"type": 1}'])
def test_garbage_is_told_and_ends_nothing(frame: str | bytes) -> None:
    driven = Driven().stand()
    driven.hear(frame)
    assert _codes(driven) == [ErrorCode.WEBRTC_SIGNALING_ERROR]
    assert driven.state() is ConnectionState.CONNECTED


def test_a_second_room_info_is_told_and_ends_nothing() -> None:
    driven = Driven().stand()
    driven.hear(ROOM_INFO)
    assert _codes(driven) == [ErrorCode.WEBRTC_SIGNALING_ERROR]
    assert len(driven.all(act.JoinRoom)) == 1


# -- losses


def test_a_loss_is_answered_by_five_attempts_that_wait_longer_each_time() -> None:
    driven = Driven().stand()
    driven.fail(LOST)
    assert driven.state() is ConnectionState.RECONNECTING
    assert driven.all(act.Close) == [act.Close(1)]
    began: list[float] = []
    lost_ns = driven.now_ns
    for wait_s in (1, 2, 4, 8, 10):
        driven.later(wait_s - 0.001)
        before = len(driven.all(act.OpenSocket))
        driven.later(0.001)
        assert len(driven.all(act.OpenSocket)) == before + 1
        began.append((driven.now_ns - lost_ns) / S)
        driven.fail(LOST)
    assert began == [1, 3, 7, 15, 25]
    assert driven.state() is ConnectionState.DISCONNECTED
    assert driven.all(act.Ended) == [act.Ended(LOST)]
    told = driven.told(events.Reconnect)
    assert [(t.attempt, t.max_attempts, t.success) for t in told] == [
        (n, 5, False) for n in range(1, 6)
    ]
    driven.later(100)
    assert len(driven.all(act.OpenSocket)) == 6


def test_a_reconnect_begins_anew_and_delivers_a_new_stream() -> None:
    driven = Driven(PROMPT).connect().room()
    driven.ack("a beach")
    driven.do(driven.machine.remote_arrived(1, 0))
    driven.hear({"type": "generation_started"})
    driven.fail(LOST)
    driven.later(1)
    driven.open().room()
    driven.ack("a beach")
    driven.do(driven.machine.remote_arrived(2, driven.now_ns))
    assert driven.all(act.Deliver) == [act.Deliver(1), act.Deliver(2)]
    assert driven.state() is ConnectionState.CONNECTED
    driven.hear({"type": "generation_tick", "seconds": 1})
    assert driven.state() is ConnectionState.GENERATING
    (told,) = driven.told(events.Reconnect)
    assert told.success
    assert len(driven.told(events.SessionStarted)) == 2


def test_a_reconnect_brings_back_what_was_acknowledged_last() -> None:
    driven = Driven(IMAGE).connect().room()
    driven.ack()
    driven.machine.set_style(StyleRequest("snow", False), 15, 0)
    driven.ack("snow")
    driven.machine.set_style(StyleRequest("refused", True), 15, 0)
    driven.ack("refused", success=False)
    driven.fail(LOST)
    driven.later(1)
    driven.open()
    assert driven.all(act.Send)[-1].message == {
        "type": "livekit_join",
        "initial_state": {
            "type": "set_image",
            "image_data": "aGF0",
            "prompt": "snow",
            "enhance_prompt": False,
        },
    }


def test_a_cleared_image_stays_cleared() -> None:
    driven = Driven(IMAGE).connect().room()
    driven.ack()
    driven.machine.set_style(StyleRequest(via_set_image=True), 30, 0)
    driven.ack()
    driven.fail(LOST)
    driven.later(1)
    driven.open()
    assert driven.all(act.Send)[-1].message == {"type": "livekit_join", "initial_state": None}


def test_a_loss_fails_what_waits() -> None:
    driven = Driven().stand()
    ticket, _ = driven.machine.set_style(PROMPT, 15, 0)
    driven.fail(LOST)
    assert driven.all(act.ResolveRequest) == [act.ResolveRequest(ticket, LOST)]


@pytest.mark.parametrize(
    "words", ["Permission denied", "not allowed", "Invalid session", "401", "unauthorized"]
)
def test_what_is_permanent_is_not_tried_again(words: str) -> None:
    error = RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, f"closed: {words}")
    at_once = Driven().stand()
    at_once.fail(error)
    while_trying = Driven().stand()
    while_trying.fail(LOST)
    while_trying.later(1)
    while_trying.open()
    while_trying.hear({"type": "error", "error": words})
    for driven in (at_once, while_trying):
        assert driven.state() is ConnectionState.DISCONNECTED
        driven.later(100)
    assert len(at_once.all(act.OpenSocket)) == 1
    assert len(while_trying.all(act.OpenSocket)) == 2


def test_who_wants_no_reconnects_gets_none() -> None:
    driven = Driven(reconnects=False).stand()
    driven.fail(LOST)
    assert driven.all(act.Ended) == [act.Ended(LOST)]


def test_what_is_told_of_an_earlier_attempt_is_ignored() -> None:
    driven = Driven().stand()
    driven.fail(LOST)
    driven.later(1)
    driven.open()
    machine, now_ns = driven.machine, driven.now_ns
    assert machine.socket_opened(1, now_ns) == []
    assert machine.received(1, json.dumps(ROOM_INFO), now_ns) == []
    assert machine.room_joined(1, now_ns) == []
    assert machine.published(1, now_ns) == []
    assert machine.remote_arrived(1, now_ns) == []
    assert machine.first_frame(1, 2, 2, now_ns) == []
    assert machine.failed(1, LOST, now_ns) == []
    assert driven.state() is ConnectionState.RECONNECTING


# -- leaving


def test_leaving_fails_what_waits_and_is_no_error() -> None:
    driven = Driven().stand()
    ticket, _ = driven.machine.set_style(PROMPT, 15, 0)
    driven.do(driven.machine.disconnect(0))
    (settled,) = driven.all(act.ResolveRequest)
    assert settled.ticket == ticket
    assert settled.error is not None
    assert driven.all(act.Ended) == [act.Ended(None)]
    assert _codes(driven) == []
    assert driven.machine.session_id is None
    assert driven.machine.disconnect(1) == []


def test_leaving_while_reconnecting_ends_the_attempts() -> None:
    driven = Driven().stand()
    driven.fail(LOST)
    driven.do(driven.machine.disconnect(driven.now_ns))
    driven.later(100)
    assert len(driven.all(act.OpenSocket)) == 1
    assert driven.machine.deadline_ns is None
