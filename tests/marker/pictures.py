"""Pictures for the marker tests: moving content to stamp, and patches that carry no marker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from g2gbench.marker import Luma

Generator = np.random.Generator


def _to_bytes(field: npt.NDArray[np.floating]) -> Luma:
    """A field of zero mean and unit deviation as grey levels."""
    return np.asarray(np.clip(128 + 50 * field, 0, 255), np.uint8)


def one_over_f(rng: Generator, height: int, width: int) -> Luma:
    """Texture whose amplitude falls with the spatial frequency, as in photographs."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) / frequency
    field = np.fft.irfft2(spectrum, s=(height, width))
    return _to_bytes(field / field.std())


def noise(rng: Generator, height: int, width: int) -> Luma:
    return rng.integers(0, 256, (height, width), dtype=np.uint8)


def blurred(sigma: float) -> Callable[[Generator, int, int], Luma]:
    def make(rng: Generator, height: int, width: int) -> Luma:
        field = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), sigma)
        return _to_bytes(field / field.std())

    return make


def mosaic(levels: int) -> Callable[[Generator, int, int], Luma]:
    """Blocks of 8 x 8 pixels, which imitate cells."""

    def make(rng: Generator, height: int, width: int) -> Luma:
        blocks = rng.integers(0, levels, (height // 8 + 1, width // 8 + 1)) * (255 // (levels - 1))
        whole = np.kron(blocks.astype(np.uint8), np.ones((8, 8), np.uint8))
        return np.ascontiguousarray(whole[:height, :width])

    return make


def stripes(rng: Generator, height: int, width: int) -> Luma:
    """Sine waves of random length and direction, one to each band of 64 rows."""
    x = np.arange(width)
    bands = []
    for _ in range(0, height, 64):
        y = np.arange(64)[:, np.newaxis]
        angle, length, phase = rng.uniform(0, np.pi), rng.uniform(3, 60), rng.uniform(0, 2 * np.pi)
        way = x * np.cos(angle) + y * np.sin(angle)
        bands.append(128 + rng.uniform(20, 120) * np.sin(2 * np.pi * way / length + phase))
    return np.vstack(bands)[:height].astype(np.uint8)


def columns(rng: Generator, height: int, width: int) -> Luma:
    """Vertical bars of random width and level: all rows of a cell agree everywhere."""
    edges = np.cumsum(rng.integers(2, 24, width))
    bar = np.searchsorted(edges, np.arange(width), side="right")
    level = rng.integers(0, 256, (height // 64 + 1, width), dtype=np.uint8)
    return np.repeat(level[:, bar], 64, axis=0)[:height]


def dead_leaves(rng: Generator, height: int, width: int) -> Luma:
    """Overlapping discs of all sizes: the occlusions and edges of natural images."""
    image = np.full((height, width), 128, np.uint8)
    for _ in range(height * width // 300):
        radius = int(4 / (1 - rng.random() * 0.97))
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(image, centre, radius, (float(rng.integers(0, 256)),), -1, cv2.LINE_AA)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


UNMARKED: Mapping[str, Callable[[Generator, int, int], Luma]] = {
    "noise": noise,
    "noise blurred by 2": blurred(2),
    "noise blurred by 4": blurred(4),
    "1/f texture": one_over_f,
    "dead leaves": dead_leaves,
    "grey mosaic": mosaic(256),
    "black and white mosaic": mosaic(2),
    "stripes": stripes,
    "vertical columns": columns,
}


def patches(kind: str, count: int, height: int, width: int, seed: int) -> Iterator[Luma]:
    """Patches (height, width) from random places of pictures without a marker."""
    rng = np.random.default_rng(seed)
    for done in range(0, count, 400):
        picture = UNMARKED[kind](rng, 768, 1024)
        for _ in range(min(400, count - done)):
            top = int(rng.integers(0, 768 - height + 1))
            left = int(rng.integers(0, 1024 - width + 1))
            yield picture[top : top + height, left : left + width]


def video(content: str, width: int, height: int, frames: int, seed: int) -> Iterator[Luma]:
    """Moving luma pictures: "noisy" (panned texture with grain) or "synthetic" (soft shapes)."""
    rng = np.random.default_rng(seed)
    if content == "noisy":
        base = one_over_f(rng, height + 64, width + 4 * frames)
        grain = rng.integers(-6, 7, (height + 64, width + 64))
        for n in range(frames):
            top, left = rng.integers(0, 64, 2)
            picture = base[32 : 32 + height, 4 * n : 4 * n + width].astype(np.int16)
            picture += grain[top : top + height, left : left + width].astype(np.int16)
            yield picture.clip(0, 255).astype(np.uint8)
    else:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        for n in range(frames):
            picture = (96 + 48 * np.sin(x / 90 + n / 12) + 48 * np.cos(y / 70 - n / 15)).astype(
                np.uint8
            )
            centre = (width // 2 + int(width * 0.3 * np.sin(n / 10)), height // 2)
            cv2.circle(picture, centre, height // 4, (220.0,), -1)
            yield picture
