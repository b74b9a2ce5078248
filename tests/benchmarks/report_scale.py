"""Time and memory of reports of large runs: python -m tests.benchmarks.report_scale.

An hour at 30 frames a second in one trial; 20 and 200 trials of 20 s, in one cell and in several.
Each is made by hand, then reported on in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.report import runs
from tests.report.runs import FPS, Recipe

HOUR: Final = Recipe(frames=108_000, link=True, lost=range(500, 100_000, 997))
SHORT: Final = Recipe(frames=20 * FPS, link=True, lost=(77, 200))
LIMITS_S: Final[Mapping[str, float]] = {
    "an hour, 1 trial": 5.0,
    "20 s, 4 cells x 5 trials": 5.0,
    "20 s, 200 trials": 20.0,
    "20 s, 40 cells x 5 trials": 20.0,
}


def cells_of(name: str) -> Mapping[str, Sequence[Recipe]]:
    """The run of that name."""
    if name == "an hour, 1 trial":
        return {"default": [HOUR]}
    if name == "20 s, 200 trials":
        return {"default": [replace(SHORT, seed=seed) for seed in range(200)]}
    steps = 1 if name == "20 s, 4 cells x 5 trials" else 10
    return {
        f"publish.codec={codec},publish.max_bitrate={rate}kbps": [
            replace(SHORT, g2g_ms=150 + 9 * place, seed=seed) for seed in range(5)
        ]
        for place, (codec, rate) in enumerate(
            (codec, 250 * step)
            for codec in ("vp8", "h264", "vp9", "av1")
            for step in range(1, steps + 1)
        )
    }


def made(root: Path, name: str) -> Path:
    """The run's directory, written through the real store."""
    return runs.store(root, cells_of(name)).path


REPORT: Final = """
import json, sys, time
begun = time.monotonic()
from g2gbench import report
from g2gbench.store.reading import open_run
imported = time.monotonic()
run = open_run(sys.argv[1])
report.write(run)
from g2gbench.report.formats.terminal import render
render(run)
done = time.monotonic()
# Not ru_maxrss: that counts what the process was before this program began in it.
(line,) = [one for one in open("/proc/self/status") if one.startswith("VmHWM:")]
most = int(line.split()[1]) * 1024
page = (run.path / "report.html").stat().st_size
print(json.dumps({"import_s": imported - begun, "report_s": done - imported, "rss_bytes": most,
                  "page_bytes": page}))
"""


def measured(path: Path) -> dict[str, float]:
    """What reporting on it takes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, str(path)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the table of docs/performance.md."""
    print("| Run | Report, s | Memory, MB | Page, kB |")
    print("|---|---:|---:|---:|")
    for name in LIMITS_S:
        with TemporaryDirectory() as root:
            path = made(Path(root), name)
            found = measured(path)
            print(
                f"| {name} | {found['report_s']:.1f} | {found['rss_bytes'] / 1e6:.0f} | "
                f"{found['page_bytes'] / 1e3:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
