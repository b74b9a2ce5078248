"""Sessions at full size, long or many."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.scenario import loads
from g2gbench.workflow.benchmark import run_async
from tests.e2e.sessions import passthrough
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session
FULL_SIZE = """\
name: full-size
target: {kind: loopback, model: lucy-2.1, processing: {transform: passthrough}}
source: {content: street}
session: {warmup: 6s, duration: 10s, playout_delay: 0ms}
"""


@pytest.mark.nightly
@pytest.mark.parametrize("codec", ["h264", pytest.param("vp8", marks=pytest.mark.nightly)])
async def test_at_full_size_every_lost_frame_is_accounted_for(tmp_path: Path, codec: str) -> None:
    scenario = loads(FULL_SIZE, overrides=[f"publish.codec={codec}"])
    run = await run_async(scenario, out=tmp_path)
    (trial,) = run.trials
    result = trial.result
    # What the machine itself lost makes a trial invalid, with the reason; never a plain number.
    assert result.status in ("ok", "invalid"), result.message
    assert (result.status == "ok") == (not result.invalid_because)
    counts = [stage.count for stage in result.accounting]
    assert None not in counts
    losses = [stage.lost for stage in result.accounting[1:]]
    first, last = result.accounting[0].count, result.accounting[-1].count
    assert first is not None
    assert last is not None
    assert sum(lost or 0 for lost in losses) == first - last
    frames = result.frames
    outcomes = ("delivered", "dropped", "unreadable", "in_flight", "not_published")
    assert frames["captured"] == sum(frames[outcome] for outcome in outcomes)
    by_phase = [value.value for name, value in result.metrics.items() if name.startswith("drops.")]
    assert sum(value or 0 for value in by_phase) == frames["dropped"]
    assert result.readings["witness_disagree"] == 0


@pytest.mark.nightly
async def test_five_repeats_report_their_spread(tmp_path: Path) -> None:
    scenario = loads(passthrough("five", warmup=7, duration=10), overrides=["repeat=5"])
    run = await run_async(scenario, out=tmp_path)
    for trial in run.trials:
        frames = trial.result.frames
        assert_sound(trial.result)
        assert frames["delivered"] / frames["captured"] >= 0.995
        assert trial.result.readings["misread"] == 0
    (cell,) = run.summary_data["cells"]
    p50 = cell["metrics"]["g2g_ms.p50"]
    assert p50["n"] == sum(trial.result.status == "ok" for trial in run.trials) >= 3
    assert p50["interval"] == ("order statistics" if p50["n"] == 5 else "range")
    assert p50["low"] <= p50["value"] <= p50["high"]


@pytest.mark.nightly
async def test_every_one_of_many_sessions_hands_its_frames_over(tmp_path: Path) -> None:
    # The SDK may decode every frame and hand none over when video comes while it negotiates.
    scenario = loads(passthrough("many", warmup=0, duration=1), overrides=["repeat=15"])
    run = await run_async(scenario, out=tmp_path)
    assert [t.repeat for t in run.trials if "first_marker" not in t.recorded.session.reached] == []
