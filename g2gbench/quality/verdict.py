"""Verdict on a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from g2gbench.quality.level import NONE, Level

NOTHING_MEASURED = "nothing was measured"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level with what limits it.

    ``level`` is None when nothing was measured: unknown, never good. ``limiting_factor`` is one of
    bandwidth, loss, latency, stall, cpu, none. ``reasons`` says in words what is below good, the
    limiting factor's first. ``unmeasured`` names the dimensions without any value. ``provisional``:
    the warm-up is not over. ``levels`` has the level of each measured dimension; ``metrics`` is
    what a check that ends with this verdict measured, by name.
    """

    level: Level | None
    limiting_factor: str = NONE
    reasons: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    provisional: bool = False
    levels: Mapping[str, Level] = field(default_factory=dict, hash=False)
    metrics: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def word(self) -> str:
        """The level as a word; ``unknown`` for None."""
        return "unknown" if self.level is None else self.level.word
