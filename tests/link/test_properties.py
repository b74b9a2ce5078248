"""What holds of a direction whatever its settings, its packets and the moments of their change."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st

from g2gbench.link.emulation import LinkEmulator, LinkSettings, Passage
from g2gbench.link.traces import Opportunities, Step, Steps, Trace
from tests.drawn import drawn

S = 1_000_000_000
FAR_NS = 1 << 90
DROPS = ("queue", "codel", "loss", "blackout")


@dataclass(frozen=True)
class Offer:
    gap_ns: int
    size: int
    reliable: bool


@dataclass(frozen=True)
class Change:
    gap_ns: int
    settings: LinkSettings


opportunities = st.builds(
    lambda times: Opportunities(tuple(sorted(times))),
    st.lists(st.integers(0, 200), min_size=1, max_size=8).filter(any),
)
steps = st.builds(
    lambda figures: Steps(
        tuple(Step(index / 50, *row) for index, row in enumerate(figures)), len(figures) / 50
    ),
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(1e3, 1e8)),
            st.one_of(st.none(), st.floats(0, 0.3)),
            st.one_of(st.none(), st.floats(0, 0.8)),
        ),
        min_size=1,
        max_size=4,
    ),
)


@st.composite
def link_settings(draw: st.DrawFn) -> LinkSettings:
    trace: Trace | None = draw(st.one_of(st.none(), opportunities, steps))
    capacity = st.one_of(st.none(), st.floats(1e4, 1e9))
    loss = draw(st.one_of(st.just(0.0), st.floats(0, 0.8)))
    return LinkSettings(
        overhead_bytes=draw(st.sampled_from([0, 20])),
        queue_packets=draw(st.one_of(st.none(), st.integers(1, 20))),
        queue_bytes=draw(st.one_of(st.none(), st.integers(1, 20_000))),
        queue_s=draw(st.one_of(st.none(), st.floats(0, 0.5))),
        queue_discipline=draw(st.sampled_from(["drop-tail", "codel"])),
        capacity_bps=None if isinstance(trace, Opportunities) else draw(capacity),
        trace=trace,
        loss=loss,
        avg_burst_loss_length=draw(st.one_of(st.none(), st.floats(4.01, 10))),
        delay_s=draw(st.floats(0, 0.5)),
        jitter_s=draw(st.one_of(st.just(0.0), st.floats(0, 0.2))),
        jitter_correlation_s=draw(st.one_of(st.just(0.0), st.floats(0, 1))),
        allow_reordering=draw(st.booleans()),
        duplication=draw(st.one_of(st.just(0.0), st.floats(0, 1))),
        blackout=draw(st.booleans()),
    )


gaps = st.one_of(st.just(0), st.integers(0, 2 * 10**6), st.integers(0, 10**8))
happenings = st.lists(
    st.one_of(
        st.builds(Offer, gaps, st.integers(1, 4000), st.booleans()),
        st.builds(Offer, gaps, st.integers(1, 4000), st.just(value=False)),
        st.builds(Change, gaps, link_settings()),
    ),
    max_size=60,
)
Told = list[Passage]


def _play(
    first: LinkSettings, happens: list[Offer | Change], seed: int, *, ask: bool
) -> tuple[LinkEmulator, Told, dict[int, Offer], int]:
    """Play it all; with ``ask`` the relay's way: whenever ``next_ns`` says that it is time."""
    direction, now_ns, told = LinkEmulator(first, seed, 0), 0, Told()
    offers: dict[int, Offer] = {}
    for happening in happens:
        now_ns += happening.gap_ns
        while ask and (at_ns := direction.next_ns()) is not None and at_ns <= now_ns:
            told += direction.advance(at_ns)
        if isinstance(happening, Offer):
            number = len(offers)
            offers[number] = happening
            direction.offer(happening.size, now_ns, number, reliable=happening.reliable)
        else:
            direction.change(happening.settings, now_ns)
    return direction, told, offers, now_ns


@drawn(
    25,
    1000,
    first=link_settings(),
    happens=happenings,
    seed=st.integers(0, 99),
    rest=st.integers(0, S),
)
def test_packets_and_bytes_are_conserved(
    first: LinkSettings, happens: list[Offer | Change], seed: int, rest: int
) -> None:
    direction, told, offers, now_ns = _play(first, happens, seed, ask=True)
    told += direction.drain(now_ns + rest)
    fates: Counter[str] = Counter(x.fate for x in told)
    assert sorted(x.token for x in told if x.fate != "copy") == list(offers)
    assert sum(x.size for x in told if x.fate != "copy") == sum(x.size for x in offers.values())
    counts = direction.counts
    assert counts["packets"] == len(offers)
    assert {cause: counts[f"dropped_{cause}"] for cause in DROPS} == {
        cause: fates[cause] for cause in DROPS
    }
    assert counts["duplicated"] == fates["copy"]
    assert direction.next_ns() is None


@drawn(25, 1000, first=link_settings(), happens=happenings, seed=st.integers(0, 99))
def test_nothing_leaves_before_it_came_and_order_is_kept_where_it_is_promised(
    first: LinkSettings, happens: list[Offer | Change], seed: int
) -> None:
    direction, told, offers, now_ns = _play(first, happens, seed, ask=False)
    told += direction.drain(now_ns + 10 * S)
    for x in told:
        assert x.arrived_ns <= x.at_ns
        assert (
            x.due_ns == x.at_ns
            if x.fate in ("passed", "copy")
            else x.fate == "held" or (x.due_ns == -1)
        )
    assert [x.at_ns for x in told] == sorted(x.at_ns for x in told)
    tcp = [x for x in told if offers[x.token].reliable]
    assert {x.fate for x in tcp} <= {"passed", "held"}
    passed = [x.token for x in tcp if x.fate == "passed"]
    assert passed == sorted(passed)
    every = [first, *(x.settings for x in happens if isinstance(x, Change))]
    if not any(x.allow_reordering for x in every):
        udp = [x.token for x in told if x.fate == "passed" and not offers[x.token].reliable]
        assert udp == sorted(udp)


@drawn(25, 1000, first=link_settings(), happens=happenings, seed=st.integers(0, 99))
def test_many_steps_tell_what_one_tells_and_nothing_is_certain_before_it_was_announced(
    first: LinkSettings, happens: list[Offer | Change], seed: int
) -> None:
    end_ns = sum(x.gap_ns for x in happens) + 3 * S
    direction, once, *_ = _play(first, happens, seed, ask=False)
    once += direction.advance(end_ns)
    stepwise, often, _, now_ns = _play(first, happens, seed, ask=True)
    often += stepwise.advance(now_ns)
    while (at_ns := stepwise.next_ns()) is not None and at_ns <= end_ns:
        assert stepwise.advance(at_ns - 1) == []
        often += stepwise.advance(at_ns)
        later_ns = stepwise.next_ns()
        assert later_ns is None or later_ns > at_ns

    def told(found: Told) -> Told:  # what happens at one moment has no order
        return sorted(found, key=lambda x: (x.at_ns, x.token, x.fate))

    assert told(often) == told(once)


@drawn(25, 500, first=link_settings(), seed=st.integers(0, 9))
def test_whatever_comes_in_comes_out_in_the_end(first: LinkSettings, seed: int) -> None:
    direction = LinkEmulator(first, seed, 0)
    for number in range(20):
        direction.offer(1000, number * 1000, number, reliable=number % 5 == 0)
    told = direction.advance(FAR_NS)
    inside = 4 if first.blackout else 0  # what TCP carries waits for its end
    assert len({x.token for x in told}) == 20 - inside
    assert all(math.isfinite(x.at_ns) for x in told)
