from __future__ import annotations

import pytest

from g2gbench.analysis.effect_floors import Floor, default_floor, effect_floor, parse_floor
from g2gbench.measure.registry import METRICS
from g2gbench.scenario.problems import Refused


def test_a_floor_is_a_share_of_the_base_or_a_least_value_if_that_is_larger() -> None:
    floor = Floor(share=0.05, least=2)
    assert (floor.of(100), floor.of(10), floor.of(-100)) == (5, 2, 5)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_floor_above_nothing(name: str) -> None:
    assert default_floor(name).of(1000) > 0


@pytest.mark.parametrize(
    ("metric", "base", "floor"),
    [
        ("g2g_ms.p50", 200, 20),
        ("g2g_ms.p50", 9.4, 1),
        ("g2g_ms.p95", 200, 30),
        ("ttff_ms", 200, 150),
        ("ttff_ms", 4000, 400),
        ("connect_ms.room", 100, 50),
        ("freeze_ms", 0, 200),
        ("drop_ratio", 0, 0.005),
        ("fps", 30, 1.5),
        ("quality", 3, 0.5),
    ],
)
def test_the_usual_floors(metric: str, base: float, floor: float) -> None:
    assert default_floor(metric).of(base) == pytest.approx(floor)


@pytest.mark.parametrize(
    ("text", "metric", "floor"),
    [
        ("g2g_ms.p95=20", "g2g_ms.p95", Floor(least=20)),
        ("g2g_ms.p95 = 20ms", "g2g_ms.p95", Floor(least=20)),
        ("ttff_ms=0.5s", "ttff_ms", Floor(least=500)),
        ("g2g_ms.p95=5%", "g2g_ms.p95", Floor(share=0.05)),
        ("drop_ratio=1%", "drop_ratio", Floor(least=0.01)),
        ("uplink.bitrate_bps=100kbps", "uplink.bitrate_bps", Floor(least=100_000)),
    ],
)
def test_a_floor_is_written_as_limits_are_or_in_percent(
    text: str, metric: str, floor: Floor
) -> None:
    assert parse_floor(text) == (metric, floor)


@pytest.mark.parametrize(
    "text", ["g2g_ms.p95", "g2g_ms.p95=", "g2g_ms.p95=20Mbps", "nope=3", "fps=1.2.3%"]
)
def test_what_is_no_floor_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_floor(text)


def test_a_users_floor_replaces_the_usual_one_and_noise_only_raises_it() -> None:
    assert effect_floor(Floor(least=1), "g2g_ms.p50", 200, None).value == 1
    assert effect_floor(None, "g2g_ms.p50", 200, 22).value == 22
    assert effect_floor(None, "g2g_ms.p50", 200, 22).source == "noise"
    assert effect_floor(None, "g2g_ms.p50", 200, 3).source == "default"
