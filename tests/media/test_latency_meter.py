from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from g2gbench.media.latency_meter import G2G, LatencyMeter

MS = 1_000_000


def _meter() -> LatencyMeter:
    meter = LatencyMeter(16)
    meter.connecting(0)
    return meter


def test_nothing_seen_is_nothing_measured() -> None:
    meter = _meter()
    meter.captured(1, 5 * MS)
    assert meter.take(10_000 * MS) == G2G()


def test_g2g_is_the_median_and_ttff_counts_from_the_connect_attempt() -> None:
    meter = _meter()
    for number, back_ms in enumerate((40, 90, 50)):
        meter.captured(number, 100 * number * MS)
        meter.seen(number, (100 * number + back_ms) * MS)
    assert meter.samples == 3
    assert meter.take(1000 * MS) == G2G(50, 0.0, 40)
    assert meter.take(2000 * MS) == G2G(None, 0.0, 40)


def test_a_number_counts_once_and_only_when_it_was_sent() -> None:
    meter = _meter()
    meter.captured(1, 0)
    for _ in range(3):
        meter.seen(1, 30 * MS)
    meter.seen(99, 30 * MS)
    assert meter.take(100 * MS).g2g_ms == 30
    assert meter.samples == 0


def test_a_frame_is_given_up_a_second_after_a_newer_one_is_back_and_only_once() -> None:
    meter = _meter()
    for number in range(4):
        meter.captured(number, number * MS)
    meter.seen(0, 20 * MS)
    meter.seen(3, 20 * MS)
    assert meter.take(1000 * MS).drop_ratio == 0
    assert meter.take(1100 * MS).drop_ratio == 0.5
    meter.seen(1, 1900 * MS)  # too late: its fate is settled
    assert meter.take(2000 * MS) == G2G(None, 0.5, 20)
    assert meter.take(3000 * MS).drop_ratio == 0.5
    assert meter.take(4000 * MS).drop_ratio == 1  # those that came back are four seconds ago
    assert meter.take(5000 * MS).drop_ratio is None


def test_a_frame_that_nothing_overtakes_is_given_up_after_three_seconds() -> None:
    meter = _meter()
    meter.captured(0, 0)
    meter.seen(0, 20 * MS)
    meter.captured(1, 33 * MS)
    assert meter.take(3000 * MS).drop_ratio == 0
    assert meter.take(3100 * MS).drop_ratio == 0.5


def test_frames_from_before_the_session_are_no_drops() -> None:
    meter = _meter()
    for number in range(300):
        meter.captured(number, number * 33 * MS)
    meter.seen(299, (299 * 33 + 20) * MS)
    assert meter.take(60_000 * MS).drop_ratio == 0


def test_a_new_connect_attempt_begins_anew() -> None:
    meter = _meter()
    meter.captured(1, 0)
    meter.seen(1, 30 * MS)
    meter.captured(2, 40 * MS)
    meter.connecting(1000 * MS)
    assert meter.take(9000 * MS) == G2G()
    meter.captured(3, 1500 * MS)
    meter.seen(3, 1540 * MS)
    assert meter.take(9000 * MS).ttff_ms == 540


def test_numbers_wrap() -> None:
    meter = _meter()
    meter.captured(0x1_0001, 0)
    meter.seen(1, 30 * MS)
    assert meter.take(40 * MS).g2g_ms == 30


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=60))
def test_shares_are_shares(steps: list[tuple[bool, int]]) -> None:
    meter = _meter()
    at_ns = 0
    for captured, number in steps:
        at_ns += 200 * MS
        if captured:
            meter.captured(number, at_ns)
        else:
            meter.seen(number, at_ns)
    told = meter.take(at_ns + 4000 * MS)
    assert told.drop_ratio is None or 0 <= told.drop_ratio <= 1
    assert told.g2g_ms is None or told.g2g_ms > 0
