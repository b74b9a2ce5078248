from __future__ import annotations

import pytest

from g2gbench.client.drain import RECENT_FRAMES, Tail


def after_300_of_400(first_number: int, bits: int = 16) -> Tail:
    tail = Tail(first_number, bits)
    tail.captured(300)
    tail.begin()
    tail.captured(400)
    return tail


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
    tail = after_300_of_400(70_000, bits=24)
    assert tail.is_behind(70_350)
    assert not tail.is_behind(70_350 & 0xFFFF)


def test_before_the_steady_state_is_over_nothing_is_behind_it() -> None:
    tail = Tail(0, 16)
    tail.captured(10)
    assert not tail.is_behind(10)


@pytest.mark.parametrize("first_number", [0, 5000, 65_300])
def test_a_number_is_on_its_way_from_its_capture_until_it_is_of_no_use(first_number: int) -> None:
    tail = Tail(first_number, 16)
    assert not tail.is_on_its_way(first_number)
    tail.captured(10)
    frames = (-1, 0, 10, 11)
    numbers = [(first_number + frame) & 0xFFFF for frame in frames]
    assert [tail.is_on_its_way(number) for number in numbers] == [False, True, True, False]
    tail.captured(10 + RECENT_FRAMES)
    assert [tail.is_on_its_way(number) for number in numbers] == [False, False, False, True]
