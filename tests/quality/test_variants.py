from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from g2gbench.quality import Evaluator, Level, Sample
from g2gbench.quality.variants import ANDROID, JAVASCRIPT, JAVASCRIPT_UNMARKED, VARIANTS, Variant
from tests.drawn import drawn
from tests.quality.samples import samples

GOOD = Sample(g2g_ms=100, rtt_ms=20, fraction_lost=0, available_bitrate_bps=9e6, inbound_fps=30)
POOR = replace(GOOD, g2g_ms=1000)


def levels(variant: Variant, *each: Sample) -> list[Level | None]:
    return [verdict.level for verdict in variant.verdicts(each)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_session_of_which_nothing_is_known_is_good_to_an_sdk(variant: Variant) -> None:
    assert levels(variant, *[Sample()] * 12)[-1] is Level.GOOD
    ours = Evaluator()
    ours.push(Sample())
    assert ours.latest is not None
    assert ours.latest.level is None


def test_a_missing_value_scores_good_and_never_unmeasured() -> None:
    (verdict,) = JAVASCRIPT.verdicts([Sample(rtt_ms=20)])
    assert (verdict.level, verdict.unmeasured) == (Level.GOOD, ())


def test_an_encoder_limited_by_bandwidth_is_fair_though_nothing_estimated_it() -> None:
    limited = Sample(rtt_ms=20, quality_limitation="bandwidth")
    assert levels(JAVASCRIPT, *[limited] * 8)[-1] is Level.FAIR


def test_android_takes_a_sample_every_three_seconds() -> None:
    found = levels(ANDROID, *[GOOD] * 9, *[POOR] * 12)
    assert found[:2] == [None, None]
    assert found[2:9] == [Level.GOOD] * 7
    # Of its window of 3 the median turns with the second bad sample; the level with the next.
    assert found.index(Level.POOR) == 9 + 3 * 3 - 1


def test_javascript_takes_one_a_second_as_we_do() -> None:
    each = [GOOD] * 10 + [POOR] * 12
    ours = Evaluator()
    held = []
    for sample in each:
        ours.push(sample)
        assert ours.latest is not None
        held.append(ours.latest.level)
    assert levels(JAVASCRIPT, *each) == held


def test_a_longer_interval_has_the_mean_frame_rate_and_any_freeze() -> None:
    seconds = [
        replace(GOOD, inbound_fps=30, freeze=True),
        replace(GOOD, inbound_fps=0),
        replace(GOOD, inbound_fps=None, g2g_ms=700),
    ]
    first = ANDROID.verdicts(seconds)[2]
    assert first.level is Level.FAIR
    assert first.limiting_factor == "latency"
    assert set(first.reasons) >= {"15 frames a second arrive, below 20", "the picture froze"}


def test_without_the_marker_neither_g2g_nor_drops_are_seen() -> None:
    slow = replace(POOR, g2g_drop_ratio=0.5)
    assert levels(JAVASCRIPT, *[slow] * 8)[-1] is Level.CRITICAL
    assert levels(JAVASCRIPT_UNMARKED, *[slow] * 8)[-1] is Level.GOOD


@drawn(15, 300, st.lists(samples(), max_size=30))
def test_every_second_has_a_verdict_and_once_known_none_is_unknown(each: list[Sample]) -> None:
    for variant in VARIANTS:
        found = levels(variant, *each)
        assert len(found) == len(each)
        assert None not in found[variant.cadence_s - 1 :]
