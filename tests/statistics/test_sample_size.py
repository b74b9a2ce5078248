from __future__ import annotations

import numpy as np
import pytest

from g2gbench.statistics.sample_size import MOST, decides, more_repeats, pooled_deviation


def test_the_deviation_is_around_the_mean_of_each_side() -> None:
    assert pooled_deviation([1, 3], [101, 103]) == pytest.approx(np.sqrt(2))
    assert pooled_deviation([5], [9]) is None


def test_more_spread_asks_for_more_repeats() -> None:
    few = more_repeats([99, 100, 101], [109, 110, 111], 10, 5, 1)
    many = more_repeats([90, 100, 110], [100, 110, 120], 10, 5, 1)
    assert few is not None
    assert many is not None
    assert 0 < few < many


def test_a_larger_family_asks_for_more_repeats() -> None:
    base, candidate = [99.0, 100, 101], [109.0, 110, 111]
    small, large = (more_repeats(base, candidate, 10, 5, n) for n in (1, 40))
    assert small is not None
    assert large is not None
    assert small < large


def test_without_any_spread_the_fewest_that_can_show_anything_are_enough() -> None:
    assert more_repeats([1, 1, 1], [9, 9, 9], 8, 1, 1) == 1
    assert more_repeats([1, 1], [1, 1], 0, 1, 1) == 2


def test_too_near_to_the_floor_no_number_of_repeats_is_told() -> None:
    assert more_repeats([90, 100, 110], [95, 105, 115], 5, 5, 1) is None
    assert not decides(MOST, 10, 5, 5, 1)


def test_three_a_side_never_decide() -> None:
    assert not decides(3, 0.0, 100, 1, 1)
    assert decides(4, 0.0, 100, 1, 1)
