from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import g2gbench
from g2gbench import quality
from g2gbench.quality import Level, Sample, Thresholds, score
from g2gbench.quality.level import DIMENSIONS, LEVEL_WORDS
from tests.quality.samples import samples

LEVELS = (Level.GOOD, Level.FAIR, Level.POOR, Level.CRITICAL)


def test_package_is_found_where_it_is_first_used() -> None:
    assert g2gbench.quality is quality


def test_levels_are_ordered_worst_first_and_have_words() -> None:
    assert Level.CRITICAL < Level.POOR < Level.FAIR < Level.GOOD
    assert [int(level) for level in Level] == [0, 1, 2, 3]
    assert [Level.of(word) for word in LEVEL_WORDS] == list(Level)
    with pytest.raises(ValueError, match="allowed: critical, poor, fair, good"):
        Level.of("bad")


@pytest.mark.parametrize(
    ("field", "bounds", "beyond"),
    [
        ("g2g_ms", (500, 900, 1500), 1e-6),
        ("rtt_ms", (150, 300, 500), 1e-6),
        ("fraction_lost", (0.001, 0.01, 0.05), 1e-9),
        ("g2g_drop_ratio", (0.001, 0.01, 0.05), 1e-9),
        ("inbound_fps", (20, 12, 5), -1e-6),
        ("available_bitrate_bps", (3_500_000, 2_800_000, 1_750_000), -1),
    ],
)
def test_a_bound_belongs_to_the_better_level(
    field: str, bounds: tuple[float, ...], beyond: float
) -> None:
    for bound, at, past in zip(bounds, LEVELS, LEVELS[1:], strict=False):
        assert score(Sample(**{field: bound})).level is at  # type: ignore[arg-type] # mixed fields
        assert score(Sample(**{field: bound + beyond})).level is past  # type: ignore[arg-type] # mixed fields


def test_a_relayed_round_trip_may_take_100_ms_more() -> None:
    assert score(Sample(rtt_ms=250, relayed=True)).level is Level.GOOD
    assert score(Sample(rtt_ms=250.1, relayed=True)).level is Level.FAIR
    assert score(Sample(rtt_ms=600, relayed=True)).level is Level.POOR
    assert score(Sample(rtt_ms=600.1, relayed=True)).level is Level.CRITICAL
    assert "relayed" in score(Sample(rtt_ms=600, relayed=True)).reasons[0]


def test_relayed_path_does_not_shift_g2g() -> None:
    assert score(Sample(g2g_ms=550, relayed=True)).level is Level.FAIR


def test_g2g_decides_over_the_round_trip() -> None:
    assert score(Sample(rtt_ms=10, g2g_ms=1000)).level is Level.POOR
    assert score(Sample(rtt_ms=1000, g2g_ms=10)).level is Level.GOOD


@pytest.mark.parametrize(
    ("told", "level"),
    [(1.0, Level.CRITICAL), (2, Level.FAIR), (3, Level.POOR), (13, Level.CRITICAL)],
)
def test_loss_above_one_is_the_raw_byte_of_a_report(told: float, level: Level) -> None:
    assert score(Sample(fraction_lost=told)).level is level


def test_encoder_limited_by_bandwidth_is_fair_at_best() -> None:
    sample = Sample(available_bitrate_bps=9e6, quality_limitation="bandwidth")
    found = score(sample)
    assert (found.level, found.limiting_factor) == (Level.FAIR, "bandwidth")
    assert found.reasons == ("the encoder is limited by the bandwidth",)
    assert score(replace(sample, available_bitrate_bps=1e6)).level is Level.CRITICAL


def test_its_word_counts_without_an_estimate_too_where_anything_else_is_measured() -> None:
    found = score(Sample(rtt_ms=20, quality_limitation="bandwidth"))
    assert (found.level, found.limiting_factor) == (Level.FAIR, "bandwidth")
    assert found.reasons == ("the encoder is limited by the bandwidth",)
    assert "bandwidth" in found.unmeasured
    held_back = score(Sample(rtt_ms=20, quality_limitation="bandwidth"), score_bandwidth=False)
    assert held_back.level is Level.GOOD
    assert score(Sample(quality_limitation="bandwidth")).level is None


def test_freeze_caps_stall_at_fair() -> None:
    assert score(Sample(inbound_fps=30, freeze=True)).level is Level.FAIR
    assert score(Sample(inbound_fps=4, freeze=True)).level is Level.CRITICAL
    assert score(Sample(freeze=True)).limiting_factor == "stall"


def test_stall_is_the_worse_of_its_rows() -> None:
    assert score(Sample(inbound_fps=30, g2g_drop_ratio=0.02)).level is Level.POOR
    assert score(Sample(inbound_fps=3, g2g_drop_ratio=0.0)).level is Level.CRITICAL


@pytest.mark.parametrize("factor", DIMENSIONS)
def test_ties_name_bandwidth_then_loss_then_latency_then_stall(factor: str) -> None:
    poor: dict[str, Any] = {
        "bandwidth": {"available_bitrate_bps": 2e6},
        "loss": {"fraction_lost": 0.03},
        "latency": {"g2g_ms": 1000},
        "stall": {"inbound_fps": 8},
    }
    there = DIMENSIONS[DIMENSIONS.index(factor) :]
    found = score(Sample(**{k: v for name in there for k, v in poor[name].items()}))
    assert (found.level, found.limiting_factor) == (Level.POOR, factor)
    assert len(found.reasons) == len(there)


def test_the_worst_dimension_limits_and_its_reason_comes_first() -> None:
    found = score(Sample(available_bitrate_bps=3e6, fraction_lost=0.2, g2g_ms=600))
    assert (found.level, found.limiting_factor) == (Level.CRITICAL, "loss")
    assert found.reasons == (
        "the uplink's packet loss is 20%, above 5%",
        "the uplink is estimated at 3 Mbps, below 3.5 Mbps",
        "g2g is 600 ms, above 500 ms",
    )
    assert found.levels == {
        "bandwidth": Level.FAIR,
        "loss": Level.CRITICAL,
        "latency": Level.FAIR,
    }


def test_frames_a_second_and_drops_are_told_in_words() -> None:
    found = score(Sample(inbound_fps=4.04, g2g_drop_ratio=0.005))
    assert found.reasons == (
        "4.04 frames a second arrive, below 5",
        "the share of frames dropped is 0.5%, above 0.1%",
    )


def test_processor_is_named_only_at_good_and_lowers_nothing() -> None:
    good = score(Sample(g2g_ms=100, quality_limitation="cpu"))
    assert (good.level, good.limiting_factor) == (Level.GOOD, "cpu")
    assert good.reasons == ("the encoder is limited by the processor",)
    fair = score(Sample(g2g_ms=600, quality_limitation="cpu"))
    assert (fair.level, fair.limiting_factor) == (Level.FAIR, "latency")
    other = score(Sample(g2g_ms=100, quality_limitation="other"))
    assert (other.limiting_factor, other.reasons) == ("none", ())


@pytest.mark.parametrize("limitation", [None, "none", "cpu", "bandwidth", "other"])
def test_nothing_measured_is_unknown_whatever_limits_the_encoder(limitation: str | None) -> None:
    found = score(Sample(quality_limitation=limitation, ttff_ms=20_000, relayed=True))
    assert found.level is None
    assert found.word == "unknown"
    assert found.limiting_factor == "none"
    assert found.unmeasured == DIMENSIONS
    assert found.reasons == ("nothing was measured",)


def test_a_dimension_without_a_value_is_unmeasured_and_changes_nothing() -> None:
    found = score(Sample(rtt_ms=400, quality_limitation="bandwidth"))
    assert (found.level, found.limiting_factor) == (Level.POOR, "latency")
    assert found.unmeasured == ("bandwidth", "loss", "stall")
    assert found.word == "poor"


def test_bandwidth_can_be_left_out() -> None:
    sample = Sample(available_bitrate_bps=1e5, quality_limitation="bandwidth")
    left_out = score(replace(sample, rtt_ms=20), score_bandwidth=False)
    assert left_out.level is Level.GOOD
    assert "bandwidth" not in left_out.unmeasured  # it has a value, which was not asked for
    assert score(sample, score_bandwidth=False).level is None
    assert "bandwidth" in score(Sample(rtt_ms=20), score_bandwidth=False).unmeasured


def test_required_bitrate_is_what_the_estimate_is_held_against() -> None:
    sample = Sample(available_bitrate_bps=2e6)
    assert score(sample, required_bitrate_bps=2_000_000).level is Level.GOOD
    assert score(sample, required_bitrate_bps=2_500_000).level is Level.FAIR


def test_every_bound_can_be_set() -> None:
    tight = Thresholds(
        g2g_ms=(50, 60, 70),  # type: ignore[arg-type] # three numbers will do
        relay_allowance_ms=0,
        inbound_fps=quality.Band(60, 50, 40),
    )
    assert score(Sample(g2g_ms=65), thresholds=tight).level is Level.POOR
    assert score(Sample(inbound_fps=55), thresholds=tight).level is Level.FAIR
    assert score(Sample(rtt_ms=200, relayed=True), thresholds=tight).level is Level.FAIR


_WORSE_WHEN_HIGHER = ("rtt_ms", "g2g_ms", "g2g_drop_ratio", "fraction_lost")
_WORSE_WHEN_LOWER = ("available_bitrate_bps", "inbound_fps")


@given(samples(), samples(), st.sampled_from(_WORSE_WHEN_HIGHER + _WORSE_WHEN_LOWER))
def test_a_worse_value_never_gives_a_better_level(one: Sample, two: Sample, name: str) -> None:
    values = [getattr(one, name), getattr(two, name)]
    if None in values:
        return
    better, worse = sorted(values, reverse=name in _WORSE_WHEN_LOWER)
    before, after = score(replace(one, **{name: better})), score(replace(one, **{name: worse}))
    assert before.level is not None
    assert after.level is not None
    assert after.level <= before.level


@given(samples())
def test_the_verdict_is_the_worst_dimension_and_names_one_that_equals_it(sample: Sample) -> None:
    found = score(sample)
    if found.level is None:
        assert set(found.unmeasured) == set(DIMENSIONS)
        return
    assert found.level is min(found.levels.values())
    assert set(found.levels) | set(found.unmeasured) == set(DIMENSIONS)
    if found.level is Level.GOOD:
        assert found.limiting_factor in ("cpu", "none")
    else:
        assert found.levels[found.limiting_factor] is found.level
        assert found.reasons
