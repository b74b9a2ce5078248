"""The order of many trials: in blocks, so that a drift of the machine falls on all alike."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def randomised_blocks(blocks: Sequence[Sequence[T]], seed: int) -> tuple[tuple[T, ...], ...]:
    """The blocks in their order, each in an order of its own; one seed, one order.

    A block holds every condition once. Were they always in the same order, the first of each block
    would always be measured right after the last.
    """
    chance = random.Random(seed)
    ordered = []
    for block in blocks:
        order = list(block)
        chance.shuffle(order)
        ordered.append(tuple(order))
    return tuple(ordered)
