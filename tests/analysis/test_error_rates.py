"""How often comparisons err on sessions from a model; in full: tests/benchmarks/statistics.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from g2gbench.analysis.comparison import Asked
from g2gbench.statistics.holm import LEVEL
from tests.analysis.simulated import NO_FLOORS, USUAL, Model, compare_pairs

QUIET = Model(spread=0.03)
NOISY = Model(spread=0.06, lossy=True)


@pytest.mark.parametrize("model", [QUIET, NOISY], ids=["quiet", "noisy"])
def test_equal_things_are_rarely_called_different(model: Model) -> None:
    said = compare_pairs(model, model, 5, 200, seed=1, follow_up=False)
    # 200 pairs at the level would exceed this one time in a thousand.
    assert said.alarms <= 200 * LEVEL + 10
    assert said.differences <= 200 * LEVEL + 10


def test_the_level_is_held_by_the_test_alone_without_any_floor() -> None:
    said = compare_pairs(NOISY, NOISY, 5, 200, seed=5, follow_up=False, asked=NO_FLOORS)
    assert 0 < said.alarms <= 200 * LEVEL + 10


@pytest.mark.nightly
@pytest.mark.parametrize("lossy", [False, True])
@pytest.mark.parametrize("asked", [USUAL, NO_FLOORS], ids=["floors", "no floors"])
def test_of_a_thousand_equal_pairs_at_most_one_in_twenty_is_called_worse(
    asked: Asked, lossy: bool
) -> None:
    model = Model(spread=0.05, lossy=lossy)
    said = compare_pairs(model, model, 5, 1000, seed=1, follow_up=False, asked=asked)
    assert said.alarms <= 1000 * LEVEL
    if asked is USUAL:
        assert said.differences <= 1000 * LEVEL


def test_fifteen_percent_more_are_found_by_five_a_side() -> None:
    worse = replace(QUIET, level_ms=QUIET.level_ms * 1.15)
    assert compare_pairs(QUIET, worse, 5, 150, seed=2, follow_up=False).found >= 0.9 * 150


def test_the_repeats_that_are_told_do_decide() -> None:
    noisy = Model(spread=0.06)
    worse = replace(noisy, level_ms=noisy.level_ms * 1.15)
    decided, of = compare_pairs(noisy, worse, 5, 80, seed=3).decided_later
    assert of > 10
    assert decided >= 0.75 * of


def test_three_a_side_never_say_anything() -> None:
    worse = replace(QUIET, level_ms=QUIET.level_ms * 2)
    said = compare_pairs(QUIET, worse, 3, 50, seed=4, follow_up=False)
    assert said.outcomes == {"inconclusive": 50}
