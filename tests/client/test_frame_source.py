"""The source that a plan names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.client import frame_source
from g2gbench.client.plan import SourcePlan
from g2gbench.errors import InputError
from g2gbench.scenario import loads
from g2gbench.sources import SyntheticSource
from g2gbench.sources.file import FileSource
from g2gbench.trial.plan import source_plan
from tests.scenario.texts import scenario
from tests.sources.videos import video

PLAN = SourcePlan("synthetic", 64, 32, 25, "flat")


def _with(source: str, folder: Path) -> SourcePlan:
    text = f"name: a\ntarget: {{kind: loopback, model: lucy-2.1}}\nsource: {source}\n"
    return source_plan(loads(text, directory=folder))


def test_a_drawn_picture_is_drawn_by_its_seed() -> None:
    source = frame_source.make(PLAN, 7)
    assert isinstance(source, SyntheticSource)
    assert (source.width, source.height, source.fps, source.content) == (64, 32, 25, "flat")


def test_a_file_is_opened_at_its_own_times_or_a_rate(tmp_path: Path) -> None:
    path = str(video(tmp_path / "clip.mkv", [0, 100]))
    plan = replace(PLAN, kind="file", path=path)
    for fps, due_ms in ((None, 100), (10, 100), (5, 200)):
        source = frame_source.make(replace(plan, fps=fps), 1)
        assert isinstance(source, FileSource)
        assert source.due_ns(1) == due_ms * 1_000_000
        source.close()


@pytest.mark.parametrize("device", [None, "97", "/nowhere/video9"])
def test_a_camera_that_is_not_there_is_refused(device: str | None) -> None:
    plan = replace(PLAN, kind="camera", device=device or "98")
    with pytest.raises(InputError, match="there is no camera"):
        frame_source.make(plan, 1)


@pytest.mark.parametrize(
    ("mirror", "facing", "flipped"),
    [("off", "front", False), ("on", "back", True), ("auto", "front", True), ("auto", "back", 0)],
)
def test_mirror_auto_goes_by_where_the_camera_faces(
    mirror: str, facing: str, flipped: bool
) -> None:
    assert frame_source.mirrored(replace(PLAN, mirror=mirror, facing=facing)) == flipped


def test_every_file_is_opened_once_before_anything_runs(tmp_path: Path) -> None:
    video(tmp_path / "clip.mkv", [0, 33])
    fine = _with("{kind: file, path: clip.mkv}", tmp_path)
    frame_source.check([source_plan(scenario()), fine, fine])
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"source: .*no video that can be decoded"):
        frame_source.check([fine, _with("{kind: file, path: text.mp4}", tmp_path)])
