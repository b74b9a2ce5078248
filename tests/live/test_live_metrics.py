"""Messages to the page from the journal's records."""

from __future__ import annotations

from typing import Any

import pytest

from g2gbench.live.live_metrics import LiveMetrics, Message
from g2gbench.measure.records import Captured, Event, Reached, Record, Seen, Stats
from g2gbench.quality.thresholds import DEFAULT_SETTINGS

MS = 1_000_000
SECOND = 1000 * MS
ZERO = 5 * SECOND


def figures(*records: Record) -> tuple[LiveMetrics, list[Message]]:
    """Figures that have taken these records, and what they told."""
    made = LiveMetrics(16, DEFAULT_SETTINGS)
    told = [made.take(record) for record in (Reached(ZERO, "connect"), *records)]
    return made, [one for one in told if one is not None]


def frame(seq: int, at_ms: float, g2g_ms: float | None) -> list[Record]:
    """A frame's records; None: it never came back."""
    at_ns = ZERO + round(at_ms * MS)
    captured = Captured(seq, seq, at_ns, at_ns)
    if g2g_ms is None:
        return [captured]
    back_ns = at_ns + round(g2g_ms * MS)
    return [captured, Seen(back_ns, back_ns, seq, "ok", 640, 360)]


def stats(at_s: float, frames: int) -> Stats:
    values: dict[str, Any] = {
        "inbound.frames_decoded": frames,
        "pair.current_round_trip_time": 0.01,
    }
    return Stats(ZERO + round(at_s * SECOND), values)


def test_a_frame_that_comes_back_is_a_point_once() -> None:
    made, _ = figures(*frame(1, 100, 40), Seen(ZERO + SECOND, ZERO + SECOND, 1, "ok", 640, 360))
    assert made.points() == [(0.14, 40.0)]
    assert made.points() == []


def test_what_cannot_be_read_or_was_not_published_is_none() -> None:
    refused = Captured(1, 1, ZERO, ZERO, accepted=False)
    unread = Seen(ZERO + MS, ZERO + MS, None, "no_marker", 640, 360)
    made, _ = figures(refused, unread, Seen(ZERO + MS, ZERO + MS, 1, "ok", 640, 360))
    assert made.points() == []


def test_a_second_has_the_median_and_what_was_dropped() -> None:
    sent = [
        *frame(1, 0, 30),
        *frame(2, 100, 40),
        *frame(3, 200, 50),
        *frame(4, 300, None),
        *frame(5, 400, 60),
    ]
    _, told = figures(stats(0, 0), *sent, stats(2, 60))
    second = told[-1]["second"]
    assert second["at_s"] == 2.0
    assert second["g2g_ms"] == 45.0
    assert second["drop_ratio"] == pytest.approx(1 / 5)
    assert second["fps"] == 30.0
    assert second["ttff_ms"] == 30.0
    assert second["level"] in ("good", "fair", "poor", "critical")


def test_the_first_snapshot_tells_nothing_yet() -> None:
    _, told = figures(stats(1, 0))
    assert told == [{"phase": "connect", "at_s": 0.0}]


@pytest.mark.parametrize(
    ("name", "detail", "text"),
    [
        ("prompt", {"text": "a beach", "image": None}, "prompt: a beach"),
        ("prompt", {"text": None, "image": "me.png"}, "prompt: me.png"),
        ("prompt_ack", {"text": "a beach"}, "the model has taken it"),
        ("prompt_failed", {"error": "no"}, "the model refused it: no"),
        ("network", {"label": "wifi", "restored": False}, "network: wifi"),
    ],
)
def test_what_happens_is_told_in_words(name: str, detail: dict[str, Any], text: str) -> None:
    _, told = figures(Event(ZERO + SECOND, name, detail))
    assert told[-1] == {"note": {"at_s": 1.0, "name": name, "text": text}}


def test_what_a_person_need_not_know_is_not_told() -> None:
    _, told = figures(Event(ZERO, "processes", {"client": 1}))
    assert told == [{"phase": "connect", "at_s": 0.0}]


def test_a_new_connection_begins_its_verdict_anew() -> None:
    before = [*frame(1, 0, 30), stats(0, 0), stats(1, 30), stats(2, 60)]
    anew = Event(ZERO + 3 * SECOND, "reconnect", {"success": True})
    _, told = figures(*before, anew, stats(4, 0), stats(5, 30))
    seconds = [one["second"] for one in told if "second" in one]
    assert [one["provisional"] for one in seconds] == [True, True, True]
    assert [one["at_s"] for one in seconds] == [1.0, 2.0, 5.0]  # none over the break
