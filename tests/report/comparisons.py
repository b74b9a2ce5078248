"""Comparisons of stored runs in every state that one can end in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from g2gbench.store.comparing import Comparison, compare
from tests.report import runs
from tests.report.runs import HOSTILE, Recipe

STATES: Final = ("worse", "one trial", "invalid", "two cells", "hostile", "unlike")


def five(g2g_ms: float = 200, seed: int = 0, step: float = 1) -> list[Recipe]:
    """Five trials, each ``step`` ms slower than the one before."""
    return [Recipe(g2g_ms + step * i, seed=seed + i) for i in range(5)]


def made(root: Path) -> dict[str, Comparison]:
    """A comparison of each state."""
    base = runs.store(root / "base", {"default": five()})
    others = {
        "worse": five(260, seed=9),
        "one trial": five()[:1],
        "invalid": [Recipe(skipped=20)],
    }
    nothing = root / "none.json"
    found = {
        name: compare(base, runs.store(root / name, {"default": recipes}), noise_path=nothing)
        for name, recipes in others.items()
    }
    cells = [
        runs.store(
            root / name, {f"publish.codec={c}": five(200 + by, 3, 9) for c in ("vp8", "av1")}
        )
        for name, by in (("one", 0), ("two", 8))
    ]
    found["two cells"] = compare(*cells, noise_path=nothing)
    hostile = {f"session.prompt={HOSTILE}": five()[:2], "session.prompt=x": five()[:1]}
    sides = [runs.store(root / name, hostile, name=HOSTILE) for name in ("h1", "h2")]
    found["hostile"] = compare(*sides, noise_path=nothing)
    scenario = {"name": "wifi", "publish": {"codec": HOSTILE}, "seed": 1}
    other = runs.store(root / "unlike", {"default": five(190)}, scenario=scenario)
    found["unlike"] = compare(base, other, allow=["publish"], noise_path=nothing)
    return found
