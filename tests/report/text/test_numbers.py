from __future__ import annotations

import pytest

from g2gbench.measure.registry import METRICS
from g2gbench.report.text.numbers import KEY_METRICS, label, scale, shown, single
from g2gbench.statistics.median_interval import Estimate
from tests.analysis.results import estimate


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("g2g_ms.p95", 796.4, "796 ms"),
        ("g2g_ms.p50", 41.26, "41.3 ms"),
        ("ttff_ms", 3170.0, "3.17 s"),
        ("g2g_ms.min", -4.24, "−4.2 ms"),
        ("drop_ratio", 0.0, "0 %"),
        ("drop_ratio", 0.0271, "2.7 %"),
        ("link.uplink.loss", 0.000636, "0.06 %"),
        ("link.uplink.loss", 0.00001, "0.001 %"),
        ("fps", 29.848, "29.8 fps"),
        ("freeze_count", 2.0, "2"),
        ("freeze_count", 1.5, "1.5"),
        ("uplink.bitrate_bps", 2_043_415.9, "2.04 Mbps"),
        ("uplink.bitrate_bps", 300_400.0, "300 kbps"),
        ("rss_bytes.client", 140_394_496.0, "140 MB"),
        ("cpu.link", 0.053, "0.05 cores"),
        ("quality", 2.0, "fair"),
        ("quality", 1.5, "2"),
        ("psnr_db", 38.456, "38.5 dB"),
        ("ssim", 0.98765, "0.9877"),
    ],
)
def test_a_value_is_told_in_the_unit_of_its_size(metric: str, value: float, expected: str) -> None:
    assert single(metric, value) == expected


def test_what_was_not_measured_is_never_a_number() -> None:
    assert {single(name, None) for name in METRICS} == {"not measured"}
    assert shown("fps", estimate(None)) == ("not measured", "")


def test_value_and_interval_share_one_scale() -> None:
    assert shown("ttff_ms", Estimate(1900.0, 1800.0, 2100.0, 3, "range")) == (
        "1.90 s",
        "[1.80, 2.10]",
    )


def test_one_trial_has_no_interval() -> None:
    assert shown("fps", estimate(30.0, n=1)) == ("30.0 fps", "")


@pytest.mark.parametrize(
    ("metric", "value", "limit", "expected"),
    [
        ("g2g_ms.p95", 499.6, 500.0, "499.6 ms"),
        ("g2g_ms.p95", 500.0, 500.0, "500 ms"),
        ("drop_ratio", 0.02996, 0.03, "2.996 %"),
        ("g2g_ms.p95", 480.0, 500.0, "480 ms"),
    ],
)
def test_a_value_beside_its_limit_never_looks_equal_to_it(
    metric: str, value: float, limit: float, expected: str
) -> None:
    form = scale(metric, (value,), limit)
    assert form.with_unit(form.number(value)) == expected


def test_a_limit_is_told_as_it_was_meant() -> None:
    assert scale("drop_ratio", (0.0004,)).limit(0.1) == "10"
    assert scale("ttff_ms", (3170.0,)).limit(4000.0) == "4"
    assert scale("g2g_ms.p95", (1.0,)).limit(0.5) == "0.5"


def test_every_metric_has_a_label_of_its_own() -> None:
    labels = [label(name) for name in METRICS]
    assert len(set(labels)) == len(labels)
    assert [label(name) for name in KEY_METRICS] == [
        "g2g p50",
        "g2g p95",
        "ttff",
        "drop ratio",
        "fps",
        "freezes",
    ]
    found = [label(name) for name in ("psnr_db.p1", "startup.psnr_db.3s", "startup_ms.sharp")]
    assert found == ["PSNR p1", "PSNR of the first 3 s", "startup sharp"]
