from __future__ import annotations

from collections import Counter

from g2gbench.trial.blocking import randomised_blocks

CONDITIONS = ("a", "b", "c", "d")


def test_every_block_holds_every_condition_once() -> None:
    found = randomised_blocks([CONDITIONS] * 50, seed=3)
    assert len(found) == 50
    assert all(sorted(block) == list(CONDITIONS) for block in found)


def test_one_seed_is_one_order_and_another_seed_another() -> None:
    blocks = [CONDITIONS] * 5
    assert randomised_blocks(blocks, seed=3) == randomised_blocks(blocks, seed=3)
    assert randomised_blocks(blocks, seed=3) != randomised_blocks(blocks, seed=4)


def test_no_condition_keeps_a_place_in_its_block() -> None:
    places = Counter(
        (condition, place)
        for block in randomised_blocks([CONDITIONS] * 400, seed=1)
        for place, condition in enumerate(block)
    )
    assert len(places) == 16
    assert all(60 < count < 140 for count in places.values())  # 100 each on average


def test_blocks_may_be_of_different_sizes() -> None:
    assert [len(block) for block in randomised_blocks([CONDITIONS, ("a",), ()], seed=1)] == [
        4,
        1,
        0,
    ]
