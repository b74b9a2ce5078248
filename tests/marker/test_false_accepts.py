"""Pictures that carry no marker are not read as if they did."""

from __future__ import annotations

from functools import cache

import pytest

from g2gbench.marker import v1, v2
from tests.marker import reference
from tests.marker.pictures import UNMARKED, patches

NATIVE = (192, 32)
WINDOW = range(9000, 9300)  # numbers on their way in 10 s at 30 frames a second


@cache
def v1_accepts(kind: str, count: int) -> list[int]:
    found = (v1.read(patch, sent_size=NATIVE) for patch in patches(kind, count, 32, 192, seed=1))
    return [number for number in found if number is not None]


def v2_accepts(kind: str, count: int) -> int:
    return sum(
        v2.read(patch, sent_size=NATIVE) is not None
        for patch in patches(kind, count, 32, 192, seed=2)
    )


def v2_accepts_at_eleven_sizes(kind: str, count: int) -> int:
    return sum(v2.read(patch) is not None for patch in patches(kind, count, 64, 384, seed=3))


@pytest.mark.parametrize("kind", UNMARKED)
def test_v1_accepts_at_most_one_unmarked_patch_in_two_hundred(kind: str) -> None:
    assert len(v1_accepts(kind, 2000)) <= 0.005 * 2000


def test_v1_accepts_hardly_anything_that_is_on_its_way() -> None:
    in_window = sum(number in WINDOW for kind in UNMARKED for number in v1_accepts(kind, 2000))
    assert in_window <= 1e-4 * 2000 * len(UNMARKED)


@pytest.mark.parametrize("kind", UNMARKED)
def test_v2_accepts_no_unmarked_patch(kind: str) -> None:
    assert v2_accepts(kind, 1200) == 0
    assert v2_accepts_at_eleven_sizes(kind, 100) == 0


@pytest.mark.parametrize("count", [400, pytest.param(2000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("kind", UNMARKED)
def test_unmarked_patches_are_seldom_taken_for_a_damaged_marker(kind: str, count: int) -> None:
    for module in (v1, v2):
        readings = [
            module.examine(patch, sent_size=NATIVE).reading
            for patch in patches(kind, count, 32, 192, seed=5)
        ]
        assert readings.count("rejected") <= 0.02 * count


@pytest.mark.nightly
def test_the_protocols_own_reader_accepts_one_noise_frame_in_seven() -> None:
    """Pins the oracle to theory: 1 - (1 - 0.2275 / 16) ** 11 = 14.6 %."""
    accepted = sum(
        reference.read(patch) is not None for patch in patches("noise", 1500, 64, 384, seed=6)
    )
    assert 0.117 < accepted / 1500 < 0.175


@pytest.mark.nightly
@pytest.mark.parametrize("kind", UNMARKED)
def test_neither_accepts_unmarked_patches_over_the_whole_grid(kind: str) -> None:
    accepted = v1_accepts(kind, 20_000)
    assert len(accepted) <= 0.005 * 20_000
    assert sum(number in WINDOW for number in accepted) <= 1e-4 * 20_000
    assert v2_accepts(kind, 20_000) == 0
    assert v2_accepts_at_eleven_sizes(kind, 20_000) == 0


@pytest.mark.parametrize("count", [10, pytest.param(60, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("kind", UNMARKED)
def test_a_scan_of_an_unmarked_picture_finds_nothing(kind: str, count: int) -> None:
    assert all(v2.scan(patch) is None for patch in patches(kind, count, 80, 480, seed=4))
