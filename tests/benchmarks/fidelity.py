"""Whether scoring pictures moves any other number: the same session with it and without, in turns.

    python -m tests.benchmarks.fidelity --trials 5

Prints the markdown table of docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from g2gbench.analysis.cell import aggregate
from g2gbench.benchmark import run_async
from g2gbench.scenario import loads

SCENARIO = """\
name: fidelity
target: {{kind: loopback, model: own}}
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


async def measure(size: str, trials: int) -> None:
    """Print one size's table."""
    with tempfile.TemporaryDirectory() as folder:
        run = await run_async(loads(SCENARIO.format(size=size, trials=trials)), out=Path(folder))
    kept, without = run.summary_data["cells"]
    print(f"| {size}, median [interval] of {trials} | auto | off | ratio |\n|---|---:|---:|---:|")
    for name, (label, factor) in SHOWN.items():
        found = []
        for cell in (kept, without):
            values = [t["metrics"][name]["value"] for t in cell["trials"] if t["status"] == "ok"]
            found.append(aggregate([v * factor for v in values if v is not None]))
        shown = [
            "not measured"
            if e.value is None or e.low is None or e.high is None
            else f"{e.value:.1f} [{e.low:.1f}, {e.high:.1f}]"
            for e in found
        ]
        ratio = (
            f"{found[0].value / found[1].value:.2f}" if found[0].value and found[1].value else "–"
        )
        print(f"| {label} | {shown[0]} | {shown[1]} | {ratio} |")


def main() -> None:
    """Both sizes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--size", action="append")
    given = parser.parse_args()
    for size in given.size or ["640x360", "1088x624"]:
        asyncio.run(measure(size, given.trials))


if __name__ == "__main__":
    main()
