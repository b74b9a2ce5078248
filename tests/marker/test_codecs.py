"""Real codecs at low rates: what is received is read, and nothing is read wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
import pytest

from g2gbench.marker import Luma, Marker, get
from tests.marker.codecs import FPS, Tally, encode, stamped, transcode
from tests.marker.pictures import video

pytestmark = pytest.mark.integration

START = 9000
CONTENTS = ("noisy", "synthetic")
VPX = ("libvpx", "libvpx-vp9")
SIZES = ((640, 360), (1280, 704), (1920, 1080))
nightly = pytest.mark.nightly


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
    ("size", "rate", "content", "frames"),
    [
        ((640, 360), 100e3, "noisy", 40),
        ((640, 360), 3e6, "synthetic", 20),
        pytest.param((1280, 704), 100e3, "noisy", 40, marks=nightly),
        pytest.param((1280, 704), 400e3, "synthetic", 40, marks=nightly),
        pytest.param((1920, 1080), 200e3, "noisy", 40, marks=nightly),
    ],
)
def test_vp8_and_vp9_frames_are_read(
    version: str, codec: str, size: tuple[int, int], rate: float, content: str, frames: int
) -> None:
    assert_all_read(tally(get(version), codec, size, content, bits_per_second=rate, frames=frames))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_large_frames_are_read_at_the_lowest_bits_per_pixel(version: str) -> None:
    size, rate = (1920, 1080), 100e3
    result = tally(get(version), "libvpx", size, "noisy", bits_per_second=rate, frames=10)
    assert_all_read(result)


@nightly
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
    ("version", "bits_per_pixel", "least", "frames"),
    [
        ("v1", 0.0075, 0.99, 50),
        ("v2", 0.003, 0.75, 50),
        pytest.param("v1", 0.0075, 0.99, 100, marks=nightly),
        pytest.param("v2", 0.0075, 0.99, 100, marks=nightly),
        pytest.param("v2", 0.005, 0.95, 100, marks=nightly),
        pytest.param("v2", 0.003, 0.75, 100, marks=nightly),
    ],
)
@pytest.mark.parametrize("content", ["noisy", pytest.param("synthetic", marks=nightly)])
def test_starved_h264_frames_are_read_or_refused(
    version: str, bits_per_pixel: float, least: float, frames: int, content: str
) -> None:
    size, rate = (1280, 704), bits_per_pixel * 1280 * 704 * FPS
    result = tally(get(version), "libx264", size, content, bits_per_second=rate, frames=frames)
    assert result.received == frames
    assert result.wrong == 0
    assert result.share_right >= least, result


@nightly
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
@pytest.mark.parametrize(
    "scale",
    [3 / 8, pytest.param(0.4, marks=nightly), 2 / 3, pytest.param(0.8, marks=nightly)],
)
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


@cache
def grainy() -> tuple[Luma, ...]:
    """A still picture with another faint grain in each frame."""
    still = next(video("synthetic", 1280, 704, 1, seed=3)).astype(np.int16)
    rng = np.random.default_rng(8)
    grains = (np.rint(rng.normal(0, 0.5, still.shape)).astype(np.int16) for _ in range(30))
    return tuple((still + grain).clip(0, 255).astype(np.uint8) for grain in grains)


@cache
def coded_size(version: str | None, quantiser: int) -> int:
    """Bytes of all of them but the first, stamped or not."""
    pictures = (luma.copy() for luma in grainy())
    frames = pictures if version is None else stamped(pictures, get(version), START)
    return sum(p.size for p in encode(frames, "libx264", quantiser=quantiser) if p.pts != 0)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("quantiser", [26, pytest.param(36, marks=nightly), 46])
def test_a_marker_costs_at_most_fifty_bytes_a_frame(version: str, quantiser: int) -> None:
    assert (coded_size(version, quantiser) - coded_size(None, quantiser)) / 29 <= 50
