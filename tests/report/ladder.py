"""A stored run of a ladder of bitrates."""

from __future__ import annotations

import json
from pathlib import Path

from g2gbench.statistics.median_interval import aggregate
from g2gbench.store.reading import Run, open_run
from tests.analysis import ladders
from tests.report import runs


def ladder(root: Path, repeat: int = 3) -> Run:
    """A stored run whose cells measured the ladder of tests/analysis."""
    run = runs.matrix(root, list(ladders.MORE_BITS), list(ladders.LADDER), repeat)
    data = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    for cell in data["cells"]:
        codec, limit = cell["settings"].values()
        each = [ladders.measured(codec, ladders.LADDER[limit], r) for r in range(repeat)]
        for trial, values in zip(cell["trials"], each, strict=True):
            trial["metrics"] |= {name: {"value": value, "n": 1} for name, value in values.items()}
        for name in each[0]:
            found = aggregate([v for values in each if (v := values[name]) is not None])
            estimate = {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
            cell["metrics"][name] |= estimate
            cell["metrics"][name].pop("reason", None)
    (run.path / "summary.json").write_text(json.dumps(data), encoding="utf-8")
    return open_run(run.path)
