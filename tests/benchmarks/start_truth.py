"""Whether the first seconds are measured right: sessions whose model begins late, small or coarse.

    python -m tests.benchmarks.start_truth

Each of 30 sessions has a fault of its own length at its start. The worker's log says when it ended;
the table of docs/accuracy.md says by how much `startup_ms.*` differs from that.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from g2gbench.measure import marker_matching
from g2gbench.measure.ledger import build
from g2gbench.measure.records import ServiceFrame
from g2gbench.scenario import loads
from g2gbench.store.reading import Trial
from g2gbench.workflow.benchmark import run_async

SCENARIO = """\
name: start-truth
target: {{kind: loopback, model: own, processing: {{faults: {{silent: {silent}}}}}}}
source: {{content: {content}, size: 640x360, fps: 30}}
session: {{warmup: 8s, duration: 6s, playout_delay: 0ms}}
matrix: {{target.processing.faults.{fault}: [{lengths}]}}
"""
LENGTHS_MS = tuple(range(300, 3300, 300))
KINDS = {
    "begins late, then small": ("small_first", "startup_ms.full_size", "2s", "street"),
    "small at first": ("small_first", "startup_ms.full_size", "0s", "street"),
    # A picture that encoders keep up with: else it is not sharp yet when the fault ends.
    "coarse at first": ("coarse_first", "startup_ms.sharp", "0s", "talking-head"),
}
NEAR_MS = 100.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One session: what was measured and what is true, in ms; None where it was not measured."""

    true_ms: float
    found_ms: float | None

    @property
    def error_ms(self) -> float:
        """Measured less true; infinite where nothing was measured."""
        return np.inf if self.found_ms is None else self.found_ms - self.true_ms


def compared(trial: Trial, metric: str) -> Compared:
    """Hold a trial against its worker's log, from its first frame that came back."""
    frames = [f for f in trial.recorded.service_frames if f.sent_ns is not None]
    true_ns = _first_good_ns(frames) - _first_seen_ns(trial, frames)
    return Compared(true_ns / 1e6, trial.result.value(metric))


def _first_good_ns(frames: list[ServiceFrame]) -> int:
    """Return when the first frame after the last degraded one was sent."""
    last_bad_ns = max((f.sent_ns or 0 for f in frames if f.degraded), default=0)
    return min(f.sent_ns for f in frames if f.sent_ns is not None and f.sent_ns > last_bad_ns)


def _first_seen_ns(trial: Trial, frames: list[ServiceFrame]) -> int:
    """Return when the first frame that came back was sent by the worker."""
    session = trial.recorded.session
    new = build(session).sightings.kind == marker_matching.NEW
    number = int(session.seen.seq[new][0])
    return min(f.sent_ns for f in frames if f.sent_ns is not None and f.number_out == number)


async def sessions(kind: str) -> list[Compared]:
    """Run the sessions of a kind, one of each length."""
    fault, metric, silent, content = KINDS[kind]
    lengths = ", ".join(f"{length}ms" for length in LENGTHS_MS)
    text = SCENARIO.format(fault=fault, lengths=lengths, silent=silent, content=content)
    with tempfile.TemporaryDirectory() as folder:
        run = await run_async(loads(text), out=Path(folder))
        return [compared(trial, metric) for trial in run.trials if trial.status == "ok"]


def row(kind: str, found: list[Compared]) -> Iterator[str]:
    """One row of the table."""
    errors = np.array([one.error_ms for one in found])
    near = int(np.count_nonzero(np.abs(errors) <= NEAR_MS))
    known = errors[np.isfinite(errors)]
    spread = f"{np.median(known):.0f} [{known.min():.0f}, {known.max():.0f}]" if len(known) else "–"
    metric = KINDS[kind][1]
    yield f"| {kind} | `{metric}` | {len(found)} | {near} of {len(found)} | {spread} |"


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", action="append", choices=tuple(KINDS))
    given = parser.parse_args()
    print(
        "| The model | Metric | Valid sessions | Within 100 ms | Error, ms: median [least, most] |"
    )
    print("|---|---|---:|---:|---|")
    for kind in given.kind or KINDS:
        found = await sessions(kind)
        print(*row(kind, found), sep="\n", flush=True)
        for one in found:
            if abs(one.error_ms) > NEAR_MS:
                print(f"<!-- true {one.true_ms:.0f} ms, measured {one.found_ms} -->")


if __name__ == "__main__":
    asyncio.run(main())
