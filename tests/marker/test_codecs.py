"""Real codecs at low rates: what is received is read, and nothing is read wrong."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from g2gbench.marker import Luma, Marker, get
from tests.marker.codecs import FPS, Tally, encode, stamped, transcode
from tests.marker.pictures import video

START = 9000
CONTENTS = ("noisy", "synthetic")
VPX = ("libvpx", "libvpx-vp9")
SIZES = ((640, 360), (1280, 704), (1920, 1080))


def tally(
    marker: Marker,
    codec: str,
    size: tuple[int, int],
    content: str,
    *,
    bits_per_second: float,
    frames: int,
    scale: float = 1.0,
) -> Tally:
    """Readings of a stamped video after an optional scaler, an encoder and a decoder."""
    width, height = size
    pictures: Iterator[Luma] = stamped(
        video(content, width, height, frames, seed=width), marker, START
    )
    if scale != 1:
        smaller = (round(width * scale / 2) * 2, round(height * scale / 2) * 2)
        pictures = (
            np.asarray(cv2.resize(p, smaller, interpolation=cv2.INTER_AREA), np.uint8)
            for p in pictures
        )
    result = Tally()
    for index, luma in transcode(pictures, codec, bits_per_second=round(bits_per_second)):
        result.add(marker.read(luma, sent_size=size), index, START)
    return result


def assert_all_read(result: Tally) -> None:
    assert result.received > 0
    assert result.wrong == 0
    assert result.share_right >= 0.999


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("codec", VPX)
@pytest.mark.parametrize(
    ("size", "rate", "content"),
    [
        ((640, 360), 100e3, "noisy"),
        ((640, 360), 3e6, "synthetic"),
        ((1280, 704), 100e3, "noisy"),
        ((1280, 704), 400e3, "synthetic"),
        ((1920, 1080), 200e3, "noisy"),
    ],
)
def test_vp8_and_vp9_frames_are_read(
    version: str, codec: str, size: tuple[int, int], rate: float, content: str
) -> None:
    assert_all_read(tally(get(version), codec, size, content, bits_per_second=rate, frames=40))


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("codec", VPX)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rate", [100e3, 200e3, 400e3, 800e3, 1.5e6, 3e6])
@pytest.mark.parametrize("content", CONTENTS)
def test_vp8_and_vp9_frames_are_read_over_the_whole_grid(
    version: str, codec: str, size: tuple[int, int], rate: float, content: str
) -> None:
    assert_all_read(tally(get(version), codec, size, content, bits_per_second=rate, frames=120))


# x264 never drops a frame: it is the one that saturates its quantiser. Rates in bits per pixel.
@pytest.mark.parametrize(
    ("version", "bits_per_pixel", "least"),
    [("v1", 0.0075, 0.99), ("v2", 0.0075, 0.99), ("v2", 0.005, 0.95), ("v2", 0.003, 0.75)],
)
@pytest.mark.parametrize("content", CONTENTS)
def test_starved_h264_frames_are_read_or_refused(
    version: str, bits_per_pixel: float, least: float, content: str
) -> None:
    rate = bits_per_pixel * 1280 * 704 * FPS
    result = tally(get(version), "libx264", (1280, 704), content, bits_per_second=rate, frames=100)
    assert result.received == 100
    assert result.wrong == 0
    assert result.share_right >= least, result


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bits_per_pixel", [0.0075, 0.01, 0.02, 0.04])
@pytest.mark.parametrize("content", CONTENTS)
def test_h264_frames_are_read_over_the_whole_grid(
    version: str, size: tuple[int, int], bits_per_pixel: float, content: str
) -> None:
    rate = max(bits_per_pixel * size[0] * size[1] * FPS, 100e3)
    result = tally(get(version), "libx264", size, content, bits_per_second=rate, frames=120)
    assert result.wrong == 0
    assert result.share_right >= 0.99, result


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("scale", [3 / 8, 0.4, 2 / 3, 0.8])
def test_scaled_and_coded_frames_are_read(version: str, scale: float) -> None:
    rate = 0.04 * 1280 * 704 * scale**2 * FPS
    result = tally(
        get(version),
        "libx264",
        (1280, 704),
        "noisy",
        bits_per_second=rate,
        frames=50,
        scale=scale,
    )
    assert result.wrong == 0
    assert result.share_right >= 0.98, result


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("quantiser", [26, 36, 46])
def test_a_marker_costs_at_most_fifty_bytes_a_frame(version: str, quantiser: int) -> None:
    still = next(video("synthetic", 1280, 704, 1, seed=3)).astype(np.int16)

    def pictures() -> Iterator[Luma]:
        rng = np.random.default_rng(8)
        for _ in range(30):
            grain = np.rint(rng.normal(0, 0.5, still.shape)).astype(np.int16)
            yield (still + grain).clip(0, 255).astype(np.uint8)

    def size(frames: Iterator[Luma]) -> int:
        return sum(p.size for p in encode(frames, "libx264", quantiser=quantiser) if p.pts != 0)

    cost = (size(stamped(pictures(), get(version), START)) - size(pictures())) / 29
    assert cost <= 50
