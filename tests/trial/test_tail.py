from __future__ import annotations

import pytest

from g2gbench.trial.tail import Tail


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
