"""What trials can tell apart, and what they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.analysis.ranking import rank, repeats_needed


def cells(count: int, repeats: int) -> dict[str, list[float]]:
    """Cells without any overlap: c0 is the smallest."""
    return {f"c{i}": [10.0 * i + j for j in range(repeats)] for i in range(count)}


def test_five_repeats_cannot_separate_twenty_cells_and_six_can() -> None:
    five = rank(cells(20, 5), higher=False)
    assert len(five.groups) < 20
    assert len(five.groups[0]) == 20
    assert five.note == (
        "5 valid trials a cell cannot tell the best of 20 from all others: the smallest p-value "
        "is 1/252, times 19 comparisons 0.0754; 6 can"
    )
    six = rank(cells(20, 6), higher=False)
    assert six.groups[0] == ("c0",)
    assert six.note == ""


@pytest.mark.parametrize(("count", "needed"), [(2, 3), (3, 4), (4, 4), (16, 6), (20, 6)])
def test_so_many_repeats_are_needed(count: int, needed: int) -> None:
    assert repeats_needed(count) == needed
    assert rank(cells(count, needed), higher=False).groups[0] == ("c0",)
    assert len(rank(cells(count, needed - 1), higher=False).groups[0]) == count


def test_higher_is_better_where_that_is_so() -> None:
    assert rank(cells(3, 6), higher=True).groups == (("c2",), ("c1",), ("c0",))


def test_what_overlaps_is_one_group_in_the_order_of_its_medians() -> None:
    values = {"b": [2.0, 4, 6, 8, 10, 12], "a": [1.0, 3, 5, 7, 9, 11], "z": [50.0] * 6}
    assert rank(values, higher=False).groups == (("a", "b"), ("z",))


def test_a_cell_without_a_value_is_not_ranked() -> None:
    assert rank({"a": [1.0], "b": []}, higher=False).groups == (("a",),)
    assert rank({}, higher=False).groups == ()


def test_of_equal_cells_the_best_is_rarely_told_from_any() -> None:
    chance = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        values = {f"c{i}": chance.normal(0, 1, 6).tolist() for i in range(4)}
        alarms += len(rank(values, higher=True).groups) > 1
    # The best is chosen by what is then tested, which costs some of the 5 %.
    assert alarms / 300 < 0.12
