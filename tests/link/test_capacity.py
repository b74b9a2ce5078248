from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.link.capacity import (
    ConstantCapacity,
    OpportunityCapacity,
    StepCapacity,
    capacity_of,
)
from g2gbench.link.emulation import LinkSettings
from g2gbench.link.traces import Opportunities, Step, Steps
from tests.link.virtual import MS, S, due, passages, regular


def test_constant_capacity_is_kept_to_the_byte() -> None:
    # 1000 bytes at 8 Mbps take exactly 1 ms each, back to back.
    settings = LinkSettings(capacity_bps=8e6)
    assert due(passages(settings, [*regular(4, 0), (10 * MS, 1000), (10 * MS, 1)])) == [
        MS,
        2 * MS,
        3 * MS,
        4 * MS,
        11 * MS,  # idle capacity is not saved up
        11 * MS + 1000,
    ]


def test_the_bytes_of_a_backlog_take_their_time_whatever_their_packets() -> None:
    sizes = [40 + 7 * index % 1400 for index in range(5000)]
    found = passages(LinkSettings(capacity_bps=3e6), [(0, size) for size in sizes])
    one_byte_ns = 8 * S / 3e6
    assert abs(found[-1].due_ns - sum(sizes) * one_byte_ns) < one_byte_ns


def test_overhead_takes_capacity() -> None:
    settings = LinkSettings(capacity_bps=8e6, overhead_bytes=250)
    assert due(passages(settings, [(0, 1000)])) == [1_250_000]


def test_without_capacity_nothing_waits() -> None:
    assert capacity_of(LinkSettings(), 0) is None
    assert due(passages(LinkSettings(queue_packets=1), regular(3, 0))) == [0, 0, 0]


# -- opportunities


def test_a_backlog_of_full_packets_gets_one_opportunity_each_in_every_round() -> None:
    at_ms = (1, 4, 4, 10)
    found = due(passages(LinkSettings(trace=Opportunities(at_ms)), regular(10, 0, size=1500)))
    expected = [cycle * 10 + at for cycle in range(3) for at in at_ms][:10]
    assert found == [at * MS for at in expected]


def test_throughput_of_a_trace_is_that_of_its_opportunities() -> None:
    at_ms = (*sorted(index * index % 997 + 1 for index in range(700)), 1000)
    settings = LinkSettings(trace=Opportunities(at_ms), queue_packets=500)
    found = passages(settings, regular(100_000, 100_000, size=1500))  # 120 Mbps for 10 s
    left = sum(1 for x in found if x.fate == "passed" and x.due_ns <= 10 * S)
    assert left == 10 * len(at_ms)


def test_small_packets_share_an_opportunity_and_a_large_one_takes_several() -> None:
    settings = LinkSettings(trace=Opportunities((10, 20, 30, 40)))
    arrivals = [(0, 700), (0, 700), (0, 700), (0, 3000)]
    # 10 ms: 700 + 700 + 100; 20 ms: 600 + 900; 30 ms: 1500; 40 ms: the last 600.
    assert due(passages(settings, arrivals)) == [10 * MS, 10 * MS, 20 * MS, 40 * MS]


def test_what_an_opportunity_has_left_is_no_use_to_whoever_comes_later() -> None:
    settings = LinkSettings(trace=Opportunities((10, 20)))
    assert due(passages(settings, [(0, 100), (10 * MS + 1, 100)])) == [10 * MS, 20 * MS]


def test_an_exactly_filled_opportunity_leaves_the_next_one_whole() -> None:
    capacity = OpportunityCapacity(Opportunities((10, 20, 30)), 0)
    assert capacity.finish(capacity.begin(0), 1500) == 10 * MS
    assert capacity.begin(10 * MS) == 20 * MS
    assert capacity.drained(10 * MS, 1500) == 20 * MS
    assert capacity.drained(10 * MS, 1501) == 30 * MS
    assert capacity.begin(10 * MS) == 20 * MS  # asking has taken nothing


def test_a_traces_time_counts_from_when_it_takes_effect() -> None:
    capacity = OpportunityCapacity(Opportunities((10, 20)), 7 * S)
    assert capacity.begin(7 * S) == 7 * S + 10 * MS
    assert capacity.begin(8 * S + 15 * MS) == 8 * S + 20 * MS


def test_two_ends_of_a_round_at_one_moment_are_two_opportunities() -> None:
    settings = LinkSettings(trace=Opportunities((0, 10)))
    found = due(passages(settings, regular(5, 0, size=1500, start_ns=0)))
    assert found == [0, 10 * MS, 10 * MS, 20 * MS, 20 * MS]


# -- steps


def test_a_packet_takes_the_rates_of_the_rows_it_spans() -> None:
    # 8 kbps for 1 s, an outage of 1 s, then 16 kbps: 3000 bytes are 24 kbit.
    trace = Steps((Step(0, 8e3), Step(1, 0), Step(2, 16e3)), 10)
    assert due(passages(LinkSettings(trace=trace), [(0, 3000)])) == [3 * S]


def test_rows_without_a_capacity_have_the_directions_own() -> None:
    trace = Steps((Step(0), Step(1, 8e6)), 2)
    assert due(passages(LinkSettings(trace=trace, capacity_bps=4e6), [(0, 1000), (S, 1000)])) == [
        2 * MS,
        S + MS,
    ]
    assert due(passages(LinkSettings(trace=trace), [(0, 1000), (S, 1000)])) == [0, S + MS]


def test_whole_rounds_are_not_walked_one_by_one() -> None:
    capacity = StepCapacity(Steps((Step(0, 8), Step(1, 0)), 2), None, 0)  # a byte a round
    assert capacity.finish(0, 1e12) == pytest.approx(2e12 * S, rel=1e-9)


def test_a_step_has_a_delay_and_a_loss_of_its_own() -> None:
    trace = Steps((Step(0, delay_s=0.1), Step(1, loss=1.0), Step(2)), 3)
    settings = LinkSettings(trace=trace, delay_s=0.02)
    found = passages(settings, [(at, 100) for at in (0, S, 2 * S, 3 * S)])
    assert due(found) == [100 * MS, None, 2 * S + 20 * MS, 3 * S + 100 * MS]


@given(
    rates=st.lists(st.one_of(st.none(), st.just(0.0), st.floats(1, 1e8)), min_size=1, max_size=5),
    size=st.floats(1, 1e5),
    begin_ns=st.integers(0, 20 * S),
    more=st.floats(0, 1e4),
)
def test_more_bytes_never_take_less_time(
    rates: list[float | None], size: float, begin_ns: int, more: float
) -> None:
    rows = tuple(Step(float(index), rate) for index, rate in enumerate(rates))
    capacity = (
        StepCapacity(Steps(rows, len(rows)), 1e6, 0)
        if any(rates) or None in rates
        else (ConstantCapacity(1e6))
    )
    first, second = capacity.finish(begin_ns, size), capacity.finish(begin_ns, size + more)
    assert begin_ns <= first <= second + math.ceil(second * 1e-9)  # the float error of huge times
