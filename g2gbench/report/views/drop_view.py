"""Drops of a cell in words: by phase, by stage of its trials, and on the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.accounting import StageCount
from g2gbench.measure.registry import METRICS
from g2gbench.report.text.numbers import label, shown, single
from g2gbench.report.views.cell_view import estimate_of

STAGE_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "captured": ("captured", "stamped, and accepted by the SDK"),
    "source": ("in the SDK's source", "counted by the SDK's video source"),
    "encoded": ("encoded", "counted by the client's encoder"),
    "service_received": ("received by the service", "logged by its model worker"),
    "service_sent": ("sent on by the service", "logged by its model worker"),
    "decoded": ("decoded", "counted by the client's decoder"),
    "returned": ("returned", "handed to the application"),
    "read": ("read", "with a readable marker"),
}


def drop_rows(cell: CellResult) -> list[tuple[str, str, str]]:
    """Dropped frames by phase: name, value of the cell, interval; empty where none was dropped.

    A phase that no trial could have is left out.
    """
    names = [name for name in METRICS if name.startswith("drops.")]
    counts = {name: [t.value(name) for t in cell.trials] for name in names}
    if set(counts["drops.display"]) == {None}:
        names.remove("drops.display")
    every = [count for name in names for count in counts[name]]
    if every and not any(every) and None not in every:
        return []
    return [
        (label(name).removeprefix("drops "), *shown(name, cell.metrics[name])) for name in names
    ]


def link_loss(cell: CellResult) -> str:
    """Return which share of the packets the link itself dropped; empty where there was no link."""
    parts: list[str] = []
    dropped = False
    for direction in ("uplink", "downlink"):
        name = f"link.{direction}.loss"
        value = estimate_of(cell, name)[0].value if name in cell.metrics else None
        if value is not None:
            dropped = dropped or value > 0
            share = single(name, value) if value else "none"
            parts.append(f"{share} of the {direction}'s{'' if parts else ' packets'}")
    if parts and not dropped:
        return "The link dropped no packet."
    return f"The link dropped {', '.join(parts)}." if parts else ""


def stages(trials: Sequence[TrialResult]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Name and meaning of each stage, with count and loss of every trial."""
    rows = []
    for i, stage in enumerate(trials[0].accounting):
        name, meaning = STAGE_NAMES.get(stage.stage, (stage.stage, ""))
        rows.append((name, meaning, [_stage(trial.accounting[i]) for trial in trials]))
    return rows


def _stage(stage: StageCount) -> tuple[str, str]:
    if stage.count is None:
        return "not measured", stage.reason
    lost = stage.lost
    if lost is None:
        return str(stage.count), "–"
    return str(stage.count), "±0" if not lost else f"−{lost}" if lost > 0 else f"+{-lost}"
