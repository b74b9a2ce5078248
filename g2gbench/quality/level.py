"""The scale of verdicts, and the names of what can limit a connection."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """Level of a connection's quality; comparable, worst first."""

    CRITICAL = 0
    POOR = 1
    FAIR = 2
    GOOD = 3

    @property
    def word(self) -> str:
        """As reports and scenarios write it: ``critical``, ``poor``, ``fair``, ``good``."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        """The level that a word names; ValueError for any other word."""
        for level in cls:
            if level.word == word:
                return level
        raise ValueError(f"{word!r} is no level; allowed: {', '.join(LEVEL_WORDS)}")


LEVEL_WORDS: Final = tuple(level.word for level in Level)
"""The words of the scale, worst first."""

BANDWIDTH: Final = "bandwidth"
LOSS: Final = "loss"
LATENCY: Final = "latency"
STALL: Final = "stall"
CPU: Final = "cpu"
NONE: Final = "none"
STARTUP: Final = "startup"

DIMENSIONS: Final = (BANDWIDTH, LOSS, LATENCY, STALL)
"""What a sample is scored in; of equally bad ones the first is named as the limiting factor."""

LIMITING_FACTORS: Final = (*DIMENSIONS, CPU, NONE)
"""What a verdict can name; ``cpu`` and ``none`` only where nothing is below good."""
