from __future__ import annotations

import contextlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.realtime import protocol
from g2gbench.realtime.protocol import (
    Ack,
    Generation,
    QueuePosition,
    RoomInfo,
    ServiceError,
    StyleRequest,
    Unreadable,
    parse,
)


def test_the_address_holds_what_the_service_asks_for() -> None:
    url = protocol.stream_url("ws://h:1/", "k&y", "lucy-2.1", pixel_latency=True, user_agent="a b")
    parts = urlsplit(url)
    assert parts.path == "/v1/stream"
    assert "a%20b" in parts.query
    assert parse_qs(parts.query) == {
        "api_key": ["k&y"],
        "model": ["lucy-2.1"],
        "livekit_early_room_info": ["true"],
        "pixel_latency": ["1"],
        "user_agent": ["a b"],
    }


def test_pixel_latency_is_left_out_when_it_is_not_wanted() -> None:
    assert "pixel_latency" not in protocol.stream_url(
        "ws://h", "k", "m", pixel_latency=False, user_agent="u"
    )


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (
            {
                "type": "livekit_room_info",
                "livekit_url": "u",
                "token": "t",
                "room_name": "r",
                "session_id": "s",
                "more": 1,
            },
            RoomInfo("u", "t", "r", "s"),
        ),
        ({"type": "queue_position", "position": 3, "queue_size": 5}, QueuePosition(3, 5)),
        ({"type": "queue_position", "queue_position": 3}, QueuePosition(3, 0)),
        (
            {"type": "prompt_ack", "prompt": "p", "success": False, "error": "no"},
            Ack("p", False, "no"),
        ),
        ({"type": "set_image_ack", "success": True}, Ack(None, True, None)),
        ({"type": "generation_started"}, Generation("started", 0)),
        ({"type": "generation_tick", "seconds": 2}, Generation("tick", 2)),
        (
            {"type": "generation_ended", "seconds": 2.5, "reason": "limit"},
            Generation("ended", 2.5, "limit"),
        ),
        ({"type": "error", "error": "bad"}, ServiceError("bad")),
        ({"type": "status", "status": "ok"}, None),
        ({"type": "ready"}, None),
    ],
)
def test_each_message_has_its_meaning(message: dict[str, object], meaning: object) -> None:
    assert parse(json.dumps(message)) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"type": 7}',
        '{"type": "dance"}',
        '{"type": "livekit_room_info"}',
        '{"type": "livekit_room_info", "livekit_url": 1, "token": 1, "room_name": 1}',
        '{"type": "queue_position"}',
        '{"type": "prompt_ack", "prompt": "p"}',
        '{"type": "prompt_ack", "prompt": "p", "success": "yes"}',
        '{"type": "queue_position", "position": Infinity}',
        '{"type": "generation_tick", "seconds": "x"}',
        '{"type": "generation_tick", "seconds": NaN}',
        '{"type": "generation_dance", "seconds": 1}',
        b'{"type": "generation_started"}',
    ],
)
def test_what_is_no_message_is_unreadable(text: str | bytes) -> None:
    assert isinstance(parse(text), Unreadable)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        (StyleRequest(), {"type": "set_image", "image_data": None}),
        (StyleRequest("p"), {"type": "prompt", "prompt": "p", "enhance_prompt": True}),
        (StyleRequest("p", False), {"type": "prompt", "prompt": "p", "enhance_prompt": False}),
        (StyleRequest(image="aa"), {"type": "set_image", "image_data": "aa"}),
        (
            StyleRequest("p", False, "aa"),
            {"type": "set_image", "image_data": "aa", "prompt": "p", "enhance_prompt": False},
        ),
        (
            StyleRequest("p", via_set_image=True),
            {"type": "set_image", "image_data": None, "prompt": "p"},
        ),
    ],
)
def test_a_style_is_asked_for_by_one_message(
    style: StyleRequest, message: dict[str, object]
) -> None:
    assert style.message() == message


def test_a_subscribe_token_names_its_room_in_the_forms_of_all_clients() -> None:
    assert protocol.subscribe_token("room-1") == "eyJyb29tX25hbWUiOiJyb29tLTEifQ=="
    assert protocol.room_of("eyJyb29tX25hbWUiOiJyb29tLTEifQ==") == "room-1"
    assert protocol.room_of("eyJyb29tX25hbWUiOiAicm9vbS0xIn0=") == "room-1"  # with a blank


PRINTABLE = st.characters(exclude_categories=("C", "Z")) | st.just(" ")


@given(st.text(PRINTABLE, min_size=1))
def test_every_rooms_token_leads_back_to_it(room: str) -> None:
    assert room.isprintable()
    token = protocol.subscribe_token(room)
    assert protocol.room_of(token) == room
    assert protocol.room_of(token.replace("+", "-").replace("/", "_").rstrip("=")) == room


@given(st.text())
def test_what_is_no_subscribe_token_is_refused(token: str) -> None:
    with contextlib.suppress(ValueError):
        assert protocol.room_of(token)


def test_the_room_info_does_not_show_its_token() -> None:
    assert "secret" not in repr(RoomInfo("u", "secret", "r", "s"))


@given(st.one_of(st.text(), st.binary()))
def test_no_frame_breaks_the_parser(frame: str | bytes) -> None:
    parse(frame)
