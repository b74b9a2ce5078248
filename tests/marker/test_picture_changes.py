"""What cameras, players and filters do to pictures, with VP8 before and after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from g2gbench.marker import Luma, get
from tests.marker.codecs import Tally, stamped, transcode
from tests.marker.pictures import video

WIDTH, HEIGHT, FRAMES, START, RATE = 640, 360, 24, 9000, 600_000
Change = Callable[[Luma], Luma]


def levels(function: Callable[[np.ndarray], np.ndarray]) -> Change:
    """A change of every pixel by its grey level alone."""
    table = np.clip(function(np.arange(256.0)), 0, 255).astype(np.uint8)
    return lambda luma: table[luma]


def blur(sigma: float) -> Change:
    return lambda luma: np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.uint8)


def shade(field: np.ndarray) -> Change:
    return lambda luma: np.clip(luma * field, 0, 255).astype(np.uint8)


def add_noise(luma: Luma) -> Luma:
    grain = np.random.default_rng(4).normal(0, 50, luma.shape)
    return np.clip(luma + grain, 0, 255).astype(np.uint8)


def recompress(luma: Luma) -> Luma:
    _, jpeg = cv2.imencode(".jpg", luma, (cv2.IMWRITE_JPEG_QUALITY, 10))
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


def shift(x: int, y: int) -> Change:
    """Moves the picture; what comes in at the border repeats the border."""
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)

    def move(luma: Luma) -> Luma:
        moved = cv2.warpAffine(luma, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.uint8)

    return move


_X = np.linspace(0, 1, WIDTH)
_NEAR_CORNER = np.hypot(np.arange(WIDTH), np.arange(HEIGHT - 1, -1, -1)[:, np.newaxis]) / 250

BOTH: dict[str, Change] = {
    "unchanged": lambda luma: luma,
    "contrast x0.6 about black": levels(lambda x: x * 0.6),
    "contrast x0.3 about black": levels(lambda x: x * 0.3),
    "contrast x0.3 about 128": levels(lambda x: 128 + (x - 128) * 0.3),
    "brighter by 80": levels(lambda x: x + 80),
    "darker by 80": levels(lambda x: x - 80),
    "gamma 0.3": levels(lambda x: 255 * (x / 255) ** 0.3),
    "gamma 2.2": levels(lambda x: 255 * (x / 255) ** 2.2),
    "full to limited range": levels(lambda x: 16 + x * 219 / 255),
    "limited to full range": levels(lambda x: (x - 16) * 255 / 219),
    "blur 1": blur(1),
    "blur 3": blur(3),
    "noise 50": add_noise,
    "shading across the width": shade(0.45 + 0.65 * _X),
    "JPEG 10": recompress,
    "shift right 3 px": shift(3, 0),
    "shift left and up 3 px": shift(-3, -3),
}
V2_ALONE: dict[str, Change] = {
    "negative": lambda luma: 255 - luma,
    "mirror": lambda luma: luma[:, ::-1],
    "mirrored negative": lambda luma: 255 - luma[:, ::-1],
    "corner shading from 0.35": shade(np.clip(0.35 + 0.65 * _NEAR_CORNER, 0, 1)),
}
NIGHTLY = (
    "unchanged",
    "contrast x0.6 about black",
    "contrast x0.3 about 128",
    "darker by 80",
    "gamma 2.2",
    "full to limited range",
    "blur 1",
    "shift right 3 px",
    "negative",
    "mirror",
)
"""Milder than another one of its kind, or half of a pair: held by that one."""


@cache
def received(version: str) -> tuple[tuple[int, Luma], ...]:
    """Stamped frames after the first encoder."""
    frames = stamped(video("noisy", WIDTH, HEIGHT, FRAMES, seed=6), get(version), START)
    return tuple(
        (index, luma.copy()) for index, luma in transcode(frames, "libvpx", bits_per_second=RATE)
    )


def tally(version: str, change: Change) -> Tally:
    first = received(version)
    changed = (np.ascontiguousarray(change(luma)) for _, luma in first)
    result = Tally()
    for position, luma in transcode(changed, "libvpx", bits_per_second=RATE):
        found = get(version).read(luma, sent_size=(WIDTH, HEIGHT))
        result.add(found, first[position][0], START)
    return result


@pytest.mark.parametrize(
    ("version", "change"),
    [
        pytest.param(version, name, marks=pytest.mark.nightly if name in NIGHTLY else ())
        for version, changes in (("v1", BOTH), ("v2", BOTH | V2_ALONE))
        for name in changes
    ],
)
def test_a_changed_picture_is_read(version: str, change: str) -> None:
    result = tally(version, (BOTH | V2_ALONE)[change])
    assert result.received > FRAMES // 2
    assert result.wrong == 0
    assert result.share_right >= (0.99 if version == "v2" else 0.95), result


@pytest.mark.parametrize("change", ["negative", "mirror"])
def test_v1_reads_nothing_rather_than_something_wrong(change: str) -> None:
    result = tally("v1", V2_ALONE[change])
    assert (result.right, result.wrong) == (0, 0)
