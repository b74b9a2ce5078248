"""How often a trend is wrong, as docs/trend.md tells: python -m tests.benchmarks.trend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from g2gbench.analysis.effect_floors import Floor
from g2gbench.analysis.trend import FEWEST_RUNS, changes
from tests.analysis.histories import NOISES, history

SEEDS = 1000
METRIC = "g2g_ms.p50"
LENGTHS = (FEWEST_RUNS, 12, 20, 40)


def false_alarms(noise: str, n: int, seeds: int = SEEDS) -> float:
    """The share of histories without a change in which one is found; no effect floor helps."""
    found = [bool(changes(history(noise, n, seed), METRIC, Floor())) for seed in range(seeds)]
    return float(np.mean(found))


def found(n: int, step: float, seeds: int = SEEDS) -> tuple[float, float]:
    """The share of histories whose step, in their middle, is found; within one run of it."""
    places = [
        [
            one.at
            for one in changes(
                history("normal", n, seed, step_at=n // 2, step=step), METRIC, Floor()
            )
        ]
        for seed in range(seeds)
    ]
    near = [any(abs(at - n // 2) <= 1 for at in each) for each in places]
    return float(np.mean([bool(each) for each in places])), float(np.mean(near))


def tables() -> Iterator[str]:
    """The lines of both tables."""
    yield f"| Noise | {' | '.join(f'{n} runs' for n in LENGTHS)} |"
    yield f"|---|{'---:|' * len(LENGTHS)}"
    for noise in NOISES:
        shares = [f"{false_alarms(noise, n):.1%}" for n in LENGTHS]
        yield f"| {noise} | {' | '.join(shares)} |"
    yield ""
    yield f"| Step, in standard deviations | {' | '.join(f'{n} runs' for n in LENGTHS)} |"
    yield f"|---|{'---:|' * len(LENGTHS)}"
    for step in (2, 3, 4, 6):
        shares = ["{:.0%}, {:.0%}".format(*found(n, step)) for n in LENGTHS]
        yield f"| {step} | {' | '.join(shares)} |"


if __name__ == "__main__":
    print("\n".join(tables()))
