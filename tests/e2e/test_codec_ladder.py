"""Codecs over a ladder of bitrates, with real encoders."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.scenario import loads
from g2gbench.workflow.benchmark import run_async
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session
LADDER = """\
name: ladder
target: {{kind: loopback, model: camera-360p}}
source: {{content: street, size: 640x360, fps: 30}}
session: {{warmup: 6s, duration: 3s, playout_delay: 0ms}}
matrix: {{publish.codec: [{codecs}], publish.max_bitrate: [{rates}]}}
"""


@pytest.mark.nightly
@pytest.mark.usefixtures("reports")
async def test_the_picture_gets_better_with_the_rate_and_the_curves_can_be_compared(
    tmp_path: Path,
) -> None:
    rates = "200kbps, 400kbps, 800kbps, 1600kbps"
    text = LADDER.format(codecs="vp8, h264", rates=rates)
    run = await run_async(loads(text), out=tmp_path)
    assert_sound(*(trial.result for trial in run.trials))
    (found,) = run.summary_data["codecs"]
    for curve in found["curves"]:
        points = [p for p in curve["points"] if p["psnr_displayed_db"]["value"] is not None]
        assert len(points) == 4, curve
        measured = [point["uplink.bitrate_bps"]["value"] for point in points]
        asked = [point["max_bitrate"] for point in points]
        assert asked == rates.split(", ")  # the order of the measured rates is that of the limits
        assert measured[0] < 300_000 < 1_000_000 < measured[-1]
        quality = [point["psnr_displayed_db"]["value"] for point in points]
        assert quality == sorted(quality)
        assert quality[-1] - quality[0] > 4  # three doublings
    (delta,) = found["deltas"]
    assert delta["bd_rate_percent"]["value"] is not None, delta
    assert abs(delta["bd_rate_percent"]["value"]) < 90
    assert (run.path / "figures" / "codecs.png").exists()


@pytest.mark.nightly
@pytest.mark.usefixtures("reports")
async def test_a_codec_that_cannot_be_sent_costs_its_own_cells_and_no_others(
    tmp_path: Path,
) -> None:
    text = LADDER.format(codecs="h265, vp8", rates="400kbps, 800kbps")
    run = await run_async(loads(text), out=tmp_path)
    assert_sound(*(trial.result for trial in run.trials if trial.result.status != "failed"))
    (found,) = run.summary_data["codecs"]
    without, measured = found["curves"]
    if without["reason"]:  # this build of the SDK has no encoder for it
        assert without["reason"].startswith("h265 was asked for, but ")
    assert measured["reason"] == ""
    assert all(point["psnr_db"]["value"] is not None for point in measured["points"])
    assert "h265" in (run.path / "report.html").read_text(encoding="utf-8")
