"""Grades of made sessions, under every set of rules."""

from __future__ import annotations

from collections.abc import Sequence

from g2gbench.analysis.verdict_grading import RULES, Grade, Held, Truth, grade
from g2gbench.quality import Level

G, P = Level.GOOD, Level.POOR
LOSS = Truth("uplink loses 3 %", "loss", P)
SLOW = Truth("service takes 1.1 s", "latency", P, lasting=True)
CLEAN = Truth("clean", "none", G)


def of(truth: Truth, levels: Sequence[Level], factor: str, rules: str) -> Grade:
    held = [
        Held(i + 1.0, level, "none" if level is G else factor, False)
        for i, level in enumerate(levels)
    ]
    return grade(truth, rules, held, None if truth.clean else (4.0, 10.0))


def found() -> list[Grade]:
    """Two sessions of loss, one clean and one slow that never came to an end."""
    bad, clean = [G] * 7 + [P] * 5 + [G] * 3, [G] * 15
    return [
        one
        for rules in RULES
        for one in (
            of(LOSS, bad, "loss", rules),
            of(LOSS, clean, "loss", rules),
            of(CLEAN, clean, "none", rules),
            of(SLOW, [G] * 7 + [P] * 8, "bandwidth", rules),
        )
    ]
