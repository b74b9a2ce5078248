"""When a session that runs has settled: seconds that are alike, and seconds that are not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from g2gbench.client.settling import SECONDS, Settling
from g2gbench.measure.records import Captured, Reached, Record, Seen, Stats

MS = 1_000_000
SECOND = 1000 * MS
FPS = 25


def frames(g2g_ms: Sequence[float], *, every: int = 1) -> list[Record]:
    """A second of frames for each latency; of every so-many one frame comes back."""
    found: list[Record] = []
    for number in range(len(g2g_ms) * FPS):
        at_ns = number * SECOND // FPS
        found.append(Captured(number, number, at_ns, at_ns))
        if number % every == 0:
            received_ns = at_ns + round(g2g_ms[number // FPS] * MS)
            found.append(Seen(received_ns, received_ns, number, "ok", 8, 8))
    return found


def settled(records: Sequence[Record], at_s: float) -> bool:
    settling = Settling(16)
    for record in records:
        settling.take(record)
    return settling.settled(round(at_s * SECOND))


def sent(rates_bps: Sequence[float]) -> list[Record]:
    total, found = 0.0, []
    for second, rate in enumerate((0.0, *rates_bps)):
        total += rate / 8
        told = {"outbound.bytes_sent": total, "outbound.header_bytes_sent": 0}
        found.append(Stats(second * SECOND, dict(told)))
    return [*found]


def test_seconds_that_are_alike_have_settled() -> None:
    assert settled(frames([20] * 5), 5)


@pytest.mark.parametrize(
    ("g2g_ms", "alike"),
    [
        ([20, 20, 25], True),
        ([20, 20, 25.1], False),
        ([100, 100, 120], True),
        ([100, 100, 121], False),
        ([400, 20, 20, 20, 20], True),
        ([20, 20, 400, 20, 20], False),
    ],
)
def test_the_last_seconds_medians_decide(g2g_ms: Sequence[float], alike: bool) -> None:
    assert settled(frames(g2g_ms), len(g2g_ms)) == alike


def test_too_few_seconds_have_not_settled() -> None:
    assert not settled(frames([20] * (SECONDS - 1)), SECONDS - 1)
    assert not settled([], 10)


@pytest.mark.parametrize(("every", "alike"), [(1, True), (2, False)])
def test_frames_that_do_not_come_back_are_no_settled_session(every: int, alike: bool) -> None:
    assert settled(frames([20] * 4, every=every), 4) == alike


def test_a_backlog_that_drains_has_not_settled() -> None:
    """Three seconds of one latency, in which more frames come than are captured."""
    records: list[Record] = []
    for number in range(8 * FPS):
        captured_ns = number * SECOND // FPS
        records.append(Captured(number, number, captured_ns, captured_ns))
        came_ns = captured_ns + (3 * SECOND if number < 2 * FPS else 3 * SECOND // 2)
        records.append(Seen(came_ns, came_ns, number, "ok", 8, 8))
    assert not settled(records, 5)


@pytest.mark.parametrize(
    ("rates", "alike"),
    [([1e6, 1e6, 1.5e6], True), ([1e6, 1e6, 1.51e6], False), ([0, 0, 0], True), ([0, 1, 1], False)],
)
def test_the_bitrates_must_be_alike_where_they_are_known(
    rates: Sequence[float], alike: bool
) -> None:
    assert settled([*frames([20] * 4), *sent(rates)], 4) == alike


def test_what_tells_nothing_of_the_frames_is_handed_on_all_the_same() -> None:
    heard: list[Record] = []
    settling = Settling(16, heard.append)
    records: list[Record] = [
        Reached(1, "connect"),
        Seen(2, 2, 77, "ok", 8, 8),  # never captured
        Seen(3, 3, None, "no_marker", 8, 8),
        Captured(0, 0, 4, 4, accepted=False),
        Stats(5, {}),
    ]
    for record in records:
        settling.take(record)
    assert heard == records
    assert not settling.settled(5 * SECOND)


def test_frames_that_never_come_are_forgotten() -> None:
    settling = Settling(16)
    for record in frames([20] * 2):
        settling.take(record)
    settling.take(Captured(60, 60, 2 * SECOND, 2 * SECOND))
    assert settling._meter.waits_for(60)
    settling.take(Stats(20 * SECOND, {}))
    assert not settling._meter.waits_for(60)
