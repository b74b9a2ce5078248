"""A camera at a path: a named pipe, which OpenCV opens like any other device."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.errors import InputError
from g2gbench.sources.camera import CameraSource
from g2gbench.sources.i420 import Layout
from g2gbench.sources.mirror import mirrored
from g2gbench.sources.source import LiveSource
from tests.sources.cameras import camera


def test_a_camera_tells_what_it_agreed_to_and_sets_the_pace(tmp_path: Path) -> None:
    with camera(tmp_path / "camera.mjpeg") as pipe:
        source = CameraSource(str(pipe.path), (1280, 720), 30)
        assert isinstance(source, LiveSource)
        assert (source.width, source.height) == (640, 360)  # not what was asked
        assert source.agreed["asked_width"] == 1280
        assert source.agreed["width"] == 640
        assert source.fps > 0
        buffer = bytearray(Layout(640, 360).size)
        times = [source.capture(buffer) for _ in range(5)]
        assert all(time is not None for time in times)
        assert times == sorted(times, key=lambda time: time or 0)
        assert len(set(buffer)) > 10  # a picture was written
        source.close()


def test_an_unplugged_camera_is_gone(tmp_path: Path) -> None:
    with camera(tmp_path / "camera.mjpeg") as pipe:
        source = CameraSource(str(pipe.path))
        pipe.unplug()
        buffer = bytearray(Layout(640, 360).size)
        while source.capture(buffer) is not None:  # what was written already
            pass
        assert source.capture(buffer) is None
        flipped = mirrored(source)
        assert isinstance(flipped, LiveSource)
        assert flipped.capture(buffer) is None
        source.close()


@pytest.mark.parametrize("device", [98, "/nowhere/video0"])
def test_no_camera_is_told_with_what_to_do(device: int | str) -> None:
    with pytest.raises(InputError, match=f"no camera {device} here, or it is in use: plug one in"):
        CameraSource(device)


def test_something_without_pictures_is_told(tmp_path: Path) -> None:
    text = tmp_path / "video0"
    text.write_text("no pictures")
    with pytest.raises(InputError, match="camera"):
        CameraSource(str(text))
