"""Videos from real files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from g2gbench.errors import InputError
from g2gbench.sources.file import FileSource
from g2gbench.sources.i420 import Layout
from g2gbench.sources.mirror import mirrored
from g2gbench.sources.source import peak_fps
from tests.sources.videos import SIZE, grey, video

MS = 1_000_000
UNEVEN = [0, 33, 100, 133, 300, 333]


def _luma(source: FileSource, number: int) -> float:
    buffer = bytearray(Layout(source.width, source.height).size)
    source.render(number, buffer)
    return float(Layout(source.width, source.height).planes(buffer).y.mean())


def _is(luma: float, number: int) -> bool:
    """Whether it is that frame's grey: limited range, and what a codec makes of it."""
    return abs(luma - (16 + grey(number) * 219 / 255)) < 8


def test_frames_are_due_at_the_files_own_times(tmp_path: Path) -> None:
    source = FileSource(video(tmp_path / "uneven.mkv", UNEVEN))
    assert [source.due_ns(n) // MS for n in range(6)] == UNEVEN
    assert (source.width, source.height) == SIZE


def test_after_the_end_it_begins_anew_a_frame_later(tmp_path: Path) -> None:
    source = FileSource(video(tmp_path / "uneven.mkv", UNEVEN))
    assert [source.due_ns(n) // MS for n in (5, 6, 7, 11, 12)] == [333, 366, 399, 699, 732]
    assert _is(_luma(source, 12), 0)


def test_a_set_rate_takes_the_place_of_the_files_times(tmp_path: Path) -> None:
    source = FileSource(video(tmp_path / "uneven.mkv", UNEVEN), fps=10)
    assert [source.due_ns(n) // MS for n in (0, 1, 7)] == [0, 100, 700]
    assert source.fps == 10


def test_each_number_has_its_picture_also_out_of_order(tmp_path: Path) -> None:
    source = FileSource(video(tmp_path / "even.mkv", [40 * n for n in range(6)]))
    for number in (0, 1, 3, 3, 5, 2, 7, 6):
        assert _is(_luma(source, number), number % 6), number
    assert source.fps == 30


def test_a_file_without_times_goes_at_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "raw.mjpeg"
    with path.open("wb") as file:
        for number in range(4):
            picture = np.full((192, 320, 3), grey(number), np.uint8)
            file.write(cv2.imencode(".jpg", picture)[1].tobytes())
    source = FileSource(path)
    times = [source.due_ns(n) for n in range(9)]
    steps = np.diff(times)
    assert (steps > 0).all()
    assert np.ptp(steps) <= 2 * MS


def test_a_single_picture_stands(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.full((192, 320, 3), grey(3), np.uint8))
    source = FileSource(path)
    assert source.due_ns(1) > 0
    assert _is(_luma(source, 0), 3)
    assert _is(_luma(source, 5), 3)


@pytest.mark.parametrize("size", [(640, 384), (160, 96), (64, 192), (320, 64)])
def test_the_picture_covers_the_size_that_is_wanted(tmp_path: Path, size: tuple[int, int]) -> None:
    source = FileSource(video(tmp_path / "v.mkv", [0, 33]), size)
    assert (source.width, source.height) == size
    assert _is(_luma(source, 0), 0)


def test_what_is_over_is_cut_off_evenly(tmp_path: Path) -> None:
    picture = np.zeros((192, 320, 3), np.uint8)
    picture[:, 64:256] = 255  # the middle 192 columns are white
    path = tmp_path / "bars.png"
    cv2.imwrite(str(path), picture)
    source = FileSource(path, (192, 192))
    assert _luma(source, 0) > 230


def test_odd_sides_lose_a_pixel(tmp_path: Path) -> None:
    path = tmp_path / "odd.png"
    cv2.imwrite(str(path), np.full((193, 321, 3), 99, np.uint8))
    source = FileSource(path)
    assert (source.width, source.height) == (320, 192)


def test_what_cannot_be_opened_is_told_with_its_path(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(InputError, match=r"notes\.mp4: no video that can be decoded here"):
        FileSource(text)
    with pytest.raises(InputError, match=r"gone\.mp4: no such file"):
        FileSource(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match="a directory"):
        FileSource(tmp_path)
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(InputError, match="not a regular file"):
        FileSource(tmp_path / "pipe.mp4")


def test_the_peak_rate_is_that_of_the_smallest_gap(tmp_path: Path) -> None:
    source = FileSource(video(tmp_path / "bursts.mkv", [0, 33, 66, 1066, 1100, 1133]))
    assert source.peak_fps == pytest.approx(1000 / 33)
    assert peak_fps(mirrored(source)) == source.peak_fps
    assert FileSource(video(tmp_path / "set.mkv", [0, 33, 66]), fps=10).peak_fps == 10


def test_frames_closer_than_can_be_measured_are_refused_unless_a_rate_is_set(
    tmp_path: Path,
) -> None:
    path = video(tmp_path / "fast.mkv", [4 * n for n in range(8)])
    with pytest.raises(InputError, match=r"250 a second; allowed: at most 120.*source\.fps"):
        FileSource(path)
    assert FileSource(path, fps=60).fps == 60
    at_the_limit = FileSource(video(tmp_path / "120.mkv", [0, 8, 17, 25, 33, 42, 50]))
    assert at_the_limit.peak_fps == 120  # whole milliseconds


def test_a_name_with_colons_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video(tmp_path / "12:30:45.mkv", [0, 33])
    monkeypatch.chdir(tmp_path)
    assert FileSource(Path("12:30:45.mkv")).width == SIZE[0]


@pytest.mark.integration
def test_interlaced_pictures_are_refused_with_what_makes_them_whole(tmp_path: Path) -> None:
    path = tmp_path / "interlaced.mp4"
    make = "-f lavfi -i testsrc2=s=320x192:r=50 -t 0.4 -vf tinterlace=interleave_top -c:v libx264"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *make.split()]
    flags = ["-pix_fmt", "yuv420p", "-preset", "ultrafast", "-flags", "+ilme+ildct", str(path)]
    subprocess.run([*ffmpeg, *flags], check=True)
    with pytest.raises(InputError, match=r"interlaced.*yadif"):
        FileSource(path)


def test_a_file_that_was_cut_off_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = video(tmp_path / "v.mkv", [40 * n for n in range(40)])
    data = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) * 2 // 3])
    source = FileSource(cut)
    assert [source.due_ns(n + 1) > source.due_ns(n) for n in (0, 5, 50)] == [True] * 3


def test_a_file_that_vanishes_is_told_when_it_would_begin_anew(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mkv", [0, 33])
    source = FileSource(path)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        source.due_ns(2)
    source.close()


def test_a_number_below_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allowed: 0 and above"):
        FileSource(video(tmp_path / "v.mkv", [0, 33])).due_ns(-1)
