"""Deltas of curves whose distance is known."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from g2gbench.measure.metric_value import Value
from g2gbench.statistics.bd_rate import INSTALL, LEAST_OVERLAP, Curve, rate_delta, value_delta

RATES = (150e3, 300e3, 600e3, 1200e3)


def curve(factor: float = 1.0, lift: float = 0.0, rates: tuple[float, ...] = RATES) -> Curve:
    """6 dB for each doubling of the rate; ``factor`` more bits for the same, ``lift`` dB above."""
    return [(rate * factor, 6 * math.log2(rate / 150e3) + 30 + lift) for rate in rates]


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.3])
def test_so_many_percent_more_bits_for_the_same_quality(factor: float) -> None:
    found = rate_delta(curve(), curve(factor))
    assert found.value == pytest.approx((factor - 1) * 100, abs=1e-6)


def test_so_much_better_at_the_same_rate_is_told_in_the_values_own_unit() -> None:
    assert value_delta(curve(), curve(lift=1.5)).value == pytest.approx(1.5)
    assert value_delta(curve(lift=1.5), curve()).value == pytest.approx(-1.5)


def test_the_order_of_the_points_is_nothing() -> None:
    assert rate_delta(curve()[::-1], curve(1.3)).value == rate_delta(curve(), curve(1.3)).value


def test_a_value_may_fall_with_the_rate_and_a_quality_may_not() -> None:
    falling = [(rate, -level) for rate, level in curve()]
    assert value_delta(falling, [(r, v + 4) for r, v in falling]).value == pytest.approx(4)
    found = rate_delta(falling, falling)
    assert (found.value, found.reason) == (None, "the quality does not rise with the rate")


def test_three_points_are_too_few() -> None:
    for delta in (rate_delta, value_delta):
        found = delta(curve(), curve(rates=RATES[:3]))
        assert (found.value, found.reason) == (None, "needs 4 points of each codec, has 3")


def test_curves_without_enough_in_common_have_no_delta() -> None:
    found = rate_delta(curve(), curve(lift=40))
    assert found.value is None
    assert found.reason == "the curves have 0% of their quality in common (at least 25%)"
    assert value_delta(curve(), curve(100)).reason.startswith("the curves have 0% of their rate")


@pytest.mark.parametrize(("lift", "there"), [(10.7, True), (10.9, False)])
def test_a_quarter_in_common_is_enough(lift: float, there: bool) -> None:
    common = (18 - lift) / (18 + lift)
    assert (common >= LEAST_OVERLAP) is there
    assert (rate_delta(curve(), curve(lift=lift)).value is not None) is there


def test_two_points_of_one_rate_make_no_curve() -> None:
    double = [*curve()[:3], (RATES[2], 50.0)]
    assert value_delta(double, curve()).reason == "two points have the same rate"


def test_a_point_without_a_rate_makes_no_curve() -> None:
    assert value_delta([(0.0, 1.0), *curve()[1:]], curve()).reason == "a point has no rate"


@pytest.mark.parametrize("delta", [rate_delta, value_delta])
def test_without_the_package_there_is_no_delta_and_the_reason_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, delta: Callable[[Curve, Curve], Value]
) -> None:
    monkeypatch.setitem(sys.modules, "bjontegaard", None)
    found = delta(curve(), curve(1.3))
    assert found.value is None
    assert INSTALL in found.reason


@pytest.mark.parametrize("delta", [rate_delta, value_delta])
def test_a_package_that_does_not_load_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, delta: Callable[[Curve, Curve], Value]
) -> None:
    monkeypatch.setitem(sys.modules, "bjontegaard", ModuleType("bjontegaard"))
    assert "does not load" in delta(curve(), curve(1.3)).reason
