"""What the marker costs: its whole path beside a copy of its pixels, and as a share of a session.

    python -m tests.benchmarks.marker_path

Times each part of the way of a frame's number (stamp, luma view, read, two journal lines, ledger
row) at 1280x704, each beside the floor (a numpy copy of the marker's region) in the same run; then
runs one real loopback session of that size and sets the sum against the CPU time that the measured
client spent on a frame. Prints the markdown table of docs/performance.md.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from g2gbench import marker
from g2gbench.marker import MARKER_HEIGHT, MARKER_WIDTH
from g2gbench.measure import journal, ledger
from g2gbench.measure.records import Captured, Ended, Reached, Record, Seen, encode
from g2gbench.scenario import loads
from g2gbench.workflow.benchmark import run_async

WIDTH, HEIGHT, FPS = 1280, 704, 30
CALLS, ROUNDS, ROWS = 200, 25, 3000
SCENARIO = f"""\
name: marker-path
target: {{kind: loopback, model: own}}
source: {{content: street, size: {WIDTH}x{HEIGHT}, fps: {FPS}}}
session: {{warmup: 4s, duration: 10s, playout_delay: 0ms}}
"""


def microseconds(call: Callable[[], object]) -> float:
    """Median over rounds of the mean time of a call."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            call()
        rounds.append((time.perf_counter_ns() - start) / CALLS / 1000)
    return statistics.median(rounds)


def parts() -> dict[str, float]:
    """Microseconds a frame of each part, with the floor first."""
    buffer = bytearray(np.random.default_rng(1).integers(0, 256, WIDTH * HEIGHT * 3 // 2, np.uint8))
    view = memoryview(buffer)
    size = (WIDTH, HEIGHT)

    def luma() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        return np.frombuffer(view, np.uint8, count=WIDTH * HEIGHT).reshape(HEIGHT, WIDTH)

    plane = luma()
    region = plane[-MARKER_HEIGHT:, :MARKER_WIDTH]
    v2 = marker.get("v2")
    captured = Captured(1, 1, 10, 20)
    seen = Seen(30, 40, 1, "ok", WIDTH, HEIGHT, 1)
    times = {"floor: copy of the marker's region": microseconds(region.copy)}
    times["stamp (v2)"] = microseconds(lambda: v2.stamp(plane, 123456))
    times["luma view"] = microseconds(luma)
    times["read (v2)"] = microseconds(lambda: v2.examine(plane, sent_size=size))
    times["two journal lines"] = microseconds(lambda: (encode(captured), encode(seen)))
    times["ledger row"] = ledger_row()
    return times


def ledger_row() -> float:
    """Microseconds a row: parse the journal and build the ledger of a session."""
    records: list[Record] = [Reached(0, "connect"), Reached(0, "measure")]
    for i in range(ROWS):
        at = i * 33_333_333
        records += [Captured(i, i, at, at), Seen(at + 10**7, at + 10**7, i, "ok", WIDTH, HEIGHT, i)]
    records += [Reached(ROWS * 33_333_333, "measured"), Ended(ROWS * 33_333_333, "complete")]
    lines = [encode(record) for record in records]
    start = time.perf_counter_ns()
    ledger.build(journal.parse(lines))
    return (time.perf_counter_ns() - start) / ROWS / 1000


async def client_microseconds() -> float:
    """CPU time that the measured client spends on a frame of a real session."""
    with tempfile.TemporaryDirectory() as folder:
        run = await run_async(loads(SCENARIO), out=Path(folder))
        metrics = run.trials[0].result.metrics
        cores, fps = metrics["cpu.client"].value, metrics["fps"].value
    assert cores is not None
    assert fps is not None
    return cores / fps * 1e6


def main() -> None:
    """Print the table."""
    times = parts()
    whole = sum(list(times.values())[1:])
    client = asyncio.run(client_microseconds())
    print(f"| part, {WIDTH}x{HEIGHT} | µs a frame |\n|---|---:|")
    for name, value in times.items():
        print(f"| {name} | {value:.1f} |")
    print(f"| **whole marker path** | **{whole:.1f}** |")
    print(f"| CPU time of the client | {client:.0f} |")
    print(f"| marker path / client | {whole / client:.2%} |")


if __name__ == "__main__":
    main()
