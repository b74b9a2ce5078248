"""What a busy machine does to a trial, and whether the trial says so: clean-360p beside busy loops.

    python -m tests.benchmarks.busy [--trials 20] [--loops 0 2 8]

Takes turns between the loads, five trials at a time, and prints the table of docs/accuracy.md. The
first load is the quiet one. Takes about 30 minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import g2gbench
from g2gbench.scenario import load
from g2gbench.scenario.built_in_scenarios import find

SCENARIO: Final = "clean-360p"
AT_A_TIME: Final = 5
LOOP: Final = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"  # dies with it
SHOWN_REASONS: Final = 3


class Row(NamedTuple):
    """One trial: its status, g2g in ms where it has any, and the checks that failed."""

    status: str
    p50: float | None
    p95: float | None
    failed: tuple[str, ...]


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Run so many processes that do nothing but compute, at this process's own priority."""
    running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def trials(loops: int, count: int) -> Iterator[Row]:
    """So many trials beside so many busy loops."""
    with tempfile.TemporaryDirectory() as directory, busy(loops):
        scenario = load(find(SCENARIO), overrides=[f"repeat={count}"])
        for trial in g2gbench.run(scenario, out=Path(directory)).trials:
            result = trial.result
            p50, p95 = (
                result.metrics[name].value if name in result.metrics else None
                for name in ("g2g_ms.p50", "g2g_ms.p95")
            )
            failed = tuple(check.check for check in result.checks if not check.ok)
            yield Row(result.status, p50, p95, failed)


def line(loops: int, rows: list[Row], quiet_p95: float) -> str:
    """The row of the table for one load."""
    valid = [row for row in rows if row.status == "ok"]
    others = [row for row in rows if row.status != "ok"]
    slow = sum((row.p95 or 0) > 3 * quiet_p95 for row in valid)
    reasons = Counter(check.partition(".")[0] for row in others for check in set(row.failed))
    named = ", ".join(f"{name} {n}" for name, n in reasons.most_common(SHOWN_REASONS))
    cells = [
        str(loops),
        f"{len(valid)} of {len(rows)}",
        spread([row.p50 for row in valid]),
        spread([row.p95 for row in valid]),
        str(slow),
        spread([row.p95 for row in others]),
        named or "–",
    ]
    return "| " + " | ".join(cells) + " |"


def spread(values: list[float | None]) -> str:
    """Median and range of what is there."""
    there = sorted(value for value in values if value is not None)
    if not there:
        return "–"
    return f"{statistics.median(there):.1f} [{there[0]:.1f}, {there[-1]:.1f}]"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 2, 8])
    arguments = parser.parse_args()
    found: dict[int, list[Row]] = {loops: [] for loops in arguments.loops}
    while any(len(rows) < arguments.trials for rows in found.values()):
        for loops, rows in found.items():
            for row in trials(loops, min(AT_A_TIME, arguments.trials - len(rows))):
                rows.append(row)
                print(loops, row, file=sys.stderr, flush=True)
    quiet = [row.p95 for row in found[arguments.loops[0]] if row.status == "ok" and row.p95]
    print(
        "| busy loops | ok | g2g p50 of the ok ones, ms | their p95, ms | ok with p95 above"
        " three times quiet | p95 of the others, ms | what the others failed by |"
    )
    print("|---:|---:|---:|---:|---:|---:|---|")
    for loops, rows in found.items():
        print(line(loops, rows, statistics.median(quiet) if quiet else float("nan")))


if __name__ == "__main__":
    main()
