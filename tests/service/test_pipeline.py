from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.service.pipeline import SPACING_S, Pipeline, Processing, Spacing

MS = 1_000_000


def _pipeline(**processing: float) -> Pipeline:
    return Pipeline(Processing(**processing), random.Random(1).random)


def test_a_frame_is_held_for_the_mean_counted_from_its_arrival() -> None:
    assert _pipeline(mean_s=0.05).admit(10 * MS, 12 * MS) == 60 * MS


def test_times_spread_evenly_around_the_mean() -> None:
    pipeline = _pipeline(mean_s=0.05, spread_s=0.01)
    held = [(pipeline.admit(i * 1000 * MS, i * 1000 * MS) - i * 1000 * MS) / MS for i in range(400)]
    assert min(held) >= 40
    assert max(held) <= 60
    assert abs(sum(held) / len(held) - 50) < 1.5


def test_a_long_time_holds_many_frames_at_once() -> None:
    pipeline = _pipeline(mean_s=1.0)
    assert [pipeline.admit(i * MS, i * MS) for i in range(3)] == [1000 * MS, 1001 * MS, 1002 * MS]


def test_departures_keep_their_order() -> None:
    pipeline = _pipeline(mean_s=0.05)
    assert [pipeline.admit(20 * MS, 20 * MS), pipeline.admit(0, 20 * MS)] == [70 * MS, 70 * MS]


def test_the_first_frame_is_handed_over_when_it_is_due() -> None:
    assert Spacing(30).due_ns(7 * MS) == 7 * MS


def test_hand_overs_keep_their_distance_after_a_stall() -> None:
    spacing = Spacing(30)
    spacing.handed_over(0)
    spacing.handed_over(500 * MS)  # it was due long before
    assert spacing.due_ns(33 * MS) == 512 * MS
    assert spacing.due_ns(600 * MS) == 600 * MS


@pytest.mark.parametrize(
    ("fps", "spacing_ms"), [(5, 12), (30, 12), (66, 12), (110, 7.27), (120, 6.67)]
)
def test_a_queue_drains_at_every_rate_that_a_source_may_have(fps: float, spacing_ms: float) -> None:
    spacing_ns = Spacing(fps).spacing_ns
    assert spacing_ns == pytest.approx(spacing_ms * MS, rel=0.001)
    assert spacing_ns <= SPACING_S * 1e9
    assert spacing_ns < 1e9 / fps


def test_a_rate_is_met_without_adding_up_lateness() -> None:
    pipeline = _pipeline(max_fps=10)
    assert pipeline.wait_ns(0) == 0
    pipeline.admit(0, 0)
    assert pipeline.wait_ns(0) == 100 * MS
    pipeline.admit(130 * MS, 130 * MS)  # 30 ms late: the next is due at 200, not at 230
    assert pipeline.wait_ns(130 * MS) == 70 * MS
    pipeline.admit(900 * MS, 900 * MS)  # a pause is not made up for by a burst
    assert pipeline.wait_ns(900 * MS) == 100 * MS


@pytest.mark.parametrize("wrong", [{"mean_s": -1}, {"spread_s": -1}, {"max_fps": 0}])
def test_impossible_times_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        Processing(**wrong)


@given(
    st.lists(st.integers(0, 200 * MS), max_size=50),
    st.floats(0, 0.2),
    st.floats(0, 0.1),
)
def test_no_frame_leaves_before_it_came_or_before_another(
    gaps: list[int], mean_s: float, spread_s: float
) -> None:
    pipeline = _pipeline(mean_s=mean_s, spread_s=spread_s)
    now = last = 0
    for gap in gaps:
        now += gap
        out = pipeline.admit(now, now)
        assert out >= now
        assert out >= last
        last = out
