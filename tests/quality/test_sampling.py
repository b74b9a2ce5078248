from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from g2gbench.quality import Sample
from g2gbench.quality.sampling import network_sample
from tests.drawn import drawn

BEFORE: dict[str, Any] = {"inbound.frames_decoded": 100, "inbound.freeze_count": 1}
AFTER: dict[str, Any] = {
    "outbound.packets_sent": 100,
    "outbound.retransmitted_packets_sent": 0,
    "remote_inbound.round_trip_time": 0.05,
    "remote_inbound.fraction_lost": 0.02,
    "pair.current_round_trip_time": 0.03,
    "pair.available_outgoing_bitrate": 2_500_000.0,
    "inbound.frames_decoded": 160,
    "inbound.freeze_count": 1,
    "outbound.quality_limitation_reason": "bandwidth",
}


def test_snapshots_tell_the_network_between_them() -> None:
    assert network_sample(BEFORE, AFTER, 2.0) == Sample(
        rtt_ms=50,
        fraction_lost=0.02,
        available_bitrate_bps=2_500_000,
        inbound_fps=30,
        quality_limitation="bandwidth",
    )


@pytest.mark.parametrize("far_end", [{}, {"remote_inbound.round_trip_time": 0.0}])
def test_candidate_pair_tells_the_round_trip_that_the_far_end_does_not(
    far_end: dict[str, float],
) -> None:
    values = {"pair.current_round_trip_time": 0.03, **far_end}
    assert network_sample({}, values, 1.0).rtt_ms == 30


def test_nothing_told_is_nothing_measured() -> None:
    assert network_sample({}, {}, 1.0) == Sample()
    assert network_sample(AFTER, {}, 1.0) == Sample()


def test_zero_stands_for_an_estimate_that_is_not_there() -> None:
    values = {"pair.available_outgoing_bitrate": 0.0, "pair.current_round_trip_time": 0.0}
    assert network_sample({}, values, 1.0) == Sample()


def test_stream_that_stopped_has_no_frames_a_second_which_is_a_measurement() -> None:
    assert network_sample(BEFORE, BEFORE, 1.0).inbound_fps == 0


def test_counters_that_went_back_tell_nothing() -> None:
    after = {"inbound.frames_decoded": 3, "inbound.freeze_count": 0}
    assert network_sample(BEFORE, after, 1.0) == Sample()


def test_freezes_are_those_of_the_interval() -> None:
    assert not network_sample(BEFORE, AFTER, 1.0).freeze
    assert network_sample(BEFORE, {**AFTER, "inbound.freeze_count": 2}, 1.0).freeze


@pytest.mark.parametrize("key", ["pair.local_candidate_type", "pair.remote_candidate_type"])
def test_either_candidate_may_be_the_relay(key: str) -> None:
    assert network_sample({}, {key: "relay"}, 1.0).relayed
    assert not network_sample({}, {key: "srflx"}, 1.0).relayed


@pytest.mark.parametrize(
    ("told", "sent", "again", "lost"),
    [
        (0.0, 108, 8, 0.08),  # repaired under their own numbers: the report tells of none
        (0.2, 108, 8, 0.2),
        (64, 108, 8, 0.25),
        (0.03, 100, 0, 0.03),
        (0.03, 0, 0, 0.03),
        (None, 108, 8, 0.08),
        (0.0, 8, 8, 1.0),
        (300, 100, 0, None),
    ],
)
def test_packets_asked_for_again_were_reported_lost(
    told: float | None, sent: int, again: int, lost: float | None
) -> None:
    before = {"outbound.packets_sent": 50, "outbound.retransmitted_packets_sent": 5}
    after: dict[str, Any] = {
        "outbound.packets_sent": 50 + sent,
        "outbound.retransmitted_packets_sent": 5 + again,
    }
    if told is not None:
        after["remote_inbound.fraction_lost"] = told
    assert network_sample(before, after, 1.0).fraction_lost == lost


@pytest.mark.parametrize("elapsed_s", [0, -1, float("nan")])
def test_interval_must_have_a_length(elapsed_s: float) -> None:
    with pytest.raises(ValueError, match="elapsed_s"):
        network_sample(BEFORE, AFTER, elapsed_s)


_ODD = st.one_of(
    st.none(), st.booleans(), st.text(max_size=5), st.integers(-(2**40), 2**40), st.floats()
)
_VALUES = st.fixed_dictionaries({}, optional=dict.fromkeys(AFTER, _ODD))


@drawn(20, 500, _VALUES, _VALUES)
def test_whatever_statistics_hold_makes_a_sample(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert isinstance(network_sample(before, after, 1.0), Sample)
