from __future__ import annotations

import random

import pytest

from g2gbench.link.emulation import RETRANSMISSION_NS, LinkEmulator, LinkSettings, Passage
from g2gbench.link.traces import Opportunities, Step, Steps
from tests.link.virtual import FAR_NS, MS, S, due, fates, passages, regular

MS_A_PACKET = 8e6  # bps: 1000 bytes take 1 ms


def _direction(**settings: object) -> LinkEmulator:
    return LinkEmulator(LinkSettings(**settings), 1, 0)  # type: ignore[arg-type] # mixed fields


def test_without_settings_a_packet_leaves_when_it_comes() -> None:
    direction = _direction()
    direction.offer(1200, 5 * MS, "it")
    assert direction.next_ns() == 5 * MS
    assert direction.advance(5 * MS) == [Passage(5 * MS, "it", 1200, 5 * MS, 5 * MS, "passed")]
    assert direction.next_ns() is None


def test_delay_is_added_to_the_nanosecond() -> None:
    direction = _direction(delay_s=0.012)
    direction.offer(1200, 7, None)
    assert direction.next_ns() == 7 + 12 * MS
    assert direction.advance(6 + 12 * MS) == []
    assert [x.due_ns for x in direction.advance(7 + 12 * MS)] == [7 + 12 * MS]


def test_counts_hold_every_packet_its_overhead_and_the_causes_of_drops() -> None:
    direction = _direction(overhead_bytes=10, loss=1.0)
    direction.offer(100, 0, None)
    direction.offer(50, 0, None, reliable=True)
    direction.advance(0)
    assert direction.counts == {
        "packets": 2,
        "bytes": 170,
        "duplicated": 0,
        "dropped_queue": 0,
        "dropped_codel": 0,
        "dropped_loss": 1,
        "dropped_blackout": 0,
    }


def test_duplication_has_the_rate_that_was_asked_and_copies_follow_their_packet() -> None:
    direction, n = _direction(duplication=0.1, delay_s=0.01), 20_000
    for at_ns, size in regular(n, 1000):
        direction.offer(size, at_ns, at_ns)
    found = direction.advance(S)
    copies = [index for index, x in enumerate(found) if x.fate == "copy"]
    assert all(found[i][:5] == found[i - 1][:5] and found[i - 1].fate == "passed" for i in copies)
    assert abs(len(copies) - 0.1 * n) < 4 * (0.09 * n) ** 0.5
    assert direction.counts["duplicated"] == len(copies) == len(found) - n


# -- blackout


def test_a_blackout_drops_what_would_leave_in_it_whenever_it_came() -> None:
    direction = _direction(delay_s=0.1)
    for at_ns in (0, 10 * MS, 60 * MS, 199 * MS):
        direction.offer(100, at_ns, at_ns // MS)
    direction.change(LinkSettings(delay_s=0.1, blackout=True), 105 * MS)
    direction.change(LinkSettings(delay_s=0.1), 250 * MS)
    found = direction.advance(S)
    assert [(x.token, x.fate) for x in found] == [
        (0, "passed"),
        (10, "blackout"),
        (60, "blackout"),
        (199, "passed"),
    ]
    assert [x.at_ns // MS for x in found] == [100, 110, 160, 299]
    assert direction.counts["dropped_blackout"] == 2


def test_a_blackout_swallows_copies_with_their_packets() -> None:
    direction = _direction(duplication=1.0, blackout=True)
    direction.offer(100, 0, None)
    assert [x.fate for x in direction.advance(0)] == ["blackout"]
    assert direction.counts["duplicated"] == 0


# -- what TCP carries


def test_what_tcp_carries_is_queued_and_delayed_but_never_dropped() -> None:
    direction = _direction(delay_s=0.01, capacity_bps=MS_A_PACKET, queue_packets=1)
    for number in range(3):
        direction.offer(1000, 0, number, reliable=True)
    assert due(direction.advance(S)) == [11 * MS, 12 * MS, 13 * MS]


def test_a_loss_costs_tcp_one_retransmission_and_nobody_else_anything() -> None:
    direction = _direction(delay_s=0.01, loss=1.0)
    direction.offer(100, 0, "tcp", reliable=True)
    direction.change(LinkSettings(delay_s=0.01), 0)
    direction.offer(100, MS, "udp")
    direction.offer(100, 2 * MS, "tcp, too", reliable=True)
    # 200 ms and a round trip of 20 ms; the second message waits for the first, the datagram not.
    late_ns = 10 * MS + RETRANSMISSION_NS + 20 * MS
    assert [(x.token, x.due_ns) for x in direction.advance(S)] == [
        ("udp", 11 * MS),
        ("tcp", late_ns),
        ("tcp, too", late_ns),
    ]
    assert direction.counts["dropped_loss"] == 0


def test_a_blackout_holds_tcp_until_its_end_in_order() -> None:
    direction = _direction(delay_s=0.01, blackout=True)
    for number in range(3):
        direction.offer(100, number * MS, number, reliable=True)
    direction.offer(100, 5 * MS, "udp")
    assert [x.fate for x in direction.advance(S)] == ["blackout"]
    assert direction.next_ns() is None
    direction.offer(100, 2 * S - 5 * MS, 3, reliable=True)
    direction.change(LinkSettings(delay_s=0.01), 2 * S)
    assert direction.next_ns() == 2 * S
    assert [(x.token, x.due_ns) for x in direction.advance(3 * S)] == [
        (0, 2 * S),
        (1, 2 * S),
        (2, 2 * S),
        (3, 2 * S + 5 * MS),
    ]


def test_tcp_is_never_duplicated() -> None:
    direction = _direction(duplication=1.0)
    direction.offer(100, 0, None, reliable=True)
    assert [x.fate for x in direction.advance(0)] == ["passed"]


# -- changes on the way


def test_what_waits_is_served_at_the_new_capacity_and_half_sent_packets_by_halves() -> None:
    direction = _direction(capacity_bps=MS_A_PACKET)
    for number in range(4):
        direction.offer(1000, 0, number)
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET / 10), 1_500_000)
    # The second has half its bytes left: 5 ms of the new capacity.
    assert due(direction.advance(S)) == [MS, 6_500_000, 16_500_000, 26_500_000]


def test_a_second_change_counts_what_the_first_left_over() -> None:
    direction = _direction(capacity_bps=MS_A_PACKET)
    direction.offer(1000, 0, 0)
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET / 10), 500_000)  # 5 ms to go
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET), 3 * MS)  # 2.5 of them: 250 bytes
    assert due(direction.advance(S)) == [3 * MS + 250_000]


def test_a_change_of_anything_else_leaves_the_packet_under_way_alone() -> None:
    direction = _direction(capacity_bps=MS_A_PACKET)
    direction.offer(1000, 0, 0)
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET, delay_s=0.1), 333_333)
    assert due(direction.advance(S)) == [101 * MS]


def test_without_capacity_all_that_waits_leaves_at_once() -> None:
    direction = _direction(capacity_bps=8e3)
    for number in range(3):
        direction.offer(1000, 0, number)
    direction.change(LinkSettings(), 10 * MS)
    assert due(direction.advance(10 * MS)) == [10 * MS] * 3
    direction.offer(1000, 11 * MS, 3)
    assert due(direction.advance(11 * MS)) == [11 * MS]


def test_a_trace_begins_when_it_takes_effect_and_waiting_packets_follow_it() -> None:
    direction = _direction(trace=Opportunities((1000,)))
    direction.offer(1500, 0, 0)
    direction.offer(1500, 0, 1)
    direction.change(LinkSettings(trace=Opportunities((10, 30))), 100 * MS)
    direction.change(LinkSettings(trace=Opportunities((20, 30))), 100 * MS)
    assert due(direction.advance(S)) == [120 * MS, 130 * MS]


def test_a_packet_under_way_that_got_a_later_opportunity_can_be_planned_anew() -> None:
    direction = _direction(capacity_bps=8e3)
    direction.offer(1000, 0, 0)
    direction.change(LinkSettings(trace=Opportunities((50,))), 500 * MS)
    direction.change(LinkSettings(trace=Opportunities((20,))), 510 * MS)
    direction.change(LinkSettings(capacity_bps=8e3), 520 * MS)
    assert direction.advance(520 * MS) == []
    assert due(direction.advance(2 * S)) == [1020 * MS]  # its other 500 bytes


def test_an_outage_ends_with_a_change() -> None:
    trace = Steps((Step(0, 8e6), Step(1, 0)), 3600)
    direction = _direction(trace=trace)
    direction.offer(1000, S, 0)
    assert direction.advance(10 * S) == []
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET), 10 * S)
    found = due(direction.advance(20 * S))[0]
    assert found is not None
    assert 10 * S < found <= 10 * S + MS


def test_a_shorter_delay_does_not_let_packets_overtake_unless_that_is_allowed() -> None:
    def leaving(*, allow_reordering: bool) -> list[object]:
        direction = _direction(delay_s=0.1)
        direction.offer(100, 0, "first")
        direction.change(LinkSettings(allow_reordering=allow_reordering), MS)
        direction.offer(100, MS, "second")
        return [x.token for x in direction.advance(S)]

    assert leaving(allow_reordering=False) == ["first", "second"]
    assert leaving(allow_reordering=True) == ["second", "first"]


def test_a_smaller_queue_drops_arrivals_not_what_waits() -> None:
    direction = _direction(capacity_bps=MS_A_PACKET)
    for number in range(5):
        direction.offer(1000, 0, number)
    direction.change(LinkSettings(capacity_bps=MS_A_PACKET, queue_packets=2), 0)
    direction.offer(1000, 0, 5)
    assert fates(direction.advance(S)) == ["passed"] * 5 + ["queue"]


# -- the end


def test_what_is_still_inside_at_the_end_is_held() -> None:
    direction = _direction(capacity_bps=MS_A_PACKET, delay_s=0.01)
    for number in range(4):
        direction.offer(1000, 0, number)
    found = direction.drain(11 * MS + MS // 2)
    assert [(x.token, x.fate, x.due_ns) for x in found] == [
        (0, "passed", 11 * MS),
        (1, "held", 12 * MS),
        (2, "held", 13 * MS),
        (3, "held", 14 * MS),
    ]
    direction.offer(1000, 20 * MS, 4)
    direction.offer(1000, 20 * MS, 5)
    direction.change(LinkSettings(blackout=True), 20 * MS)
    direction.offer(1000, 20 * MS, 6, reliable=True)
    direction.advance(21 * MS)
    assert [x.token for x in direction.drain(21 * MS)] == [6]
    assert direction.next_ns() is None
    assert direction.advance(FAR_NS) == []


def test_what_waits_for_the_capacity_is_held_without_a_time() -> None:
    direction = _direction(capacity_bps=8e3)
    direction.offer(1000, 0, "under way")
    direction.offer(1000, 0, "waiting")
    held = direction.drain(MS)
    assert [(x.token, x.due_ns) for x in held] == [("under way", -1), ("waiting", -1)]
    direction.offer(1, 2 * MS, "next")
    assert due(direction.advance(S)) == [3 * MS]


# -- chance

EVERYTHING = LinkSettings(
    overhead_bytes=12,
    queue_s=0.05,
    queue_discipline="codel",
    capacity_bps=4e6,
    loss=0.2,
    avg_burst_loss_length=2.0,
    delay_s=0.02,
    jitter_s=0.01,
    jitter_correlation_s=0.05,
    duplication=0.1,
    allow_reordering=True,
)


def test_this_seed_gives_this_sequence_on_every_machine() -> None:
    found = passages(EVERYTHING, [(number * MS, 300) for number in range(12)], seed=7)
    # To the microsecond: the last bits of a logarithm may differ between machines.
    assert [(x.token, round(x.due_ns / 1000), x.fate) for x in found] == [
        (1, 0, "loss"),
        (6, 0, "loss"),
        (8, 0, "loss"),
        (9, 0, "loss"),
        (4, 15061, "passed"),
        (5, 15639, "passed"),
        (5, 15639, "copy"),
        (3, 16521, "passed"),
        (10, 17199, "passed"),
        (10, 17199, "copy"),
        (11, 17379, "passed"),
        (2, 17620, "passed"),
        (2, 17620, "copy"),
        (7, 19547, "passed"),
        (0, 20137, "passed"),
    ]


def test_one_seed_gives_one_sequence_and_another_another() -> None:
    arrivals = regular(300, MS)
    assert passages(EVERYTHING, arrivals, seed=3) == passages(EVERYTHING, arrivals, seed=3)
    assert passages(EVERYTHING, arrivals, seed=3) != passages(EVERYTHING, arrivals, seed=4)


def test_no_stage_changes_the_draws_of_another() -> None:
    arrivals = regular(2000, MS)
    jitter = {"delay_s": 0.1, "jitter_s": 0.01, "allow_reordering": True}

    def found(**settings: object) -> list[Passage]:
        return passages(LinkSettings(**settings), arrivals)  # type: ignore[arg-type] # mixed

    both = found(loss=0.3, duplication=0.2, **jitter)
    assert fates(both) == fates(found(loss=0.3))
    alone = {x.token: x.due_ns for x in found(**jitter)}
    assert all(x.due_ns == alone[x.token] for x in both if x.fate != "loss")
    copied = {x.token for x in found(duplication=0.2) if x.fate == "copy"}
    survivors = {x.token for x in both if x.fate == "passed"}
    assert {x.token for x in both if x.fate == "copy"} == copied & survivors


@pytest.mark.parametrize("often", [0.1, 0.9])
def test_the_moments_of_asking_change_no_fate(often: float) -> None:
    """A relay that is late, or early, finds what one that is in time finds."""
    chance, direction, found = random.Random(2), LinkEmulator(EVERYTHING, 1, 0), []
    arrivals = [(number * MS // 2, 300) for number in range(1500)]
    for number, (at_ns, size) in enumerate(arrivals):
        direction.offer(size, at_ns, number)
        if chance.random() < often:
            found += direction.advance(at_ns)
    found += direction.advance(FAR_NS)
    assert found == passages(EVERYTHING, arrivals)
