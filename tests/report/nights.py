"""Runs of many nights below one directory: copies of one, with other times and values."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.runs import NOW, Recipe


def nights(
    root: Path, values: Sequence[float], *, metric: str = "g2g_ms.p50", **facts: Any
) -> list[Path]:
    """A run a night; ``metric`` is as told, all else the same. ``facts`` go into run.json."""
    made = _one(root.parent / f"{root.name}-made")
    paths = []
    for night, value in enumerate(values):
        path = root / f"wifi-{night:03d}"
        shutil.copytree(made.path, path)
        started = (NOW + timedelta(days=night)).isoformat(timespec="seconds")
        rewrite(path / "run.json", started=started, **facts)
        summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
        summary["cells"][0]["metrics"][metric]["value"] = value
        (path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        paths.append(path)
    return paths


def rewrite(path: Path, **changes: Any) -> None:
    """Put other values into a file of JSON."""
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, **changes}), encoding="utf-8")


def _one(root: Path) -> Run:
    if root.exists():
        shutil.rmtree(root)
    return runs.store(root, {"default": [Recipe()]})
