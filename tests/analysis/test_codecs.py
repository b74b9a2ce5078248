"""A ladder made by hand: which curves, deltas and groups come of it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from g2gbench.analysis.codecs import DELTAS, SHOWN, codecs
from g2gbench.analysis.result import CodecComparison, RunResult
from g2gbench.analysis.trials import TrialResult
from tests.analysis.ladders import LADDER, result
from tests.analysis.trials import trial


def only(found: RunResult) -> CodecComparison:
    (comparison,) = found.codecs or ()
    return comparison


def test_a_point_stands_at_the_rate_that_was_measured() -> None:
    first, second = only(result()).curves
    assert (first.codec, second.codec) == ("vp8", "vp9")
    rates = [point.metrics["uplink.bitrate_bps"].value for point in first.points]
    assert rates == pytest.approx([0.9 * 1.01 * rate for rate in LADDER.values()])
    assert [point.max_bitrate for point in first.points] == list(LADDER)
    assert set(first.points[0].metrics) == set(SHOWN)
    assert first.points[0].metrics["encode_ms"].value is None
    assert first.points[0].metrics["encode_ms"].reason == "no valid trial measured it"


def test_a_fifth_fewer_bits_for_the_same_picture_is_a_rate_delta_of_minus_20_percent() -> None:
    (delta,) = only(result()).deltas
    assert delta.codec == "vp9"
    assert set(delta.deltas) == set(DELTAS)
    for name in ("bd_rate_percent", "bd_rate_ssim_percent"):
        found = delta.deltas[name]
        assert found.range is not None
        value, low, high = found.range
        assert value == pytest.approx(-20, abs=0.1)
        assert low <= value <= high
        assert (found.n, found.interval) == (3, "range")
    assert delta.deltas["bd_psnr_db"].value == pytest.approx(6 * math.log2(1 / 0.8), abs=0.05)
    assert delta.deltas["bd_latency_ms"].value == pytest.approx(5)


def test_five_repeats_give_an_interval_with_its_coverage() -> None:
    (delta,) = only(result(repeats=5)).deltas
    assert delta.deltas["bd_rate_percent"].interval == "order statistics"
    assert delta.deltas["bd_rate_percent"].coverage == pytest.approx(0.9375)


def test_a_repeat_without_all_of_its_points_has_no_delta_and_the_others_have() -> None:
    lost = trial(1, cell="publish.codec=vp9,publish.max_bitrate=600kbps", status="invalid")
    (delta,) = only(result({("vp9", "600kbps", 1): lost})).deltas
    assert delta.deltas["bd_rate_percent"].n == 2


def test_a_codec_that_could_not_be_sent_is_named_with_its_reason_and_ends_nothing() -> None:
    message = "vp9 was asked for, but video/VP8 is sent: it cannot be encoded here"
    failed = {
        ("vp9", limit, repeat): TrialResult(
            f"publish.codec=vp9,publish.max_bitrate={limit}", repeat, "failed", message
        )
        for limit in LADDER
        for repeat in range(3)
    }
    found = only(result(failed))
    assert [curve.reason for curve in found.curves] == ["", message]
    assert found.anchor == "vp8"
    (delta,) = found.deltas
    assert delta.deltas["bd_rate_percent"].value is None
    assert delta.deltas["bd_rate_percent"].reason == "needs 4 points of each codec, has 0"
    assert all("vp8" in cell for group in found.rankings[0].groups for cell in group)


def test_the_anchor_is_the_first_codec_that_was_measured() -> None:
    failed: dict[tuple[str, str, int], TrialResult | None] = {
        ("vp8", limit, repeat): None for limit in LADDER for repeat in range(3)
    }
    found = only(result(failed))
    assert found.anchor == "vp9"
    assert found.curves[0].reason == "no trial was run"


def test_cells_are_ranked_by_what_was_on_display_and_by_latency() -> None:
    quality, latency = only(result(repeats=6)).rankings
    assert quality.metric == "psnr_displayed_db"
    assert "1200kbps" in quality.groups[0][0]
    assert latency.metric == "g2g_ms.p50"
    assert all("vp8" in cell for cell in latency.groups[0])
    assert only(result(repeats=3)).rankings[0].note.startswith("3 valid trials a cell")


def test_what_else_varies_is_compared_apart() -> None:
    one, other = (result(more={"network.profile": name}).cells for name in ("wifi", "lte"))
    found = codecs([*one, *other])
    assert found is not None
    assert [c.where for c in found] == [{"network.profile": "wifi"}, {"network.profile": "lte"}]
    assert all(len(c.curves) == 2 for c in found)


@pytest.mark.parametrize("fixed", ["publish.codec", "publish.max_bitrate"])
def test_without_a_codec_and_a_bitrate_that_vary_there_is_no_comparison(fixed: str) -> None:
    cells = result().cells
    assert codecs([replace(c, settings={**c.settings, fixed: "one"}) for c in cells]) is None
    without = [
        replace(c, settings={k: v for k, v in c.settings.items() if k != fixed}) for c in cells
    ]
    assert codecs(without) is None
    assert codecs([]) is None
