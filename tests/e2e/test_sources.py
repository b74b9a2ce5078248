"""Whole trials whose pictures come from a file or a camera."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from g2gbench.scenario import load
from g2gbench.store.reading import Run
from g2gbench.workflow.benchmark import run_async
from tests.e2e.sessions import Acting, g2gbench
from tests.inconclusive import assert_sound
from tests.sources.cameras import camera
from tests.sources.videos import video

pytestmark = [pytest.mark.session, pytest.mark.slow]
SCENARIO = """\
name: {name}
target: {{kind: loopback, model: camera-360p}}
source: {{kind: {kind}, size: 640x360, fps: {fps}, {more}}}
session: {{warmup: 1s, duration: {duration}s, playout_delay: 0ms{session}}}
"""


def _scenario(folder: Path, kind: str, more: str, **given: Any) -> Path:
    facts = {"name": kind, "fps": 30, "duration": 2, "session": "", **given}
    path = folder / "scenario.yaml"
    path.write_text(SCENARIO.format(kind=kind, more=more, **facts))
    return path


def _events(run: Run) -> dict[str, dict[str, Any]]:
    journal = next(run.path.rglob("journal.jsonl")).read_text().splitlines()
    told = [json.loads(line) for line in journal]
    return {line["name"]: line["detail"] for line in told if line["kind"] == "event"}


async def test_a_file_is_measured_at_its_own_times(tmp_path: Path) -> None:
    video(tmp_path / "clip.mkv", [50 * n for n in range(12)], (640, 360))
    cv2.imwrite(str(tmp_path / "hat.png"), np.full((64, 64, 3), 200, np.uint8))
    path = _scenario(tmp_path, "file", "path: clip.mkv, mirror: on", session=", image: hat.png")
    text = path.read_text().replace("fps: 30, ", "")
    text = text.replace("camera-360p", "lucy-2.1, processing: {transform: passthrough}")
    path.write_text(text + "timeline: [{at: 500ms, image: hat.png, prompt: a hat}]\n")
    run = await asyncio.wait_for(run_async(load(path), out=tmp_path / "runs"), 120)
    (trial,) = run.trials
    assert_sound(trial.result)
    frames = trial.frames()
    gaps_ms = frames["due_ns"].diff().dropna() / 1e6
    assert gaps_ms.between(33, 51).all()  # 50, and the file's own interval where it begins anew
    assert trial.result.frames["delivered"] > 20
    psnr_db = trial.result.metrics["psnr_db"]  # against the file, decoded and mirrored again
    assert psnr_db.value is not None
    assert psnr_db.value > 25, psnr_db
    assert _events(run)["initial_state_ack"]["phase"] == "avatar_image"
    assert _events(run)["prompt_ack"]["text"] == "a hat"


async def test_a_camera_is_measured_and_its_loss_is_named(tmp_path: Path) -> None:
    with camera(tmp_path / "camera.mjpeg", (640, 360), 30) as pipe:
        progress = Acting("measure", lambda _: pipe.unplug())
        path = _scenario(tmp_path, "camera", f"device: {pipe.path}", duration=30)
        running = run_async(load(path), out=tmp_path / "runs", progress=progress)
        run = await asyncio.wait_for(running, 120)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert "the camera is gone" in trial.result.message
    assert "source_lost" in _events(run)
    agreed = _events(run)["camera"]
    assert (agreed["width"], agreed["height"]) == (640, 360)
    assert (trial.frames()["outcome"] == "delivered").any()  # what was measured is kept


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("camera", "device: 98", "source: there is no camera 98 here, or it is in use"),
        ("file", "path: scenario.yaml", "no video that can be decoded here"),
    ],
)
async def test_what_cannot_be_opened_is_exit_2_before_anything_runs(
    tmp_path: Path, kind: str, more: str, words: str
) -> None:
    path = _scenario(tmp_path, kind, more)
    process = await g2gbench("run", str(path), "--out", str(tmp_path / "runs"))
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert words in err.decode()
    assert "Traceback" not in err.decode()
    assert not (tmp_path / "runs").exists()
