"""Frames that die at a known place in a real session are found there, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.benchmark import run_async
from g2gbench.measure.packets import DROPPING, FATES, KINDS
from g2gbench.scenario import loads
from g2gbench.store.reading import Trial
from tests.e2e.sessions import passthrough
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session


async def _measured(text: str, tmp_path: Path) -> Trial:
    run = await run_async(loads(text), out=tmp_path)
    (trial,) = run.trials
    assert_sound(trial.result)
    return trial


def _drops(trial: Trial) -> dict[str, float]:
    found = {n: v.value for n, v in trial.result.metrics.items() if n.startswith("drops.")}
    return {name.partition(".")[2]: value for name, value in found.items() if value}


@pytest.mark.slow
async def test_every_frame_that_the_service_drops_is_found_by_its_number(tmp_path: Path) -> None:
    text = passthrough("service-drops").replace(
        "model: camera-360p", "model: camera-360p, processing: {faults: {drop_every: 20}}"
    )
    trial = await _measured(text, tmp_path)
    frames = trial.frames()
    injected = {f.witness for f in trial.recorded.service_frames if f.dropped == "injected"}
    steady = frames[frames["steady"]]
    there = set(steady["frame_id"]) & injected
    assert len(there) >= 5
    found = steady[(steady["outcome"] == "dropped") & (steady["drop_phase"] == "service")]
    assert set(found["frame_id"]) == there


async def test_the_parts_of_every_frames_way_sum_to_its_latency(tmp_path: Path) -> None:
    text = passthrough("budget").replace(
        "model: camera-360p", "model: camera-360p, processing: {mean: 50ms}"
    )
    text += "network: {uplink: {delay: 20ms}, downlink: {delay: 40ms}}\n"
    trial = await _measured(text, tmp_path)
    frames = trial.frames()
    frames = frames[frames["steady"] & (frames["outcome"] == "delivered")]
    assert frames["budget_display_ms"].isna().all()  # behind g2g, and this client displays nothing
    columns = frames.columns.drop("budget_display_ms")
    parts = [name for name in columns if name.startswith("budget_")]
    assert len(parts) == 8
    assert np.allclose(frames[parts].fillna(0).sum(axis=1), frames["g2g_ms"])
    assert (frames["budget_unattributed_ms"] == 0).mean() > 0.99
    # What was injected is a lower bound of what was measured, whatever the machine does.
    for part, least_ms in (("uplink", 20), ("downlink", 40), ("service", 50)):
        assert (frames[f"budget_{part}_ms"].dropna() >= least_ms - 0.1).all(), part
    assert trial.result.metrics["link.late_ms.p99"].value is not None


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["uplink", "downlink"])
async def test_a_blackout_loses_its_frames_there_and_the_session_recovers(
    direction: str, tmp_path: Path
) -> None:
    text = passthrough("blackout", warmup=3, duration=14) + (
        f"timeline: [{{at: 3s, for: 3s, network: {{{direction}: {{blackout: true}}}}}}]\n"
    )
    trial = await _measured(text, tmp_path)
    frames = trial.frames()
    start_ns, _ = trial.recorded.session.steady_ns or (0, 0)
    at_s = (frames["captured_ns"] - start_ns) / 1e9
    # What goes in during the last second may come through when it is sent again.
    within = frames[(at_s > 3.1) & (at_s < 4.9)]
    assert (within["outcome"] == "dropped").all()
    # With nothing reported back the sender slows down: what its encoder skips never comes here.
    skipped = {"uplink": {"before_encoder", "encoder"}, "downlink": {"service"}}[direction]
    assert set(within["drop_phase"]) <= {direction, "unknown", *skipped}
    drops = _drops(trial)
    assert drops[direction] > drops.get("unknown", 0)
    other = {"uplink": "downlink", "downlink": "uplink"}[direction]
    assert drops.get(other, 0) == 0
    (recovery,) = trial.result.recoveries
    assert recovery.label == f"{direction}: blackout"
    assert recovery.both_ms.value is not None
    assert trial.result.metrics["recovery_ms"].value == recovery.both_ms.value
    assert recovery.frames_lost >= len(within)
    assert [phase.label.split(":")[0] for phase in trial.result.phases] == [
        "start", "network", "network"
    ]  # fmt: skip


@pytest.mark.slow
async def test_frames_whose_packets_are_sent_again_are_late_and_not_lost(tmp_path: Path) -> None:
    text = passthrough("bursts", warmup=3, duration=10)
    text += "network: {uplink: {loss: 10%, burst: 10packets, delay: 20ms}}\n"
    trial = await _measured(text, tmp_path)
    packets = trial.recorded.packets
    assert packets is not None
    dropped = np.isin(packets["fate"], [FATES.index(name) for name in DROPPING])
    assert np.count_nonzero(dropped & (packets["kind"] == KINDS.index("rtp"))) > 50
    frames = trial.frames()
    frames = frames[frames["steady"] & (frames["outcome"] == "delivered")]
    # Another way through the link takes at least a round trip: the report of the loss, the resend.
    again = frames["budget_uplink_ms"] > 20 + 35
    assert again.any()
    blamed = _drops(trial)
    assert sum(blamed.values()) <= 0.2 * len(frames)
    lost = trial.frames()
    whole = lost[(lost["outcome"] == "dropped") & (lost["drop_phase"] == "uplink")]
    assert len(whole) == blamed.get("uplink", 0) + len(whole[~whole["steady"]])


@pytest.mark.slow
async def test_an_encoder_starved_of_bits_is_blamed_for_the_frames_it_skips(tmp_path: Path) -> None:
    text = """
name: starved
target: {kind: loopback, model: camera}
source: {content: noise, size: 1280x720, fps: 30}
publish: {max_bitrate: 100kbps}
session: {warmup: 2s, duration: 8s, playout_delay: 0ms}
"""
    trial = await _measured(text, tmp_path)
    drops = _drops(trial)
    # The last snapshots prove nothing: a lag must be seen again before it is a loss.
    assert drops["encoder"] > 0.5 * sum(drops.values())


@pytest.mark.slow
async def test_a_session_comes_back_after_20_s_without_any_packet(tmp_path: Path) -> None:
    text = passthrough("long-blackout", warmup=3, duration=45) + (
        "timeline:\n"
        "  - {at: 4s, for: 20s, network: {uplink: {blackout: true}, downlink: {blackout: true}}}\n"
    )
    trial = await _measured(text, tmp_path)
    (recovery,) = trial.result.recoveries
    assert recovery.frames_lost >= 500
    # Back to what it was or not yet, it is said.
    assert recovery.both_ms.value is not None or "was not back" in recovery.both_ms.reason
    events = [event.name for event in trial.recorded.session.events]
    assert "room_reconnecting" in events
    frames = trial.frames()
    last = frames[frames["steady"]].tail(150)
    assert (last["outcome"] == "delivered").any()
    start_ns, _ = trial.recorded.session.steady_ns or (0, 0)
    at_s = (frames["captured_ns"] - start_ns) / 1e9
    # At either edge a frame may be behind the service already, and lost on its way back.
    dark = frames[(at_s > 4.1) & (at_s < 23.9)]
    dropped = dark[dark["outcome"] == "dropped"]
    assert len(dropped) == len(dark)
    assert (dropped["drop_phase"] == "uplink").any()
    # What was encoded and never came to the link, since no way was left, has no phase of its own.
    assert set(dropped["drop_phase"]) <= {"before_encoder", "encoder", "uplink", "unknown"}
