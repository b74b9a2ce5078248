from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from g2gbench.statistics.block_bootstrap import (
    FEWEST_BLOCKS,
    autocovariance,
    block_length,
    percentile_interval,
    student,
)
from tests.analysis.simulated import correlated


def test_the_value_is_the_percentile_and_lies_in_its_interval() -> None:
    frames = correlated(1, 600, 0.8, np.random.default_rng(1))[0]
    found = percentile_interval(frames, 95, seed=1)
    assert found.value == np.percentile(frames, 95)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_the_same_seed_gives_the_same_interval() -> None:
    frames = correlated(1, 600, 0.5, np.random.default_rng(1))[0]
    assert percentile_interval(frames, 50, seed=3) == percentile_interval(frames, 50, seed=3)
    assert percentile_interval(frames, 50, seed=3) != percentile_interval(frames, 50, seed=4)


def test_frames_that_hang_together_need_longer_blocks_and_give_wider_intervals() -> None:
    rng = np.random.default_rng(2)
    loose, tight = (correlated(1, 1800, phi, rng)[0] for phi in (0.0, 0.9))
    assert block_length(loose) < 4
    assert block_length(tight) > 20
    widths = []
    for frames in (loose, tight):
        found = percentile_interval(frames, 50, seed=1)
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
    assert widths[1] > 2 * widths[0]


def test_a_session_that_is_too_short_has_no_interval_and_says_why() -> None:
    frames = correlated(1, 450, 0.99, np.random.default_rng(3))[0]
    found = percentile_interval(frames, 50, seed=1)
    assert (found.low, found.high) == (None, None)
    assert found.reason.endswith(f"such blocks, {FEWEST_BLOCKS} needed")
    with pytest.raises(ValueError, match="needs frames"):
        percentile_interval([], 50, seed=1)


def test_equal_frames_have_an_interval_without_width() -> None:
    found = percentile_interval([7.0] * 100, 95, seed=1)
    assert (found.low, found.high) == (7, 7)


def test_the_autocovariance_is_that_of_its_definition() -> None:
    series = np.array([1.0, 4, 2, 8, 5, 7])
    centred = series - series.mean()
    direct = [float((centred[lag:] * centred[: 6 - lag]).sum()) / 6 for lag in range(6)]
    assert autocovariance(series) == pytest.approx(direct)


@pytest.mark.parametrize(("freedom", "quantile"), [(5, 2.5706), (9, 2.2622), (30, 2.0423)])
def test_students_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student(freedom, 0.975) == pytest.approx(quantile, rel=2e-3)


@pytest.mark.parametrize("q", [50, 95])
def test_it_covers_what_it_is_asked_to(q: int) -> None:
    drawn = correlated(250, 600, 0.6, np.random.default_rng(4))
    true = NormalDist().inv_cdf(q / 100)
    found = [percentile_interval(frames, q, seed=i) for i, frames in enumerate(drawn)]
    given = [one.low <= true <= one.high for one in found if one.low is not None and one.high]
    assert len(given) > 240
    assert np.mean(given) == pytest.approx(0.95, abs=0.035)


def test_an_hour_of_frames_takes_no_more_memory_than_a_minute() -> None:
    frames = correlated(1, 108_000, 0.5, np.random.default_rng(5))[0]
    assert percentile_interval(frames, 95, seed=1).block >= 108
