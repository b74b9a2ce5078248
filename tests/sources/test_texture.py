"""The arithmetic that pictures are made of."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.sources.texture import (
    Dice,
    defocus,
    halve,
    octaves,
    soften,
    there_and_back,
    value_noise,
)


def test_dice_reach_both_ends_and_repeat() -> None:
    rolls = [Dice(3).between(1, 6) for _ in range(2)]
    assert rolls[0] == rolls[1]
    dice = Dice(3)
    assert {dice.between(1, 6) for _ in range(200)} == {1, 2, 3, 4, 5, 6}


def test_dice_of_a_seed_are_those_of_every_other_machine() -> None:
    dice = Dice(7, 1)
    assert [dice.between(0, 999) for _ in range(4)] == [757, 548, 490, 179]
    assert Dice(7, 1).bytes(2, 2).tolist() == [[197, 28], [48, 40]]


def test_value_noise_meets_its_corners_and_is_linear_between() -> None:
    corners = Dice(5).bytes(4, 4)
    field = value_noise(Dice(5), 17, 17, 8)
    assert (field[::8, ::8] == corners[:3, :3]).all()
    assert field[0, 4] == (corners[0, 0] + corners[0, 1]) // 2


def test_octaves_are_centred_and_bounded() -> None:
    field = octaves(Dice(2), 200, 300, largest=32, smallest=2)
    assert abs(field.mean()) < 12
    assert np.abs(field).max() <= 128
    assert field.std() > 8


@pytest.mark.parametrize("blur", [soften, lambda field: defocus(field, 3)])
def test_blurs_keep_a_flat_field_and_spread_a_point(blur: object) -> None:
    assert callable(blur)
    flat = np.full((20, 20), 77, np.int32)
    assert (blur(flat) == 77).all()
    point = np.zeros((21, 21), np.int32)
    point[10, 10] = 16000
    spread = blur(point)
    assert spread.max() < 16000
    assert spread[10, 11] == spread[10, 9] == spread[9, 10] > 0
    assert spread.sum() == pytest.approx(16000, rel=0.02)


def test_halving_takes_means_of_two_by_two() -> None:
    assert halve(np.array([[1, 3, 8, 8], [5, 7, 8, 9]], np.int32)).tolist() == [[4, 8]]


def test_there_and_back_turns_without_a_jump_in_speed() -> None:
    way = np.array([there_and_back(n / 1000) for n in range(3001)])
    assert (way.min(), way.max()) == (0, 1)
    assert way[0] == way[1000] == way[2000] == 0
    assert way[500] == 1
    speed = np.diff(way)
    assert np.abs(speed).max() < 0.0031
    assert np.abs(np.diff(speed)).max() < 3e-5
