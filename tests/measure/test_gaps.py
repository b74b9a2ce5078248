from __future__ import annotations

import numpy as np
import pytest

from g2gbench.measure.gaps import cut
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
