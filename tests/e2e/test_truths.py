"""Frames that die at a known place in a real session are found there, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.measure.packets import DROPPING, FATES, KINDS
from g2gbench.scenario import loads
from g2gbench.store.reading import Trial
from g2gbench.workflow.benchmark import run_async
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
@pytest.mark.parametrize(
    "direction", ["uplink", pytest.param("downlink", marks=pytest.mark.nightly)]
)
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


@pytest.mark.nightly
async def test_an_encoder_starved_of_bits_is_blamed_for_the_frames_it_skips(tmp_path: Path) -> None:
    text = """
name: starved
target: {kind: loopback, model: camera}
source: {content: noise, size: 1280x720, fps: 30}
publish: {max_bitrate: 100kbps}
session: {warmup: 2s, duration: 8s, playout_delay: 0ms}
"""
    run = await run_async(loads(text), out=tmp_path)
    (trial,) = run.trials
    # Of the few frames that come, one may be too coarse to be read: that is no matter of drops.
    drops = _drops(trial)
    # The last snapshots prove nothing: a lag must be seen again before it is a loss.
    assert drops["encoder"] > 0.5 * sum(drops.values())


@pytest.mark.nightly
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
