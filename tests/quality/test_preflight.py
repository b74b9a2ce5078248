from __future__ import annotations

from typing import Any

import pytest

from g2gbench.quality import Level, Sample, Thresholds, deep_preflight, shallow_preflight


@pytest.mark.parametrize(
    ("transport", "rtt_ms", "level", "factor"),
    [
        ("udp", 20, Level.GOOD, "none"),
        ("udp", None, Level.GOOD, "none"),
        ("udp", 150, Level.GOOD, "none"),
        ("udp", 150.1, Level.FAIR, "latency"),
        ("udp", 300, Level.FAIR, "latency"),
        ("udp", 300.1, Level.POOR, "latency"),
        ("udp", 9000, Level.POOR, "latency"),
        ("relay", None, Level.POOR, "none"),
        ("relay", 200, Level.POOR, "none"),
        ("relay", 400, Level.POOR, "latency"),
        ("failed", None, Level.CRITICAL, "none"),
    ],
)
def test_shallow_verdict_follows_transport_and_round_trip(
    transport: str, rtt_ms: float | None, level: Level, factor: str
) -> None:
    found = shallow_preflight(transport, rtt_ms)
    assert (found.level, found.limiting_factor) == (level, factor)
    assert bool(found.reasons) == (level is not Level.GOOD)
    assert ("latency" in found.unmeasured) == (rtt_ms is None)


def test_relay_and_a_slow_answer_are_both_told() -> None:
    assert len(shallow_preflight("relay", 400).reasons) == 2


@pytest.mark.parametrize("transport", ["tcp", "", "UDP", None, 1])
def test_unknown_transport_is_refused(transport: Any) -> None:
    with pytest.raises(ValueError, match="allowed: udp, relay, failed"):
        shallow_preflight(transport, None)


def test_a_round_trip_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="rtt_ms"):
        shallow_preflight("udp", -1)
    with pytest.raises(TypeError, match="rtt_ms"):
        shallow_preflight("udp", "20")  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize(
    ("sample", "level", "factor"),
    [
        (Sample(ttff_ms=4000, g2g_ms=100), Level.GOOD, "none"),
        (Sample(ttff_ms=4001), Level.FAIR, "latency"),
        (Sample(ttff_ms=6001), Level.POOR, "latency"),
        (Sample(ttff_ms=10_001), Level.CRITICAL, "latency"),
        (Sample(ttff_ms=500, g2g_ms=901), Level.POOR, "latency"),
        (Sample(g2g_ms=100, g2g_drop_ratio=0.06), Level.CRITICAL, "stall"),
        (Sample(g2g_ms=100, fraction_lost=0.005), Level.FAIR, "loss"),
        (Sample(g2g_ms=100, quality_limitation="cpu"), Level.GOOD, "cpu"),
    ],
)
def test_deep_verdict_is_the_worst_of_ttff_g2g_drops_and_loss(
    sample: Sample, level: Level, factor: str
) -> None:
    found = deep_preflight(sample)
    assert (found.level, found.limiting_factor) == (level, factor)
    assert level is Level.GOOD or found.reasons


def test_deep_preflight_reads_neither_bandwidth_nor_frame_rate_nor_freezes() -> None:
    sample = Sample(g2g_ms=100, available_bitrate_bps=1, inbound_fps=0, freeze=True)
    assert deep_preflight(sample).level is Level.GOOD


def test_round_trip_stands_in_only_where_neither_ttff_nor_g2g_was_measured() -> None:
    assert deep_preflight(Sample(rtt_ms=400)).level is Level.POOR
    assert deep_preflight(Sample(rtt_ms=400, relayed=True)).level is Level.FAIR
    assert deep_preflight(Sample(rtt_ms=400, g2g_ms=100)).level is Level.GOOD
    assert deep_preflight(Sample(rtt_ms=400, ttff_ms=100)).level is Level.GOOD
    assert "latency" in deep_preflight(Sample(rtt_ms=400, ttff_ms=100)).unmeasured


def test_no_session_is_critical_whatever_was_measured() -> None:
    found = deep_preflight(Sample(ttff_ms=5, g2g_ms=5), connected=False)
    assert (found.level, found.reasons) == (Level.CRITICAL, ("no session could be made",))


def test_a_session_that_measured_nothing_is_fair_and_says_so() -> None:
    found = deep_preflight(Sample(quality_limitation="cpu"))
    assert found.level is Level.FAIR
    assert found.reasons == ("connected, but nothing was measured",)
    assert found.unmeasured == ("loss", "latency", "startup", "stall")


def test_both_take_other_thresholds() -> None:
    tight = Thresholds(rtt_ms=(5, 10, 20), ttff_ms=(1, 2, 3))  # type: ignore[arg-type] # three numbers will do
    assert shallow_preflight("udp", 8, thresholds=tight).level is Level.FAIR
    assert deep_preflight(Sample(ttff_ms=2.5), thresholds=tight).level is Level.POOR


def test_deep_preflight_takes_samples_and_a_flag() -> None:
    with pytest.raises(TypeError, match="is no Sample"):
        deep_preflight({})  # type: ignore[arg-type] # wrong on purpose
    with pytest.raises(TypeError, match="connected"):
        deep_preflight(Sample(), connected=1)  # type: ignore[arg-type] # wrong on purpose
