"""Codecs over a ladder of bitrates: curves, what lies between them, and which cells are best.

A point's rate is what was measured on the uplink, never what was configured. Its quality is that of
what was on display, so that a codec gains nothing from dropping its hardest frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from g2gbench.analysis.bjontegaard_delta import Curve, rate_delta, value_delta
from g2gbench.analysis.cell import aggregate
from g2gbench.analysis.ranking import rank
from g2gbench.analysis.valid import is_valid, valid_trials, values_of
from g2gbench.measure.registry import METRICS
from g2gbench.measure.values import Value

Cell: TypeAlias = Mapping[str, Any]
"""A cell of the summary, as plain data."""

CODEC: Final = "publish.codec"
MAX_BITRATE: Final = "publish.max_bitrate"

RATE: Final = "uplink.bitrate_bps"
QUALITY: Final = "psnr_displayed_db"
LATENCY: Final = "g2g_ms.p50"
SHOWN: Final = (
    RATE,
    QUALITY,
    "ssim_displayed",
    "vmaf_displayed",
    "psnr_db",
    "fidelity_unmatched_ratio",
    LATENCY,
    "g2g_ms.p95",
    "encode_ms",
)
"""What is told of each point of a curve."""

RANKED: Final = (QUALITY, LATENCY)

DELTAS: Final[Mapping[str, tuple[Callable[[Curve, Curve], Value], str, str]]] = {
    "bd_rate_percent": (rate_delta, QUALITY, "bitrate at the same PSNR, in percent"),
    "bd_rate_ssim_percent": (
        rate_delta,
        "ssim_displayed",
        "bitrate at the same SSIM, in percent",
    ),
    "bd_rate_vmaf_percent": (
        rate_delta,
        "vmaf_displayed",
        "bitrate at the same VMAF, in percent",
    ),
    "bd_psnr_db": (value_delta, QUALITY, "PSNR at the same bitrate, in dB"),
    "bd_latency_ms": (value_delta, LATENCY, "g2g p50 at the same bitrate, in ms"),
}
"""By name: how it is computed, of which metric, and what it is the difference of."""


def codecs(cells: Sequence[Cell]) -> list[dict[str, Any]] | None:
    """A comparison for each setting of everything else; None unless codec and bitrate vary."""
    if not all(
        len({str(cell["settings"].get(field)) for cell in cells}) > 1
        and all(field in cell["settings"] for cell in cells)
        for field in (CODEC, MAX_BITRATE)
    ):
        return None
    groups: dict[tuple[tuple[str, str], ...], list[Cell]] = {}
    for cell in cells:
        rest = tuple((k, v) for k, v in cell["settings"].items() if k not in (CODEC, MAX_BITRATE))
        groups.setdefault(rest, []).append(cell)
    return [{"where": dict(where), **_comparison(found)} for where, found in groups.items()]


def _comparison(cells: Sequence[Cell]) -> dict[str, Any]:
    by_codec: dict[str, list[Cell]] = {}
    for cell in cells:
        by_codec.setdefault(str(cell["settings"][CODEC]), []).append(cell)
    anchor = next(
        (c for c, own in by_codec.items() if any(map(valid_trials, own))), next(iter(by_codec))
    )
    return {
        "anchor": anchor,
        "curves": [_curve(codec, own) for codec, own in by_codec.items()],
        "deltas": [
            {"codec": codec, **_deltas(by_codec[anchor], own)}
            for codec, own in by_codec.items()
            if codec != anchor
        ],
        "rankings": [_ranking(metric, cells) for metric in RANKED],
    }


def _curve(codec: str, cells: Sequence[Cell]) -> dict[str, Any]:
    """The codec's points in the order of their measured rates; ``reason``: why it has none."""
    points = [
        {
            "cell": cell["cell"],
            "max_bitrate": str(cell["settings"][MAX_BITRATE]),
            **{name: _estimate(cell, name) for name in SHOWN},
        }
        for cell in cells
    ]
    points.sort(key=lambda point: (point[RATE]["value"] is None, point[RATE]["value"]))
    reason = "" if any(map(valid_trials, cells)) else _why_none(cells)
    return {"codec": codec, "reason": reason, "points": points}


def _why_none(cells: Sequence[Cell]) -> str:
    told = Counter(
        "; ".join(trial["invalid_because"]) if trial["status"] == "invalid" else trial["message"]
        for cell in cells
        for trial in cell["trials"]
    )
    return told.most_common(1)[0][0] if told else "no trial was run"


def _deltas(anchor: Sequence[Cell], test: Sequence[Cell]) -> dict[str, Any]:
    """Each delta as the median over the repeats, whose trials ran in one block of the run."""
    repeats = sorted({t["repeat"] for cell in (*anchor, *test) for t in valid_trials(cell)})
    found = {}
    for name, (delta, metric, _) in DELTAS.items():
        each = [delta(_of(anchor, r, metric), _of(test, r, metric)) for r in repeats]
        reasons = Counter(value.reason for value in each if value.value is None)
        estimate = aggregate(
            [value.value for value in each if value.value is not None],
            reason=reasons.most_common(1)[0][0] if reasons else "no valid trial measured it",
        )
        found[name] = {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "interval": estimate.interval,
            "coverage": estimate.coverage,
            **({"reason": estimate.reason} if estimate.reason else {}),
        }
    return found


def _of(cells: Sequence[Cell], repeat: int, metric: str) -> list[tuple[float, float]]:
    """The curve of one repeat."""
    found = []
    for trial in (t for cell in cells for t in valid_trials(cell) if t["repeat"] == repeat):
        rate, value = (_value(trial, name) for name in (RATE, metric))
        if rate is not None and value is not None:
            found.append((rate, value))
    return found


def _ranking(metric: str, cells: Sequence[Cell]) -> dict[str, Any]:
    values = {str(cell["cell"]): values_of(cell, metric) for cell in cells if is_valid(cell)}
    found = rank(values, higher=METRICS[metric].direction == "higher")
    groups = [list(group) for group in found.groups]
    return {"metric": metric, "groups": groups, "note": found.note}


def _estimate(cell: Cell, name: str) -> dict[str, Any]:
    """A metric of the cell; null with the reason in a run that did not know it yet."""
    unknown = {"value": None, "low": None, "high": None, "n": 0, "reason": "not known to this run"}
    estimate: dict[str, Any] = cell["metrics"].get(name) or unknown
    kept = ("value", "low", "high", "n", "reason")
    return {key: estimate[key] for key in kept if key in estimate}


def _value(trial: Mapping[str, Any], name: str) -> float | None:
    value: float | None = (trial["metrics"].get(name) or {}).get("value")
    return value
