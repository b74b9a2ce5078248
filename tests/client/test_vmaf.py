"""VMAF by a real FFmpeg: identical pictures, worse ones, and machines and files without it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from g2gbench.client import vmaf
from g2gbench.errors import InputError
from g2gbench.marker import Luma
from g2gbench.scenario import loads
from g2gbench.sources import SyntheticSource

pytestmark = pytest.mark.integration

SCENARIO = """\
name: scored
target: {{kind: loopback, model: own}}
source: {{size: 320x180, fps: 30}}
session: {{fidelity: {0}}}
"""


def executable() -> str:
    found = vmaf.find()
    if found is None:
        pytest.skip(vmaf.ENABLE)
    return found


def shown(blur: float, count: int = 12) -> Iterator[tuple[Luma, Luma]]:
    source = SyntheticSource("street", 320, 180, 30, 1)
    buffer = bytearray(source.frame_size)
    luma = source.luma(buffer)
    for number in range(count):
        source.render(number, buffer)
        picture = cv2.GaussianBlur(luma, (0, 0), blur) if blur else luma
        yield luma, np.asarray(picture, np.uint8)


def test_identical_pictures_score_high_and_worse_ones_lower() -> None:
    scores = [vmaf.score(shown(blur), executable()) for blur in (0, 0.7, 1.5)]
    assert scores[0].mean > 97
    assert scores[0].mean > scores[1].mean + 5 > scores[2].mean + 10
    assert {score.pairs for score in scores} == {12}
    assert all(score.version for score in scores)
    for score in scores:
        assert score.harmonic is not None
        assert 0 < score.harmonic <= score.mean
        assert (score.p1, score.p5) == (None, None)  # of 12 pictures


def test_no_picture_is_no_score() -> None:
    with pytest.raises(RuntimeError, match="no picture"):
        vmaf.score([], executable())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo broken >&2; exit 3", "status 3: broken"),
        ('cat >/dev/null; echo \'{"frames": [], "version": "1"}\'', "scored 0 of 12 pictures"),
    ],
)
def test_an_ffmpeg_that_fails_is_told_in_its_own_words(
    tmp_path: Path, script: str, words: str
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(RuntimeError, match=words):
        vmaf.score(shown(0), str(broken))


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vmaf, "LIMIT_S", 0.2)
    slow = tmp_path / "ffmpeg"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(RuntimeError, match="did not end within"):
        vmaf.score(shown(0, 2), str(slow))


def test_a_scenario_that_wants_it_is_refused_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vmaf, "_packaged", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert vmaf.find() is None
    vmaf.check([loads(SCENARIO.format("auto"))])
    with pytest.raises(InputError, match=r"session\.fidelity: vmaf needs FFmpeg.*g2gbench\[vmaf\]"):
        vmaf.check([loads(SCENARIO.format("vmaf"))])


def test_an_ffmpeg_without_it_does_not_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "ffmpeg"
    plain.write_text("#!/bin/sh\necho ' .. ssim VV->V Calculate the SSIM.'\n", encoding="utf-8")
    plain.chmod(plain.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(vmaf, "_packaged", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _: str(plain))
    assert vmaf.find() is None
