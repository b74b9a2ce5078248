"""What a marker costs per frame, beside the floor: one numpy copy of the marker's region.

``python -m pytest tests/benchmarks/test_marker_speed.py --benchmark-columns=median,iqr,rounds``
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from g2gbench.marker import MARKER_HEIGHT, MARKER_WIDTH, Luma, Marker, get, v1, v2

SIZES = [(640, 360), (1280, 704), (1920, 1080)]
RING = 8  # frames taken in turn, as a decoder's buffers are
NUMBER = 23456

pytestmark = [
    pytest.mark.parametrize("contender", ["v1", "v2", "floor"]),
    pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}"),
]


def planes(size: tuple[int, int], marker: Marker | None = None) -> list[Luma]:
    """Textured luma planes whose rows are farther apart than their width, as in decoded frames."""
    width, height = size
    rng = np.random.default_rng(1)
    ring = [rng.integers(0, 256, (height, width + 64), np.uint8)[:, :width] for _ in range(RING)]
    for number, luma in enumerate(ring):
        if marker is not None:
            marker.stamp(luma, NUMBER + number)
    return ring


def copy_out(luma: Luma) -> Luma:
    return luma[-MARKER_HEIGHT:, :MARKER_WIDTH].copy()


def measure(
    benchmark: BenchmarkFixture,
    ring: list[Luma],
    work: Callable[[Luma], object],
    *,
    group: str,
    rounds: int,
) -> None:
    benchmark.group = f"{group} {ring[0].shape[1]}x{ring[0].shape[0]}"

    def whole_ring() -> None:
        for luma in ring:
            work(luma)

    benchmark.extra_info["calls a round"] = RING
    benchmark.pedantic(whole_ring, rounds=rounds, warmup_rounds=2)  # type: ignore[no-untyped-call] # the plugin's


def test_stamp(benchmark: BenchmarkFixture, size: tuple[int, int], contender: str) -> None:
    if contender == "floor":
        block = np.zeros((MARKER_HEIGHT, MARKER_WIDTH), np.uint8)

        def copy_in(luma: Luma) -> None:
            luma[-MARKER_HEIGHT:, :MARKER_WIDTH] = block

        measure(benchmark, planes(size), copy_in, group="stamp, 8 frames,", rounds=1000)
    else:
        stamp = get(contender).stamp
        ring = planes(size)
        measure(
            benchmark, ring, lambda luma: stamp(luma, NUMBER), group="stamp, 8 frames,", rounds=1000
        )
        assert all(get(contender).read(luma, sent_size=size) == NUMBER for luma in ring)


def test_read(benchmark: BenchmarkFixture, size: tuple[int, int], contender: str) -> None:
    if contender == "floor":
        measure(benchmark, planes(size), copy_out, group="read, 8 frames,", rounds=1000)
    else:
        marker = get(contender)
        ring = planes(size, marker)
        measure(
            benchmark,
            ring,
            lambda luma: marker.read(luma, sent_size=size),
            group="read, 8 frames,",
            rounds=1000,
        )
        assert [marker.read(luma, sent_size=size) for luma in ring] == list(
            range(NUMBER, NUMBER + RING)
        )


def test_miss(benchmark: BenchmarkFixture, size: tuple[int, int], contender: str) -> None:
    if contender == "floor":
        measure(benchmark, planes(size), copy_out, group="miss, 8 frames,", rounds=1000)
    else:
        marker = get(contender)
        ring = planes(size)
        measure(
            benchmark,
            ring,
            lambda luma: marker.read(luma, sent_size=size),
            group="miss, 8 frames,",
            rounds=1000,
        )
        assert all(marker.read(luma, sent_size=size) is None for luma in ring)


def test_scan(benchmark: BenchmarkFixture, size: tuple[int, int], contender: str) -> None:
    """Scale unknown: v1 tries the protocol's eleven sizes, v2 scans; here without a marker."""
    work: dict[str, Callable[[Luma], object]] = {"v1": v1.read, "v2": v2.scan, "floor": copy_out}
    measure(benchmark, planes(size), work[contender], group="scan, 8 frames,", rounds=30)
