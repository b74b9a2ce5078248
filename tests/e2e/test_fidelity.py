"""Picture quality of real sessions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.browser import chromium
from g2gbench.measure import fidelity
from g2gbench.scenario import loads
from g2gbench.workflow.benchmark import run_async
from tests.e2e.devtools import CHROMIUM
from tests.e2e.sessions import passthrough
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session


@pytest.mark.nightly
@pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium; to enable: {chromium.ENABLE}")
async def test_the_pictures_that_a_page_shows_are_scored(tmp_path: Path) -> None:
    text = passthrough(duration=3).replace("fidelity: off", "fidelity: vmaf")
    run = await run_async(loads(text + "client: {kind: browser}\n"), out=tmp_path)
    (trial,) = run.trials
    result, frames = trial.result, trial.frames()
    assert_sound(result)
    steady = frames[frames["steady"]]
    scored = steady[steady["psnr_db"].notna()]
    assert scored["psnr_db"].min() > 25  # matched aright: see test_recorded.py
    assert scored["psnr_db"].max() < fidelity.PSNR_CAP_DB
    assert len(scored) >= 0.9 * len(steady) / 3
    assert (np.diff(scored["frame_id"].astype(int)) == 3).all()
    assert result.metrics["psnr_db"].value == pytest.approx(scored["psnr_db"].mean())
    assert result.metrics["startup.psnr_db.1s"].n >= 8  # pictures of the start are kept, too
    vmaf = result.metrics["vmaf_displayed"].value
    assert vmaf is not None
    assert 60 < vmaf < 100


@pytest.mark.nightly
async def test_frames_that_the_model_drops_lower_only_what_was_on_display(tmp_path: Path) -> None:
    text = passthrough(duration=4).replace("fidelity: off", "fidelity: auto")
    text = text.replace(
        "model: camera-360p", "model: camera-360p, processing: {faults: {drop_every: 2}}"
    )
    run = await run_async(loads(text), out=tmp_path)
    metrics = run.trials[0].result.metrics
    matched, displayed = metrics["psnr_db"].value, metrics["psnr_displayed_db"].value
    assert matched is not None
    assert displayed is not None
    unmatched = metrics["fidelity_unmatched_ratio"].value
    assert unmatched == pytest.approx(0.5, abs=0.05)
    assert displayed < matched - 2  # half of the ticks show a picture that has moved on
    assert metrics["psnr_displayed_db"].n > 1.5 * metrics["psnr_db"].n


@pytest.mark.nightly
async def test_a_model_that_redraws_the_picture_is_not_scored_and_says_why(tmp_path: Path) -> None:
    text = passthrough(duration=1).replace(
        "model: camera-360p", "model: camera-360p, processing: {transform: mirror}"
    )
    run = await run_async(loads(text.replace("fidelity: off", "fidelity: auto")), out=tmp_path)
    found = run.trials[0].result.metrics["ssim"]
    assert found.value is None
    assert found.reason == "the model changes the picture (mirror)"
    assert run.frames()["ssim"].isna().all()
