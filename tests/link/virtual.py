"""A direction of a link in virtual time: arrivals in, fates out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from g2gbench.link.emulation import LinkEmulator, LinkSettings, Passage

MS = 1_000_000
S = 1_000_000_000
FAR_NS = 1 << 90


def passages(
    settings: LinkSettings, arrivals: Iterable[tuple[int, int]], *, seed: int = 1
) -> list[Passage]:
    """The fates of packets that arrive as (time in ns, size), numbered by their tokens."""
    direction = LinkEmulator(settings, seed, 0)
    for number, (at_ns, size) in enumerate(arrivals):
        direction.offer(size, at_ns, number)
    return direction.advance(FAR_NS)


def regular(number: int, gap_ns: int, size: int = 1000, start_ns: int = 0) -> list[tuple[int, int]]:
    """Arrivals at equal distances."""
    return [(start_ns + index * gap_ns, size) for index in range(number)]


def poisson(number: int, mean_gap_ns: float, size: int = 1000) -> Iterator[tuple[int, int]]:
    """Arrivals of a Poisson process."""
    chance, at_ns = random.Random(5), 0.0
    for _ in range(number):
        at_ns += chance.expovariate(1 / mean_gap_ns)
        yield round(at_ns), size


def due(found: Iterable[Passage]) -> list[int | None]:
    """When each packet leaves, by its number; None for what was dropped. Copies left out."""
    told = sorted((x for x in found if x.fate != "copy"), key=lambda x: x.token)
    return [x.due_ns if x.fate == "passed" else None for x in told]


def fates(found: Iterable[Passage]) -> list[str]:
    """What became of each packet, by its number. Copies left out."""
    return [x.fate for x in sorted(found, key=lambda x: x.token) if x.fate != "copy"]
