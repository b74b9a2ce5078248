"""Whether scoring pictures moves any other number: the same session with it and without, in turns.

    python -m tests.benchmarks.fidelity --trials 5

Prints the markdown table of docs/performance.md; p is that of the exact rank test, two-sided.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from g2gbench.scenario import loads
from g2gbench.statistics.mann_whitney import rank_test
from g2gbench.statistics.median_interval import Estimate, aggregate
from g2gbench.workflow.benchmark import run_async

SCENARIO = """\
name: fidelity
target: {{kind: loopback, model: own}}
client: {{kind: {client}}}
source: {{content: street, size: {size}, fps: 30}}
session: {{warmup: 4s, duration: 10s, playout_delay: 0ms}}
matrix: {{session.fidelity: [auto, off]}}
repeat: {trials}
"""
SHOWN = {
    "g2g_ms.p50": ("g2g p50, ms", 1.0),
    "g2g_ms.p95": ("g2g p95, ms", 1.0),
    "drop_ratio": ("drop ratio, %", 100.0),
    "late_tick_ratio": ("late ticks, %", 100.0),
    "cpu.client": ("CPU of the client, %", 100.0),
    "rss_bytes.client": ("memory of the client, MB", 1e-6),
}


async def measure(size: str, trials: int, client: str) -> None:
    """Print one size's table."""
    text = SCENARIO.format(size=size, trials=trials, client=client)
    with tempfile.TemporaryDirectory() as folder:
        run = await run_async(loads(text), out=Path(folder))
    kept, without = run.summary_data["cells"]
    print(f"| {client}, {size}, median [interval] of {trials} | auto | off | ratio | p |")
    print("|---|---:|---:|---:|---:|")
    for name, (label, factor) in SHOWN.items():
        both = [_values(cell, name, factor) for cell in (kept, without)]
        if not all(both):
            print(f"| {label} | not measured | | | |")
            continue
        one, other = (aggregate(values) for values in both)
        ratio = f"{one.value / other.value:.2f}" if one.value and other.value else "–"
        test = rank_test(both[1], both[0])
        p_value = min(1.0, 2 * min(test.larger, test.smaller))
        print(f"| {label} | {_shown(one)} | {_shown(other)} | {ratio} | {p_value:.2f} |")


def _values(cell: Mapping[str, Any], name: str, factor: float) -> list[float]:
    found = [t["metrics"][name]["value"] for t in cell["trials"] if t["status"] == "ok"]
    return [value * factor for value in found if value is not None]


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def main() -> None:
    """Both sizes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--size", action="append")
    parser.add_argument("--client", choices=("native", "browser"), default="native")
    given = parser.parse_args()
    for size in given.size or ["640x360", "1088x624"]:
        asyncio.run(measure(size, given.trials, given.client))


if __name__ == "__main__":
    main()
