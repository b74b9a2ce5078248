from __future__ import annotations

import numpy as np
import pytest

from g2gbench.measure.gaps import cut, source_pauses_ns
from tests.measure.sessions import MS, SECOND


def arrivals(*gaps_ms: float) -> np.ndarray:
    """Arrival times that lie these gaps apart; the first at 0."""
    return np.cumsum([0, *(round(gap * MS) for gap in gaps_ms)])


@pytest.mark.parametrize(
    ("usual_ms", "gap_ms", "freeze"),
    [
        (40, 190, True),  # avg + 150 is the larger limit for a fast stream
        (40, 189, False),
        (100, 300, True),  # 3 * avg is the larger one for a slow stream
        (100, 299, False),
        (75, 225, True),  # where both meet
        (75, 224, False),
    ],
)
def test_a_freeze_is_a_gap_of_three_times_or_150_ms_more_than_usual(
    usual_ms: float, gap_ms: float, freeze: bool
) -> None:
    times = arrivals(*[usual_ms] * 40, gap_ms, usual_ms)
    found = cut(times, 0, int(times[-1]) + MS)
    assert found.freezes.sum() == freeze


def test_the_usual_gap_is_the_mean_of_the_thirty_before() -> None:
    times = arrivals(*[1000] * 5, *[40] * 30, 190, 40)
    found = cut(times, int(times[10]), int(times[-1]) + MS)
    assert found.freezes.sum() == 1
    times = arrivals(*[1000] * 5, *[40] * 29, 190, 40)
    assert cut(times, int(times[10]), int(times[-1]) + MS).freezes.sum() == 0


@pytest.mark.parametrize(("gap_ms", "stall"), [(200, False), (200.001, True)])
def test_a_stall_is_a_gap_above_200_ms(gap_ms: float, stall: bool) -> None:
    times = arrivals(150, gap_ms, 150)
    assert cut(times, 0, int(times[-1]) + MS).stalls.sum() == stall


def test_a_slow_stream_stalls_without_freezing() -> None:
    times = arrivals(*[250] * 40)
    found = cut(times, 0, int(times[-1]))
    assert found.stalls.sum() == 40
    assert found.freezes.sum() == 0


def test_the_freeze_that_the_steady_state_ends_in_is_counted() -> None:
    times = arrivals(*[40] * 20)
    found = cut(times, 0, int(times[-1]) + 2 * SECOND)
    assert found.freezes.sum() == found.stalls.sum() == 1
    assert found.length_ms[found.freezes].tolist() == [2000]


def test_the_gaps_fill_the_steady_state() -> None:
    times = arrivals(*[40] * 100)
    found = cut(times, 500 * MS, 3000 * MS)
    assert found.length_ms.sum() == 2500


def test_gaps_of_the_warm_up_tell_what_is_usual_and_are_not_counted() -> None:
    times = arrivals(*[40] * 50, 1000, *[40] * 50)
    found = cut(times, int(times[52]), int(times[-1]))
    assert found.freezes.sum() == 0
    assert found.usual_ms[0] == pytest.approx((29 * 40 + 1000) / 30)


def test_without_arrivals_the_steady_state_is_one_stall_and_nothing_is_usual() -> None:
    found = cut(np.array([], dtype=np.int64), 0, 5 * SECOND)
    assert found.length_ms.tolist() == [5000]
    assert np.isnan(found.usual_ms).all()
    assert found.stalls.sum() == 1
    assert found.freezes.sum() == 0


def test_harmonic_fps_is_that_of_an_even_stream_and_lower_for_an_uneven_one() -> None:
    even = arrivals(*[40] * 25)
    assert cut(even, 0, int(even[-1])).harmonic_fps == pytest.approx(25)
    uneven = arrivals(*[20, 60] * 10)
    assert cut(uneven, 0, int(uneven[-1])).harmonic_fps == pytest.approx(20)


def test_what_the_source_paused_is_no_freeze_and_no_stall() -> None:
    due = arrivals(*[40] * 40, 500, *[40] * 10)
    came = due + 30 * MS
    pauses = source_pauses_ns(due, due)
    assert pauses[41] == 460 * MS
    assert np.count_nonzero(pauses) == 1
    found = cut(came, int(came[10]), int(came[-1]) + MS, pauses)
    assert (found.freezes.sum(), found.stalls.sum()) == (0, 0)
    late = came.copy()
    late[41:] += 300 * MS  # the pause, and 300 ms more
    found = cut(late, int(came[10]), int(late[-1]) + MS, pauses)
    assert (found.freezes.sum(), found.stalls.sum()) == (1, 1)


def test_frames_lost_from_a_steady_source_are_no_pause_of_it() -> None:
    due = arrivals(*[40] * 40)
    shown = np.delete(due, np.s_[20:30])
    assert not source_pauses_ns(shown, due).any()


def test_a_pause_belongs_to_the_first_frame_that_came_back_after_it() -> None:
    due = arrivals(40, 40, 400, 40, 40, 300, 40)
    shown = due[[0, 1, 4, 3, 7]]  # the one right behind the first pause is lost, one comes late
    assert (source_pauses_ns(shown, due) / MS).tolist() == [0, 0, 360, 0, 260]


@pytest.mark.parametrize("count", [0, 1])
def test_a_source_of_hardly_a_frame_has_no_pause(count: int) -> None:
    due = np.zeros(count, dtype=np.int64)
    assert source_pauses_ns(due, due).tolist() == [0] * count
