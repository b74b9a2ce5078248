"""What a calibration found, as text; and the one line by which a report names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

NONE = (
    "There is no calibration of this machine: run g2gbench calibrate to know how wrong these "
    "numbers may be."
)


def render(facts: Mapping[str, Any], path: Path) -> str:
    """The findings as plain text of at most 80 columns."""
    lines = [
        "Errors of this instrument on this machine, in ms: measured less injected",
        f"({facts['trials']} trials)",
        "",
        f"  {'metric':19}{'injected':17}{'n':>3}{'bias':>7} {'interval':>13}"
        f"{'p50':>6}{'p95':>6}{'max':>6}",
    ]
    for found in facts["times"]:
        bias = found["bias"]
        interval = f"[{bias['low']:.1f}, {bias['high']:.1f}]"
        lines.append(
            f"  {found['metric']:19}{found['injected']:17}{found['n']:3}{bias['value']:7.1f} "
            f"{interval:>13}{found['p50']:6.1f}{found['p95']:6.1f}{found['largest']:6.1f}"
        )
    lines += ["", f"  {'frames':20}{'injected':>10}{'missed':>10}{'invented':>10}"]
    for name, count in facts["counts"].items():
        lines.append(f"  {name:20}{count['true']:10}{count['missed']:10}{count['invented']:10}")
    lines += [f"  left out: {reason}" for reason in facts["left_out"]]
    return "\n".join([*lines, "", f"  kept in {path}"])


def sentence(named: Mapping[str, Any] | None, now: datetime) -> str:
    """The calibration that a run rests on, with its age, in one sentence."""
    if named is None:
        return NONE
    days = (now - datetime.fromisoformat(named["taken"])).days
    age = {0: "today", 1: "a day earlier"}.get(days, f"{days} days earlier")
    how = "quick calibration" if named["quick"] else "calibration"
    return (
        f"{how.capitalize()} of this machine, {age}, {named['trials']} trials: g2g p50 wrong by "
        f"{named['g2g_p95_error_ms']:.1f} ms at p95 (bias {named['g2g_bias_ms']:+.1f} ms); of "
        f"{named['injected']} injected drops, repeats and swaps {named['missed']} were missed, "
        f"{named['invented']} invented."
    )
