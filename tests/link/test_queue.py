from __future__ import annotations

import math
from statistics import fmean, median, stdev

from g2gbench.link.emulation import LinkSettings, Passage
from g2gbench.link.queue import INTERVAL_NS, TARGET_NS, Codel, DropTail, Waiting, queue_of
from g2gbench.link.traces import Opportunities
from tests.link.virtual import MS, S, due, fates, passages, poisson, regular

MS_A_PACKET = 8e6  # bps: 1000 bytes take 1 ms


def test_a_queue_of_packets_counts_the_one_under_way() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_packets=2)
    assert due(passages(settings, [*regular(3, 0), (MS, 1000)])) == [MS, 2 * MS, None, 3 * MS]


def test_a_queue_of_bytes_counts_all_that_is_not_yet_sent() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_bytes=2500)
    arrivals = [(0, 1000), (0, 1000), (0, 501), (0, 500), (MS, 1000)]
    assert fates(passages(settings, arrivals)) == ["passed", "passed", "queue", "passed", "passed"]


def test_a_queue_of_time_bounds_the_wait_for_ones_turn() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_s=0.002)
    # Waiting 0, 1, 2 ms is within the bound; 3 ms is not. Later there is room again.
    found = passages(settings, [*regular(6, 0), (2 * MS, 1000)])
    assert due(found) == [MS, 2 * MS, 3 * MS, None, None, None, 4 * MS]


def test_a_queue_of_time_knows_the_opportunities_to_come() -> None:
    settings = LinkSettings(trace=Opportunities((10, 20, 100)), queue_s=0.09)
    found = passages(settings, [(1, 1500), (2, 1500), (3, 1500), (4, 1500)])
    assert due(found) == [10 * MS, 20 * MS, 100 * MS, None]


def test_the_tightest_of_several_limits_holds() -> None:
    settings = LinkSettings(
        capacity_bps=MS_A_PACKET, queue_packets=5, queue_bytes=1000, queue_s=1.0
    )
    assert fates(passages(settings, regular(2, 0))) == ["passed", "queue"]


def test_an_idle_link_takes_a_packet_that_is_larger_than_its_queue() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_bytes=10, queue_s=0.0)
    assert fates(passages(settings, [(0, 1000), (MS, 1000)])) == ["passed", "passed"]


def test_a_packet_that_was_dropped_uses_no_capacity_and_is_told_at_once() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_packets=1, delay_s=0.5)
    found = passages(settings, [(0, 1000), (10, 1000), (MS, 1000)])
    assert found[0] == Passage(10, 1, 1000, 10, -1, "queue")
    assert due(found)[2] == 502 * MS


def test_overhead_fills_the_queue() -> None:
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_bytes=2100, overhead_bytes=100)
    assert fates(passages(settings, regular(2, 0))) == ["passed", "queue"]


def test_the_mean_wait_is_that_of_m_d_1() -> None:
    """Pollaczek-Khinchine for a constant service time D: D * rho / (2 * (1 - rho))."""
    load, service_ns = 0.7, MS
    found = passages(
        LinkSettings(capacity_bps=MS_A_PACKET), poisson(90_000, service_ns / load), seed=3
    )
    waits = [x.due_ns - x.arrived_ns - service_ns for x in found]
    batches = [fmean(waits[start : start + 3000]) for start in range(0, len(waits), 3000)]
    error = stdev(batches) / math.sqrt(len(batches))
    expected = service_ns * load / (2 * (1 - load))
    assert error < 0.05 * expected
    assert abs(fmean(waits) - expected) < 4 * error


# -- CoDel


def _overloaded(settings: LinkSettings) -> list[Passage]:
    """20 s of 1.1 times the capacity."""
    return passages(settings, regular(22_000, 10 * MS // 11))


def test_codel_keeps_the_standing_queue_near_its_target_where_drop_tail_fills_up() -> None:
    tail = _overloaded(LinkSettings(capacity_bps=MS_A_PACKET, queue_s=0.3))
    codel = _overloaded(
        LinkSettings(capacity_bps=MS_A_PACKET, queue_s=0.3, queue_discipline="codel")
    )

    def standing_ms(found: list[Passage]) -> float:
        late = [x for x in found if x.fate == "passed" and x.arrived_ns > 10 * S]
        return median((x.due_ns - x.arrived_ns) / MS - 1 for x in late)

    assert standing_ms(tail) > 295
    assert standing_ms(codel) < 8 * TARGET_NS / MS  # the load does not yield: a sawtooth
    for found in (tail, codel):  # neither leaves capacity unused
        assert sum(x.fate == "passed" and x.due_ns <= 20 * S for x in found) > 19_900
    assert "codel" not in fates(tail)
    assert "queue" not in fates(codel)[11_000:]


def test_codel_leaves_bursts_alone() -> None:
    """A queue that empties within every interval is a good queue, however long it gets."""
    bursts = [(start * 90 * MS, 1000) for start in range(50) for _ in range(60)]
    settings = LinkSettings(capacity_bps=MS_A_PACKET, queue_discipline="codel")
    assert set(fates(passages(settings, bursts))) == {"passed"}


def _standing(size: int = 1000, number: int = 9000, *, reliable: bool = False) -> Codel:
    codel = Codel()
    for token in range(number):
        codel.push((token, size, 0, size, reliable))
    return codel


def _drop_times(codel: Codel, start_ns: int, until_ns: int) -> list[int]:
    """When packets fall if one is taken every 100 us."""
    times = []
    for now_ns in range(start_ns, until_ns, MS // 10):
        dropped: list[Waiting] = []
        codel.take(now_ns, dropped)
        times += [now_ns] * len(dropped)
    return times


def test_codel_drops_first_after_an_interval_above_target_then_by_its_control_law() -> None:
    start_ns = 10 * MS  # all came at 0: the sojourn time is above the target from here on
    times = _drop_times(_standing(), start_ns, start_ns + 5 * INTERVAL_NS)
    expected, at_ns = [], float(start_ns + INTERVAL_NS)
    for count in range(1, 20):
        expected.append(at_ns)
        at_ns += INTERVAL_NS / math.sqrt(count)
    for found, wanted in zip(times, expected, strict=False):
        assert 0 <= found - wanted <= MS // 10
    assert len(times) == sum(at < start_ns + 5 * INTERVAL_NS for at in expected)


def test_codel_resumes_near_the_rate_that_controlled_the_queue_before() -> None:
    codel = _standing()
    _drop_times(codel, 10 * MS, 510 * MS)
    kept = list(codel.packets)
    codel.packets.clear()
    codel.push((0, 1000, 510 * MS, 1000, False))
    codel.bytes = 1000
    codel.take(510 * MS, [])  # below target: the drops end
    for packet in kept:
        codel.push(packet)
    times = _drop_times(codel, 520 * MS, 720 * MS)
    # The first after an interval again; from there it does not begin at a gap of 100 ms.
    assert times[0] - 520 * MS >= INTERVAL_NS
    assert times[1] - times[0] < 0.5 * INTERVAL_NS


def test_codel_never_drops_when_at_most_one_largest_packet_waits_behind() -> None:
    codel = _standing(number=2)
    codel.take(10 * MS, [])
    dropped: list[Waiting] = []
    codel.push((2, 1000, 0, 1000, False))
    codel.take(10 * MS + 2 * INTERVAL_NS, dropped)
    codel.take(10 * MS + 4 * INTERVAL_NS, dropped)
    assert dropped == []


def test_codel_drops_no_reliable_message_and_goes_on_behind_it() -> None:
    assert _drop_times(_standing(reliable=True), 10 * MS, 400 * MS) == []
    mixed = Codel()
    for token in range(9000):
        mixed.push((token, 1000, 0, 1000, token % 2 == 0))
    dropped: list[Waiting] = []
    for now_ns in range(10 * MS, 510 * MS, MS // 10):
        mixed.take(now_ns, dropped)
    assert len(dropped) >= 2
    assert not any(packet[4] for packet in dropped)


def test_a_new_discipline_takes_over_what_waits() -> None:
    before = DropTail()
    for token in range(3):
        before.push((token, 100, 0, 128, False))
    after = queue_of("codel", before)
    assert [packet[0] for packet in after.packets] == [0, 1, 2]
    assert after.bytes == 384
