from __future__ import annotations

import numpy as np
import pytest

from g2gbench.statistics.holm import LEVEL, holm, size_of


def test_the_smallest_is_held_against_all_and_the_largest_against_itself() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))


def test_no_adjusted_value_is_below_one_before_it_or_above_one() -> None:
    assert holm([0.01, 0.011, 0.9]) == pytest.approx((0.03, 0.03, 0.9))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


def test_a_test_that_could_never_have_found_anything_does_not_count() -> None:
    assert holm([0.02, 1.0], [0.004, 1.0]) == pytest.approx((0.02, 1.0))
    assert holm([0.02, 1.0]) == pytest.approx((0.04, 1.0))
    assert size_of([0.004, 1.0, LEVEL]) == 2


def test_the_family_errs_as_rarely_as_one_may() -> None:
    rng = np.random.default_rng(1)
    alarms = [min(holm(p)) <= LEVEL for p in rng.random((4000, 7)).tolist()]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.012)
