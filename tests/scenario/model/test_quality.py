from __future__ import annotations

import pytest

from g2gbench.quality import DEFAULT_THRESHOLDS, Band
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings
from g2gbench.scenario import ScenarioError, cells, loads, resolved
from g2gbench.scenario.model.matrix import Cell

HEAD = "name: x\ntarget: {kind: loopback, model: lucy-2.1}\n"


def cell_of(text: str = "") -> Cell:
    (cell,) = cells(loads(HEAD + text))
    return cell


def test_without_a_word_the_sdks_bounds_hold_with_the_publish_bitrate_required() -> None:
    judging = cell_of("publish: {max_bitrate: 750kbps}\n").scenario.judging
    assert judging.thresholds == DEFAULT_THRESHOLDS
    assert judging.required_bitrate_bps == 750_000
    assert (judging.window, judging.warmup) == (DEFAULT_SETTINGS.window, DEFAULT_SETTINGS.warmup)


def test_every_bound_can_be_given_in_units() -> None:
    judging = cell_of(
        """
quality:
  latency: {g2g: [100ms, 0.3s, 1.1s], rtt: [1100us, 2ms, 3ms], relay_allowance: 7ms}
  loss: [0%, 0.7%, 2%]
  bandwidth: [150%, 100%, 60%]
  stall: {fps: [29.5, 20, 10], drop_ratio: [1%, 1%, 5%]}
  startup: [1s, 2s, 3s]
  required_bitrate: 3.5Mbps
  window: 1
  warmup: 2
  downgrade_after: 3
  upgrade_after: 4
"""
    ).scenario.judging
    assert judging.thresholds.g2g_ms == Band(100, 300, 1100)
    assert judging.thresholds.rtt_ms == Band(1.1, 2, 3)
    assert judging.thresholds.relay_allowance_ms == 7
    assert judging.thresholds.fraction_lost == Band(0, 0.007, 0.02)
    assert judging.thresholds.bandwidth_ratio == Band(1.5, 1, 0.6)
    assert judging.thresholds.inbound_fps == Band(29.5, 20, 10)
    assert judging.thresholds.g2g_drop_ratio == Band(0.01, 0.01, 0.05)
    assert judging.thresholds.ttff_ms == Band(1000, 2000, 3000)
    assert judging == Settings(
        thresholds=judging.thresholds,
        required_bitrate_bps=3_500_000,
        window=1,
        warmup=2,
        downgrade_after=3,
        upgrade_after=4,
    )


def test_what_a_cell_is_judged_with_survives_being_stored() -> None:
    judging = cell_of("quality: {latency: {g2g: [1ms, 2ms, 3ms]}, window: 3}\n").scenario.judging
    assert Settings.from_plain(judging.as_plain()) == judging


def test_the_resolved_scenario_writes_bounds_with_their_units() -> None:
    written = resolved(loads(HEAD))["quality"]
    assert written["latency"]["g2g"] == ["500ms", "900ms", "1.5s"]
    assert written["stall"]["fps"] == [20, 12, 5]
    assert written["required_bitrate"] is None


def test_each_cell_requires_the_bitrate_that_it_publishes() -> None:
    found = cells(loads(f"{HEAD}matrix: {{publish.max_bitrate: [500kbps, 2Mbps]}}\n"))
    assert [cell.scenario.judging.required_bitrate_bps for cell in found] == [500_000, 2_000_000]


@pytest.mark.parametrize("value", ["5", "{}", "[1ms, 2ms, 3ms, 4ms]", '"1ms"'])
def test_anything_but_three_bounds_is_refused(value: str) -> None:
    with pytest.raises(ScenarioError, match="a list of three ascending bounds"):
        loads(f"{HEAD}quality: {{latency: {{g2g: {value}}}}}\n")
