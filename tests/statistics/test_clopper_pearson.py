from __future__ import annotations

import pytest

from g2gbench.statistics.clopper_pearson import interval, words


@pytest.mark.parametrize(
    ("count", "whole", "low", "high"),
    [  # Clopper and Pearson's bounds, as tabulated; one-sided at the ends
        (0, 20, 0.0, 0.1391),
        (20, 20, 0.8609, 1.0),
        (29, 29, 0.9018, 1.0),
        (26, 29, 0.7265, 0.9781),
        (1, 2, 0.0126, 0.9874),
        (5, 10, 0.1871, 0.8129),
    ],
)
def test_the_bounds_are_exact(count: int, whole: int, low: float, high: float) -> None:
    assert interval(count, whole) == pytest.approx((low, high), abs=1e-4)


def test_a_count_is_told_with_what_it_leaves_open() -> None:
    assert words(0, 20) == "at most 14 %"
    assert words(29, 29) == "at least 90 %"
    assert words(26, 29) == "72 to 98 %"


@pytest.mark.parametrize(("count", "whole"), [(1, 0), (-1, 3), (4, 3)])
def test_what_is_no_proportion_is_refused(count: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no proportion"):
        interval(count, whole)
