"""Values and differences of the WebRTC statistics, safe against gaps and counters that restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from g2gbench.measure.records import Stats


@dataclass(frozen=True, slots=True)
class Deltas:
    """By how much counters grew, over ``elapsed_s`` seconds in ``steps`` steps between snapshots.

    A step over which a counter went back (the connection was made anew) is left out of everything
    and counted in ``resets``.
    """

    by_key: dict[str, float]
    elapsed_s: float
    steps: int
    resets: int

    def __getitem__(self, key: str) -> float:
        return self.by_key[key]


def number(value: object) -> float | None:
    """A finite number as float, else None: a text, a truth value or nothing is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < float("inf") else None


def last_number(stats: Sequence[Stats], key: str) -> float | None:
    """The last value of ``key``."""
    for snapshot in reversed(stats):
        found = number(snapshot.values.get(key))
        if found is not None:
            return found
    return None


def samples(stats: Sequence[Stats], key: str) -> list[float]:
    """Every value of ``key``."""
    found = (number(snapshot.values.get(key)) for snapshot in stats)
    return [value for value in found if value is not None]


def deltas(
    stats: Sequence[Stats], growing: Sequence[str], signed: Sequence[str] = ()
) -> Deltas | None:
    """Growth of the counters between the first and the last snapshot that tell them all.

    A ``growing`` counter that went back was reset; a ``signed`` one (packetsLost) may go back. None
    when no two snapshots in a row tell all of them.
    """
    keys = (*growing, *signed)
    rows: list[tuple[int, dict[str, float]]] = []
    for snapshot in stats:
        values = {key: number(snapshot.values.get(key)) for key in keys}
        there = {key: value for key, value in values.items() if value is not None}
        if len(there) == len(keys):
            rows.append((snapshot.at_ns, there))
    total = dict.fromkeys(keys, 0.0)
    elapsed_ns = steps = resets = 0
    for (from_ns, before), (to_ns, after) in pairwise(rows):
        if any(after[key] < before[key] for key in growing):
            resets += 1
            continue
        for key in keys:
            total[key] += after[key] - before[key]
        elapsed_ns += to_ns - from_ns
        steps += 1
    if not steps:
        return None
    return Deltas(by_key=total, elapsed_s=elapsed_ns / 1e9, steps=steps, resets=resets)
