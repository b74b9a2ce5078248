"""Value of a metric in one session: a number, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

PERCENTILE_SAMPLES: Final[Mapping[int, int]] = {50: 10, 90: 50, 95: 100, 99: 500}
"""Samples that a percentile of g2g needs: some must lie beyond it."""

LOW_PERCENTILE_SAMPLES: Final[Mapping[int, int]] = {1: 200, 5: 40}
"""Samples that a low percentile of picture quality needs: two must lie below it."""

WhyNot: TypeAlias = Literal["", "too_short", "not_back"]
"""Why a value was not measured, where a report says what to do about it: too few samples in the
session, or not recovered while it lasted."""


@dataclass(frozen=True, slots=True)
class Value:
    """One metric of one session: None with the reason when it was not measured.

    ``n`` counts the samples behind it (frames, gaps, snapshots, ticks). A reason beside a value is
    a remark on how it was measured. ``code`` is the kind of reason, for programs.
    """

    value: float | None
    reason: str = ""
    n: int = 0
    code: WhyNot = ""


def missing(reason: str, n: int = 0, code: WhyNot = "") -> Value:
    """A value that was not measured."""
    return Value(None, reason, n, code)
