from __future__ import annotations

import numpy as np
import pytest

from g2gbench.measure import marker_matching
from g2gbench.measure.ledger import build
from g2gbench.measure.records import Captured, Seen
from tests.measure import sessions
from tests.measure.sessions import INTERVAL, MS, SECOND, capture_ns, seen


def kinds(*remote: Seen, frames: int = 400) -> list[int]:
    view = sessions.session(remote, frames=frames)
    codes: list[int] = marker_matching.classify(view.seen, view.captured).kind.tolist()
    return codes


def test_a_number_means_the_newest_frame_that_carries_it_across_the_wrap() -> None:
    wrapped = [Captured(i, (65_534 + i) & 0xFFFF, 0, capture_ns(i)) for i in range(5)]
    remote = [seen(i, first_seq=65_534) for i in range(5)]
    view = sessions.session([*wrapped, *remote])
    assert marker_matching.classify(view.seen, view.captured).row.tolist() == [0, 1, 2, 3, 4]


def test_of_two_frames_with_one_number_the_newer_is_meant() -> None:
    same = [Captured(0, 7, 0, 10 * MS), Captured(1, 8, 0, 20 * MS), Captured(2, 7, 0, 30 * MS)]
    view = sessions.session(same)
    rows = marker_matching.match(np.array([7, 7, 7]), np.array([15, 29, 31]) * MS, view.captured)
    assert rows.tolist() == [0, 0, 2]


@pytest.mark.parametrize(("age_ms", "kind"), [(10_000, marker_matching.NEW), (10_000.001, 3)])
def test_a_number_is_outstanding_for_ten_seconds(age_ms: float, kind: int) -> None:
    assert kinds(seen(0, age_ms)) == [kind]


def test_a_number_never_sent_is_not_outstanding() -> None:
    stray = Seen(capture_ns(10), capture_ns(10), 40_000, "ok", 8, 8)
    assert kinds(stray) == [marker_matching.NOT_OUTSTANDING]


def test_a_refused_frame_cannot_come_back() -> None:
    view = sessions.session([sessions.captured(0, accepted=False), seen(0)])
    assert marker_matching.classify(view.seen, view.captured).kind.tolist() == [
        marker_matching.NOT_OUTSTANDING
    ]


def test_the_same_number_again_is_a_repeat() -> None:
    assert kinds(seen(0, 100), seen(0, 115), seen(0, 130)) == [0, 1, 1]


def test_a_step_back_is_late_and_still_a_sample() -> None:
    view = sessions.session([seen(0), seen(2), seen(1, 150), seen(3)], frames=4)
    book = build(view)
    assert book.late_or_reordered == 1
    assert book.late.tolist() == [False, True, False, False]
    assert book.g2g_ms.tolist() == [100, 150, 100, 100]


def test_every_frame_behind_the_newest_is_late() -> None:
    book = build(sessions.session([seen(0), seen(5, 10), seen(3, 110), seen(4, 110)], frames=6))
    assert np.flatnonzero(book.late).tolist() == [3, 4]


def test_a_repeat_of_an_older_frame_is_no_late_frame() -> None:
    book = build(sessions.session([seen(0), seen(1), seen(0, 145), seen(2)], frames=3))
    assert (book.repeats, book.late_or_reordered) == (1, 0)


def test_a_jump_waits_and_is_believed_when_the_next_new_number_agrees() -> None:
    assert kinds(seen(0), seen(10, 2000), seen(11, 1990)) == [0, 0, 0]


def test_a_jump_that_the_next_new_number_contradicts_was_misread() -> None:
    # Frame 10 appears when frame 57 is due back.
    stray = seen(10, 2000)
    assert kinds(seen(0), stray, seen(59)) == [
        marker_matching.NEW,
        marker_matching.MISREAD,
        marker_matching.NEW,
    ]


@pytest.mark.parametrize(
    ("jump_ms", "kind"), [(500, marker_matching.NEW), (500.001, marker_matching.MISREAD)]
)
def test_latency_may_change_by_half_a_second_at_once(jump_ms: float, kind: int) -> None:
    assert kinds(seen(0), seen(1, 100 + jump_ms), seen(40))[1] == kind


@pytest.mark.parametrize(("apart_ms", "kind"), [(250, 0), (250.001, marker_matching.MISREAD)])
def test_two_readings_agree_within_a_quarter_of_a_second(apart_ms: float, kind: int) -> None:
    assert kinds(seen(0), seen(1, 2000), seen(51, 2000 - apart_ms))[1] == kind


def test_a_repeat_does_not_confirm_a_jump() -> None:
    remote = (seen(0), seen(10, 2000), seen(10, 2015), seen(60))
    assert kinds(*remote) == [0, marker_matching.MISREAD, marker_matching.MISREAD, 0]


def test_repeats_of_a_jump_that_is_confirmed_are_repeats() -> None:
    assert kinds(seen(0), seen(10, 2000), seen(10, 2015), seen(11, 1990)) == [0, 0, 1, 0]


def test_a_jump_at_the_very_end_is_not_believed() -> None:
    assert kinds(seen(0), seen(1, 3000)) == [marker_matching.NEW, marker_matching.MISREAD]


def test_a_metadata_trailer_that_agrees_confirms_a_jump_at_once() -> None:
    assert kinds(seen(0), seen(1, 3000, witness=1)) == [0, 0]
    assert kinds(seen(0), seen(1, 3000, witness=2)) == [0, marker_matching.MISREAD]


def test_all_frames_of_a_stall_are_kept_however_slow() -> None:
    stalled = [seen(i, 4000 - i * 40) for i in range(10, 100)]
    assert kinds(*(seen(i) for i in range(10)), *stalled) == [0] * 100


def test_one_frame_before_its_capture_is_misread_but_a_stream_of_them_is_kept_as_it_is() -> None:
    assert kinds(seen(0), seen(9, -30), seen(10)) == [0, marker_matching.MISREAD, 0]
    book = build(sessions.session([seen(i, -30) for i in range(5)], frames=5))
    assert book.g2g_ms.tolist() == [-30] * 5
    assert book.implausible == 5


def test_readings_without_a_number_are_kept_apart() -> None:
    remote = (seen(0), seen(1, reading="no_marker"), seen(2, reading="rejected"))
    assert kinds(*remote) == [0, marker_matching.NO_MARKER, marker_matching.REJECTED]


def test_nothing_captured_means_nothing_is_outstanding() -> None:
    assert kinds(seen(0), frames=0) == [marker_matching.NOT_OUTSTANDING]


def test_matching_agrees_with_a_plain_search() -> None:
    rng = np.random.default_rng(5)
    records = [
        Captured(i, (65_000 + i) & 0xFF, 0, capture_ns(i), bool(rng.random() > 0.1))
        for i in range(800)
    ]
    view = sessions.session(records)
    at_ns = rng.integers(capture_ns(0), capture_ns(800), 2000)
    numbers = rng.integers(0, 256, 2000)
    expected = []
    for number, at in zip(numbers.tolist(), at_ns.tolist(), strict=True):
        fitting = [r for r in records if r.accepted and r.seq == number]
        past = [r for r in fitting if at - 10 * SECOND <= r.captured_ns <= at]
        ahead = [r for r in fitting if at < r.captured_ns <= at + 500 * MS]
        meant = past[-1:] or ahead[:1]
        expected.append(meant[0].frame_id if meant else -1)
    assert marker_matching.match(numbers, at_ns, view.captured).tolist() == expected
    assert INTERVAL * 256 > 10 * SECOND  # so that a number can be of no outstanding frame
    assert -1 in expected
