"""Streams of chance that a seed determines, the same on every machine. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from numpy.random import PCG64, SeedSequence

STAGES: Final = ("loss", "jitter", "duplication")
_BLOCK: Final = 1024


def uniforms(seed: int, stage: str) -> Callable[[], float]:
    """Draws from the open interval (0, 1), 52 bits each.

    Args:
        seed: 0 or more.
        stage: one of ``STAGES``; each has a stream of its own, so that switching one on or off
            does not change what another draws.

    PCG64's raw bits are used, since numpy promises to keep those from version to version, which it
    does not for its distributions.

    """
    bits = PCG64(SeedSequence(seed, spawn_key=(STAGES.index(stage),)))

    def blocks() -> Iterator[list[float]]:
        while True:
            yield (((bits.random_raw(_BLOCK) >> 12) + 0.5) * 2.0**-52).tolist()

    return chain.from_iterable(blocks()).__next__
