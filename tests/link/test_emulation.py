from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.link.emulation import Direction, LinkSettings

MS = 1_000_000


def _never() -> float:
    return 1.0


def test_without_settings_a_packet_leaves_when_it_comes() -> None:
    direction = Direction(LinkSettings(), _never)
    assert direction.offer(1200, 5 * MS) == 5 * MS


def test_delay_is_added_to_the_nanosecond() -> None:
    direction = Direction(LinkSettings(delay_s=0.012), _never)
    assert direction.offer(1200, 7) == 7 + 12 * MS


def test_capacity_is_kept_to_the_byte() -> None:
    # 1000 bytes at 8 Mbps take exactly 1 ms each, back to back.
    direction = Direction(LinkSettings(capacity_bps=8e6), _never)
    assert [direction.offer(1000, 0) for _ in range(4)] == [MS, 2 * MS, 3 * MS, 4 * MS]
    assert direction.offer(1000, 10 * MS) == 11 * MS  # idle capacity is not saved up


def test_a_full_queue_drops_the_tail_and_says_so() -> None:
    direction = Direction(LinkSettings(capacity_bps=8e6, queue_s=0.002), _never)
    departures = [direction.offer(1000, 0) for _ in range(6)]
    # Waiting 0, 1, 2 ms is within the bound; 3 ms is not.
    assert departures == [MS, 2 * MS, 3 * MS, None, None, None]
    assert direction.counts["dropped_queue"] == 3
    assert direction.offer(1000, 2 * MS) == 4 * MS  # there is room again


def test_a_queue_of_packets_counts_those_that_wait() -> None:
    direction = Direction(LinkSettings(capacity_bps=8e6, queue_packets=2), _never)
    assert [direction.offer(1000, 0) for _ in range(3)] == [MS, 2 * MS, None]
    assert direction.offer(1000, MS) == 3 * MS


def test_dropped_packets_use_no_capacity() -> None:
    direction = Direction(LinkSettings(capacity_bps=8e6, queue_packets=1), _never)
    direction.offer(1000, 0)
    assert direction.offer(1000, 0) is None
    assert direction.offer(1000, MS) == 2 * MS


def test_loss_rate_is_what_was_asked_within_its_confidence() -> None:
    loss, n = 0.03, 50_000
    direction = Direction(LinkSettings(loss=loss), random.Random(7).random)
    lost = sum(direction.offer(100, i) is None for i in range(n))
    four_sigma = 4 * math.sqrt(loss * (1 - loss) / n)
    assert abs(lost / n - loss) < four_sigma
    assert direction.counts["dropped_loss"] == lost


def test_one_seed_gives_one_sequence() -> None:
    def sequence(seed: int) -> list[int | None]:
        direction = Direction(LinkSettings(loss=0.5), random.Random(seed).random)
        return [direction.offer(100, i) for i in range(64)]

    assert sequence(3) == sequence(3)
    assert sequence(3) != sequence(4)


def test_what_tcp_carries_is_delayed_but_never_lost() -> None:
    settings = LinkSettings(delay_s=0.01, capacity_bps=8e6, loss=1.0, queue_packets=1)
    direction = Direction(settings, lambda: 0.0)
    assert [direction.offer(1000, 0, reliable=True) for _ in range(3)] == [
        11 * MS,
        12 * MS,
        13 * MS,
    ]


def test_settings_can_change_on_the_way_and_order_is_kept() -> None:
    direction = Direction(LinkSettings(delay_s=0.1), _never)
    first = direction.offer(100, 0)
    direction.settings = LinkSettings(delay_s=0.0)
    assert first == 100 * MS
    assert direction.offer(100, MS) == 100 * MS


@pytest.mark.parametrize(
    "wrong", [{"delay_s": -1}, {"loss": 1.5}, {"loss": -0.1}, {"capacity_bps": 0}]
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        LinkSettings(**wrong)  # type: ignore[arg-type] # mixed fields


settings_strategy = st.builds(
    LinkSettings,
    delay_s=st.floats(0, 0.5),
    capacity_bps=st.one_of(st.none(), st.floats(1e4, 1e9)),
    loss=st.floats(0, 1),
    queue_s=st.one_of(st.none(), st.floats(0, 1)),
    queue_packets=st.one_of(st.none(), st.integers(1, 50)),
)


@given(
    settings=settings_strategy,
    steps=st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 1500)), max_size=60),
    seed=st.integers(0, 99),
)
def test_nothing_leaves_before_it_came_order_is_kept_and_packets_add_up(
    settings: LinkSettings, steps: list[tuple[int, int]], seed: int
) -> None:
    direction = Direction(settings, random.Random(seed).random)
    now, departures, sent = 0, [], 0
    for gap, size in steps:
        now += gap
        out = direction.offer(size, now)
        if out is not None:
            sent += 1
            assert out >= now + round(settings.delay_s * 1e9)
            departures.append(out)
    assert departures == sorted(departures)
    dropped = direction.counts["dropped_loss"] + direction.counts["dropped_queue"]
    assert direction.counts["packets"] == sent + dropped == len(steps)
    assert direction.counts["bytes"] == sum(size for _, size in steps)
