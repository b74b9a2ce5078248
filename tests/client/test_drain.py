from __future__ import annotations

import pytest

from g2gbench.client.drain import RECENT_FRAMES, DrainTracker


def after_300_of_400(first_number: int, bits: int = 16) -> DrainTracker:
    drain = DrainTracker(first_number, bits)
    drain.captured(300)
    drain.begin()
    drain.captured(400)
    return drain


@pytest.mark.parametrize("first_number", [0, 5000, 65_300])
@pytest.mark.parametrize(
    ("frame", "behind"), [(0, False), (300, False), (301, True), (400, True), (401, False)]
)
def test_a_frame_captured_after_the_steady_state_is_behind_it_across_the_wrap(
    first_number: int, frame: int, behind: bool
) -> None:
    number = (first_number + frame) & 0xFFFF
    assert after_300_of_400(first_number).is_behind(number) is behind


def test_a_number_of_24_bits_does_not_wrap_at_16() -> None:
    drain = after_300_of_400(70_000, bits=24)
    assert drain.is_behind(70_350)
    assert not drain.is_behind(70_350 & 0xFFFF)


def test_before_the_steady_state_is_over_nothing_is_behind_it() -> None:
    drain = DrainTracker(0, 16)
    drain.captured(10)
    assert not drain.is_behind(10)


@pytest.mark.parametrize("first_number", [0, 5000, 65_300])
def test_a_number_is_on_its_way_from_its_capture_until_it_is_of_no_use(first_number: int) -> None:
    drain = DrainTracker(first_number, 16)
    assert not drain.is_on_its_way(first_number)
    drain.captured(10)
    frames = (-1, 0, 10, 11)
    numbers = [(first_number + frame) & 0xFFFF for frame in frames]
    assert [drain.is_on_its_way(number) for number in numbers] == [False, True, True, False]
    drain.captured(10 + RECENT_FRAMES)
    assert [drain.is_on_its_way(number) for number in numbers] == [False, False, False, True]
