"""The same session in the embedded room and in a room of a real livekit-server, side by side.

    python -m tests.benchmarks.rooms

Takes turns between the two, five trials each, and prints the table of docs/performance.md. Needs a
livekit-server (g2gbench doctor says how to get one). Takes about 3 minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import g2gbench
from g2gbench.scenario import loads

SCENARIO = """
name: rooms
target: {kind: loopback, model: passthrough-360p, processing: {transform: passthrough}}
source: {content: street, size: 640x360, fps: 30}
session: {warmup: 3s, duration: 10s, playout_delay: 0ms}
matrix: {target.room: [embedded, livekit-server]}
repeat: 5
"""
METRICS = (
    ("g2g p50, ms", "g2g_ms.p50", 1),
    ("g2g p95, ms", "g2g_ms.p95", 1),
    ("ttff, ms", "ttff_ms", 1),
    ("first packet, ms", "connect_ms.first_packet", 1),
    ("drop ratio, %", "drop_ratio", 100),
    ("service decode (room, buffer, decoder), ms", "budget_ms.service_decode", 1),
    ("service encode (encoder, room), ms", "budget_ms.service_encode", 1),
    ("CPU of the client, %", "cpu.client", 100),
    ("CPU of the link, %", "cpu.link", 100),
    ("CPU of the room, %", "cpu.room", 100),
    ("CPU of the worker, %", "cpu.worker", 100),
    ("memory of the room, MB", "rss_bytes.room", 1e-6),
)


def rows(out: Path) -> Iterator[str]:
    """The table, a line at a time."""
    run = g2gbench.run(loads(SCENARIO), out=out)
    found = run.summary_data["cells"]
    valid = [sum(t["status"] == "ok" for t in cell["trials"]) for cell in found]
    names = [cell["cell"].partition("=")[2] for cell in found]
    yield "| median [interval] | " + " | ".join(names) + " |"
    yield "|---|" + "---:|" * len(names)
    yield "| valid trials | " + " | ".join(str(count) for count in valid) + " |"
    for label, metric, factor in METRICS:
        values = [cell["metrics"][metric] for cell in found]
        told = [
            "–"
            if value["value"] is None
            else f"{factor * value['value']:.1f} "
            f"[{factor * value['low']:.1f}, {factor * value['high']:.1f}]"
            for value in values
        ]
        yield f"| {label} | " + " | ".join(told) + " |"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        for line in rows(Path(directory)):
            print(line, flush=True)
