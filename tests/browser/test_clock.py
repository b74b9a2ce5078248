"""The page's clock: exchanges in, an offset out."""

from __future__ import annotations

import pytest

from g2gbench.browser.clock import Bounds, Exchange

MS = 1_000_000


def exchange(at_ms: float, there_ms: float, back_ms: float, *, ahead_ms: float = 500) -> Exchange:
    """A ping sent at ``at_ms`` that takes so long either way; the page is ahead by so much."""
    return Exchange(
        round(at_ms * MS), at_ms + there_ms + ahead_ms, round((at_ms + there_ms + back_ms) * MS)
    )


def left(exchanges: list[Exchange]) -> Bounds:
    bounds = Bounds()
    for one in exchanges:
        bounds = bounds.narrowed(one)
    return bounds


def test_equal_ways_give_the_exact_distance() -> None:
    clock = left([exchange(10, 1, 1)]).clock()
    assert clock.ns(600) == 100 * MS
    assert clock.page_ms(100 * MS) == 600


def test_an_exchange_bounds_the_error_by_half_its_round_trip_whatever_the_ways() -> None:
    for there_ms, back_ms in ((0.0, 2.0), (0.5, 1.5), (2.0, 0.0)):
        bounds = left([exchange(10, there_ms, back_ms)])
        assert bounds.error_ms(bounds.clock()) == pytest.approx(1.0)
        assert abs(bounds.clock().ns(500)) <= MS


def test_late_ways_neither_move_the_clock_nor_make_it_less_known() -> None:
    good = exchange(3, 0.2, 0.2)
    late = [exchange(i, 9, 0.2) for i in range(15)] + [exchange(i, 0.2, 30) for i in range(15)]
    bounds = left([*late, good, *late])
    assert bounds.clock().ns(500) == pytest.approx(0, abs=1)
    assert bounds.error_ms(bounds.clock()) == pytest.approx(0.2)


def test_ways_that_are_late_in_one_direction_each_bound_it_together() -> None:
    bounds = left([exchange(0, 9, 0.1), exchange(20, 0.1, 9)])
    assert bounds.width_ms == pytest.approx(0.2)
    assert bounds.clock().ns(500) == pytest.approx(0, abs=1)


def test_clocks_that_moved_apart_are_found() -> None:
    first = left([exchange(0, 0.1, 0.1)])
    bounds = first.narrowed(exchange(1000, 0.1, 0.1, ahead_ms=503))
    assert bounds.low_ns > bounds.high_ns
    assert bounds.error_ms(first.clock()) == pytest.approx(
        2.9
    )  # 3 ms, less what the pings leave open


def test_nothing_aligns_without_an_exchange() -> None:
    assert Bounds().width_ms == float("inf")
    with pytest.raises(ValueError, match="no exchange"):
        Bounds().clock()
