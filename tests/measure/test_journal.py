from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, get_args

import pytest

from g2gbench.measure.journal import parse, parse_service_frames
from g2gbench.measure.record_types import KNOWN_TYPES
from g2gbench.measure.records import (
    Captured,
    Counters,
    Ended,
    Event,
    Reached,
    Record,
    Seen,
    ServiceFrame,
    Skipped,
    Stats,
    Usage,
    encode,
)
from tests.measure import sessions


def test_every_record_lands_in_its_place() -> None:
    view = sessions.session(
        [
            Skipped(frame_id=3, due_ns=7),
            Stats(at_ns=5, values={"inbound.jitter": 0.01}),
            Usage(at_ns=6, process="client", cpu_s=1.5, rss_bytes=10),
            Event(at_ns=7, name="prompt"),
            Counters(at_ns=8, source="link", values={"uplink.packets": 4}),
            sessions.seen(0, witness=0),
            sessions.seen(1, reading="no_marker"),
        ],
        frames=2,
    )
    assert view.started is not None
    assert view.started.fps == sessions.FPS
    assert view.captured.seq.tolist() == [5000, 5001]
    assert view.skipped.frame_id.tolist() == [3]
    assert view.seen.seq.tolist() == [5000, -1]
    assert view.seen.witness.tolist() == [0, -1]
    assert view.seen.reading.tolist() == [0, 1]
    assert [s.at_ns for s in view.stats] == [5]
    assert view.usage[0].cpu_s == 1.5
    assert view.events[0].name == "prompt"
    assert view.counter("link", "uplink.packets") == 4
    assert view.counter("link", "downlink.packets") is None
    assert view.ended is not None


def test_a_line_cut_off_is_counted_and_the_rest_is_kept() -> None:
    line = encode(sessions.captured(0))
    view = parse([line, encode(sessions.captured(1)), line[: len(line) // 2]])
    assert len(view.captured) == 2
    assert view.damaged_lines == 1
    assert view.ended is None


def test_lines_that_are_no_records_are_counted_as_damaged() -> None:
    wrong_type = encode(sessions.captured(0)).replace("5000", '"x"')
    lines = ["{}", "7", "[]", '{"kind": "invented"}', wrong_type, "\x00\x00"]
    assert parse(lines).damaged_lines == len(lines)


def test_blank_lines_are_no_damage() -> None:
    assert parse(["", "\n", "  \n"]).damaged_lines == 0


def test_an_empty_journal_is_an_empty_session() -> None:
    view = parse([])
    assert len(view.captured) == len(view.seen) == len(view.skipped) == 0
    assert view.started is None
    assert view.steady_ns is None


def test_a_phase_counts_from_the_first_time_it_is_reached() -> None:
    view = parse(encode(Reached(at_ns=t, phase="room")) for t in (5, 9))
    assert view.reached["room"] == 5


def test_a_number_without_an_ok_reading_is_not_a_number() -> None:
    line = encode(Seen(1, 2, 77, "rejected", 8, 8))
    contradiction = encode(Seen(1, 2, None, "ok", 8, 8))
    view = parse([line, contradiction])
    assert view.seen.seq.tolist() == [-1, -1]
    assert view.seen.reading.tolist() == [2, 2]


def test_frames_are_put_in_the_order_of_their_times() -> None:
    view = parse(encode(sessions.seen(i)) for i in (2, 0, 1))
    assert view.seen.received_ns.tolist() == sorted(view.seen.received_ns.tolist())


def test_a_session_listens_until_it_disconnects() -> None:
    view = parse(
        [
            encode(Reached(at_ns=50, phase="disconnected")),
            encode(Ended(at_ns=90, reason="complete")),
        ]
    )
    assert view.end_ns == 50


def test_a_client_that_told_its_counters_does_not_listen_any_more() -> None:
    lines = [
        encode(Counters(at_ns=30, source="client", values={})),
        encode(Counters(at_ns=20, source="link", values={})),
        encode(Reached(at_ns=50, phase="disconnected")),
        encode(Ended(at_ns=90, reason="complete")),
    ]
    assert parse(lines).end_ns == 30


def test_a_journal_cut_off_ends_with_what_the_client_did_last() -> None:
    dead_client = [encode(Captured(0, 1, 10, 10)), encode(Usage(99, "room", 1.0, 1))]
    assert parse(dead_client).end_ns == 10


def test_service_frames_are_read_back_and_damage_is_counted() -> None:
    frame = ServiceFrame(received_ns=1, number_in=2, witness=None, width=3, height=4, sent_ns=5)
    line = json.dumps({**asdict(frame), "kind": "service_frame", "new_field": 1})
    frames, damaged = parse_service_frames([line, line[:-5], "3", ""])
    assert frames == (frame,)
    assert damaged == 2


@pytest.mark.parametrize(
    "line",
    [
        '{"kind":"reached","at_ns":1,"phase":["connect"]}',
        '{"kind":"reached","at_ns":4611686018427387904,"phase":"connect"}',
        '{"kind":"event","at_ns":1,"name":"prompt","detail":[["a",1]]}',
        '{"kind":"event","at_ns":1,"name":"prompt","detail":{"a":[1]}}',
        '{"kind":"counters","at_ns":1,"source":"link","values":{"a":"x"}}',
        '{"kind":"counters","at_ns":1,"source":"link","values":{"a":null}}',
        '{"kind":"started","at_ns":1,"wall_time":"","client":"n","marker":"v1","fps":NaN,'
        '"width":1,"height":1}',
        '{"kind":"started","at_ns":1,"wall_time":"","client":"n","marker":"v1","fps":30,'
        '"width":1,"height":1,"playout_delay_ms":[1]}',
        '{"kind":"captured","frame_id":1e300,"seq":1,"due_ns":1,"captured_ns":1}',
        "[" * 100_000,
    ],
)
def test_a_record_with_a_field_of_another_type_is_a_damaged_line(line: str) -> None:
    view = parse([encode(Reached(1, "connect")), line])
    assert (view.damaged_lines, dict(view.reached)) == (1, {"connect": 1})


@pytest.mark.parametrize("line", ['{"received_ns": "x"}', "[" * 100_000, "[]"])
def test_a_frame_of_the_workers_log_that_is_none_is_a_damaged_line(line: str) -> None:
    frame = ServiceFrame(1, None, None, 2, 2)
    assert parse_service_frames([json.dumps(asdict(frame)), line]) == ((frame,), 1)


@pytest.mark.parametrize("record", [*get_args(Record), ServiceFrame])
def test_the_types_of_every_records_fields_are_known(record: type[Any]) -> None:
    assert {str(field.type) for field in fields(record)} <= set(KNOWN_TYPES)
