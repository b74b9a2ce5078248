"""A calibration as text, and the one line by which a report names it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from g2gbench.store.shapes import CalibrationFile, NamedCalibration

NONE = (
    "There is no calibration of this machine: run g2gbench calibrate to know how wrong these "
    "numbers may be."
)


def render(found: CalibrationFile, path: Path) -> str:
    """The findings as plain text of at most 80 columns."""
    lines = [
        "Errors of this instrument on this machine, in ms: measured less injected",
        f"({found.trials} trials)",
        "",
        f"  {'metric':19}{'injected':17}{'n':>3}{'bias':>7} {'interval':>13}"
        f"{'p50':>6}{'p95':>6}{'max':>6}",
    ]
    for one in found.times:
        interval = f"[{one.bias.low:.1f}, {one.bias.high:.1f}]"
        lines.append(
            f"  {one.metric:19}{one.injected:17}{one.n:3}{one.bias.value:7.1f} "
            f"{interval:>13}{one.p50:6.1f}{one.p95:6.1f}{one.largest:6.1f}"
        )
    lines += ["", f"  {'frames':20}{'injected':>10}{'missed':>10}{'invented':>10}"]
    for name, count in found.counts.items():
        lines.append(f"  {name:20}{count.true:10}{count.missed:10}{count.invented:10}")
    lines += [f"  left out: {reason}" for reason in found.left_out]
    return "\n".join([*lines, "", f"  kept in {path}"])


def sentence(named: NamedCalibration | None, now: datetime) -> str:
    """The calibration that a run rests on, with its age, in one sentence."""
    if named is None:
        return NONE
    days = (now - datetime.fromisoformat(named.taken)).days
    age = {0: "today", 1: "a day earlier"}.get(days, f"{days} days earlier")
    how = "quick calibration" if named.quick else "calibration"
    return (
        f"{how.capitalize()} of this machine, {age}, {named.trials} trials: g2g p50 wrong by "
        f"{named.g2g_p95_error_ms:.1f} ms at p95 (bias {named.g2g_bias_ms:+.1f} ms); of "
        f"{named.injected} injected drops, repeats and swaps {named.missed} were missed, "
        f"{named.invented} invented."
    )
