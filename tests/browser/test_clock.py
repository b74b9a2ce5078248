"""The page's clock: exchanges in, an offset out."""

from __future__ import annotations

import pytest

from g2gbench.browser.clock import Exchange, aligned, best, spread_ms

MS = 1_000_000


def exchange(at_ms: float, there_ms: float, back_ms: float, *, ahead_ms: float = 500) -> Exchange:
    """A ping sent at ``at_ms`` that takes so long either way; the page is ahead by so much."""
    return Exchange(
        round(at_ms * MS), at_ms + there_ms + ahead_ms, round((at_ms + there_ms + back_ms) * MS)
    )


def test_equal_ways_give_the_exact_distance() -> None:
    clock = aligned([exchange(10, 1, 1)])
    assert clock.ns(600) == 100 * MS
    assert clock.page_ms(100 * MS) == 600


def test_the_shortest_round_trips_alone_count() -> None:
    good = [exchange(i, 0.2, 0.2) for i in range(5)]
    bad = [exchange(i, 9, 0.2) for i in range(15)]
    clock = aligned([*bad, *good])
    assert clock.ns(500) == pytest.approx(0, abs=1)
    assert {one.round_trip_ns for one in best([*bad, *good])} == {round(0.4 * MS)}


def test_the_spread_is_what_the_best_disagree_by() -> None:
    exchanges = [exchange(i, 0.2, 0.2, ahead_ms=500 + i / 2) for i in range(3)]
    assert spread_ms(exchanges) == pytest.approx(1.0)
    assert spread_ms(exchanges[:1]) is None


def test_nothing_aligns_without_an_exchange() -> None:
    with pytest.raises(ValueError, match="no exchange"):
        aligned([])
