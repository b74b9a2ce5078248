"""How often comparisons err and what they find, on sessions from a model and on recorded ones.

    python -m tests.benchmarks.statistics                # the tables of docs/statistics.md
    python -m tests.benchmarks.statistics RUN RUN        # and A/A over the trials of recorded runs

The model is that of tests/analysis/simulated.py; every table has fixed seeds. It takes some
minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Final

import numpy as np

import g2gbench
from g2gbench.statistics.block_bootstrap import percentile_interval
from g2gbench.statistics.hodges_lehmann import shift
from g2gbench.statistics.median_interval import aggregate
from tests.analysis.simulated import (
    NO_FLOORS,
    USUAL,
    Model,
    compare_pairs,
    correlated,
    of_recorded,
)

PAIRS: Final = 1000
SPREADS: Final = (0.01, 0.02, 0.03, 0.04, 0.05, 0.07)
TRIALS: Final = (5, 7, 10)
SLOWER: Final = 1.15
SESSIONS: Final = 1000
MEMORIES: Final = (0.0, 0.5, 0.8, 0.9)


def alarms(pairs: int = PAIRS) -> Iterator[str]:
    """A/A: two sets of trials of the same thing."""
    yield "| A/A, trials a side | model | regression | any difference | no difference |"
    yield "|---|---|---:|---:|---:|"
    for spread, lossy, asked, floors in (
        (0.02, False, USUAL, ""),
        (0.05, False, USUAL, ""),
        (0.05, True, USUAL, ", lossy"),
        (0.05, False, NO_FLOORS, ", no floors"),
        (0.05, True, NO_FLOORS, ", lossy, no floors"),
    ):
        model = Model(spread=spread, lossy=lossy)
        for n in (5, 10):
            said = compare_pairs(model, model, n, pairs, seed=1, follow_up=False, asked=asked)
            none = said.outcomes.get("no difference", 0)
            told = " | ".join(percent(c / pairs) for c in (said.alarms, said.differences, none))
            yield f"| {n} | spread {spread:.0%}{floors} | {told} |"


def power(pairs: int = PAIRS) -> Iterator[str]:
    """+15 % in g2g_ms.p50, by spread and number of trials."""
    yield f"| +15 % in g2g p50, spread | {' | '.join(f'{n} a side' for n in TRIALS)} |"
    yield f"|---|{'---:|' * len(TRIALS)}"
    for spread in SPREADS:
        base = Model(spread=spread)
        worse = replace(base, level_ms=base.level_ms * SLOWER)
        found = [compare_pairs(base, worse, n, pairs, seed=2, follow_up=False) for n in TRIALS]
        yield f"| {spread:.0%} | {' | '.join(percent(one.found / pairs) for one in found)} |"


def repeats(pairs: int = PAIRS // 2) -> Iterator[str]:
    """Inconclusive rows that name a number of repeats, made again with so many more."""
    yield "| Inconclusive g2g p50, spread | pairs | decided with the repeats told |"
    yield "|---|---:|---:|"
    for spread in (0.03, 0.05, 0.07):
        base = Model(spread=spread)
        worse = replace(base, level_ms=base.level_ms * SLOWER)
        decided, of = compare_pairs(base, worse, 5, pairs, seed=3).decided_later
        same, of_same = compare_pairs(base, base, 5, pairs, seed=4).decided_later
        total = of + of_same
        yield f"| {spread:.0%} | {total} | {percent((decided + same) / max(total, 1))} |"


def intervals(sessions: int = SESSIONS) -> Iterator[str]:
    """How often intervals over trials cover, by their kind and the number of trials."""
    yield "| Interval over trials | trials | told | found |"
    yield "|---|---:|---:|---:|"
    rng = np.random.default_rng(5)
    for n in (5, 6, 9, 12):
        drawn = rng.gamma(3, size=(10 * sessions, n)).tolist()
        true = float(np.median(rng.gamma(3, size=2_000_000)))
        found = [aggregate(values) for values in drawn]
        covers = [e.low <= true <= e.high for e in found if e.low is not None and e.high]
        told, share = found[0].coverage or 0.0, float(np.mean(covers))
        yield f"| median, order statistics | {n} | {percent(told)} | {percent(share)} |"
    for n in (4, 5, 6, 10):
        sides = [rng.gamma(3, size=(10 * sessions, n)) + by for by in (0, 2)]
        shifts = [shift(a, b) for a, b in zip(*(side.tolist() for side in sides), strict=True)]
        share = float(np.mean([one.low <= 2 <= one.high for one in shifts]))
        told = shifts[0].coverage
        yield f"| difference, exact | {n} + {n} | {percent(told)} | {percent(share)} |"


def within(sessions: int = SESSIONS) -> Iterator[str]:
    """How often intervals within one trial cover, and how often there is none."""
    yield "| Within one trial, frames | neighbours correlate | percentile | covers 95 % | none |"
    yield "|---:|---:|---|---:|---:|"
    for frames in (600, 1800):
        for phi in MEMORIES:
            drawn = correlated(sessions, frames, phi, np.random.default_rng(6))
            for q in (50, 95):
                covers, none = covered(drawn, q)
                yield f"| {frames} | {phi:g} | p{q} | {percent(covers)} | {percent(none)} |"


def covered(
    drawn: np.ndarray[tuple[int, int], np.dtype[np.float64]], q: int
) -> tuple[float, float]:
    """The share of intervals that hold the true percentile, and the share without one."""
    true = NormalDist().inv_cdf(q / 100)
    found = [percentile_interval(frames, q, seed=i) for i, frames in enumerate(drawn)]
    given = [one for one in found if one.low is not None and one.high is not None]
    holds = [one.low <= true <= one.high for one in given if one.low is not None and one.high]
    return float(np.mean(holds)), 1 - len(given) / len(found)


def recorded(paths: Sequence[str], pairs: int = PAIRS) -> Iterator[str]:
    """A/A over the valid trials of each recorded run, dealt out to two sides of five by chance."""
    yield "| Recorded run | valid trials | regression said |"
    yield "|---|---:|---:|"
    for path in paths:
        run = g2gbench.load(path)
        results = [trial.result for trial in run.trials]
        valid = sum(result.status == "ok" for result in results)
        found, of = of_recorded([results], min(5, valid // 2), pairs, seed=7)
        yield f"| {run.name} | {valid} | {percent(found / of)} |"


def percent(share: float) -> str:
    """``4.3 %``."""
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    tables = [alarms(), power(), repeats(), intervals(), within()]
    if sys.argv[1:]:
        tables.append(recorded(sys.argv[1:]))
    for table in tables:
        for line in table:
            print(line, flush=True)
        print()
