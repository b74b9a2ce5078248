from __future__ import annotations

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
        '{"type": "generation_tick", "seconds": "x"}',
    ],
)
def test_what_is_no_message_is_unreadable(text: str) -> None:
    assert isinstance(parse(text), Unreadable)


def test_the_room_info_does_not_show_its_token() -> None:
    assert "secret" not in repr(RoomInfo("u", "secret", "r", "s"))


@given(st.one_of(st.text(), st.binary()))
def test_no_frame_breaks_the_parser(frame: str | bytes) -> None:
    parse(frame)
