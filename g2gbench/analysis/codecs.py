"""Codecs over a ladder of bitrates: curves, what lies between them, and which cells are best.

A point's rate is what was measured on the uplink, never what was configured. Its quality is that of
what was on display, so that a codec gains nothing from dropping its hardest frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from g2gbench.analysis.ranking import rank
from g2gbench.analysis.result import (
    CellResult,
    CodecComparison,
    CodecCurve,
    CodecDeltas,
    CodecPoint,
    CodecRanking,
)
from g2gbench.analysis.valid import counting, is_valid, valid_cells, values_of
from g2gbench.measure.metric_value import Value
from g2gbench.measure.records import Scalar
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.bd_rate import Curve, rate_delta, value_delta
from g2gbench.statistics.median_interval import Estimate, aggregate

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
"""Metrics that are shown for each point of a curve."""

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


def codecs(cells: Sequence[CellResult]) -> tuple[CodecComparison, ...] | None:
    """A comparison for each setting of everything else; None unless codec and bitrate vary."""
    if not all(
        len({str(cell.settings.get(field)) for cell in cells}) > 1
        and all(field in cell.settings for cell in cells)
        for field in (CODEC, MAX_BITRATE)
    ):
        return None
    groups: dict[tuple[tuple[str, Scalar], ...], list[CellResult]] = {}
    for cell in cells:
        rest = tuple((k, v) for k, v in cell.settings.items() if k not in (CODEC, MAX_BITRATE))
        groups.setdefault(rest, []).append(cell)
    return tuple(_comparison(dict(where), found) for where, found in groups.items())


def _comparison(where: Mapping[str, Scalar], cells: Sequence[CellResult]) -> CodecComparison:
    by_codec: dict[str, list[CellResult]] = {}
    for cell in cells:
        by_codec.setdefault(str(cell.settings[CODEC]), []).append(cell)
    anchor = next((codec for codec, own in by_codec.items() if _any_counts(own)), "")
    anchor = anchor or next(iter(by_codec))
    return CodecComparison(
        where,
        anchor,
        curves=tuple(_curve(codec, own) for codec, own in by_codec.items()),
        deltas=tuple(
            CodecDeltas(codec, _deltas(by_codec[anchor], own))
            for codec, own in by_codec.items()
            if codec != anchor
        ),
        rankings=tuple(_ranking(metric, cells) for metric in RANKED),
    )


def _any_counts(cells: Sequence[CellResult]) -> bool:
    return any(counting(cell.trials) for cell in cells)


def _curve(codec: str, cells: Sequence[CellResult]) -> CodecCurve:
    points = [
        CodecPoint(
            cell.cell,
            str(cell.settings[MAX_BITRATE]),
            is_valid(cell),
            {name: cell.metrics[name] for name in SHOWN},
        )
        for cell in cells
    ]
    points.sort(key=_rate)
    return CodecCurve(codec, "" if _any_counts(cells) else _why_none(cells), tuple(points))


def _rate(point: CodecPoint) -> tuple[bool, float]:
    rate = point.metrics[RATE].value
    return rate is None, rate or 0.0


def _why_none(cells: Sequence[CellResult]) -> str:
    reasons = Counter(
        "; ".join(trial.invalid_because) if trial.status == "invalid" else trial.message
        for cell in cells
        for trial in cell.trials
    )
    return reasons.most_common(1)[0][0] if reasons else "no trial was run"


def _deltas(anchor: Sequence[CellResult], test: Sequence[CellResult]) -> dict[str, Estimate]:
    """Each delta as the median over the repeats, whose trials ran in one block of the run."""
    repeats = sorted({t.repeat for cell in (*anchor, *test) for t in counting(cell.trials)})
    found = {}
    for name, (delta, metric, _) in DELTAS.items():
        each = [delta(_of(anchor, r, metric), _of(test, r, metric)) for r in repeats]
        reasons = Counter(value.reason for value in each if value.value is None)
        found[name] = aggregate(
            [value.value for value in each if value.value is not None],
            reason=reasons.most_common(1)[0][0] if reasons else "no valid trial measured it",
        )
    return found


def _of(cells: Sequence[CellResult], repeat: int, metric: str) -> list[tuple[float, float]]:
    """The curve of one repeat."""
    found = []
    for trial in (t for cell in cells for t in counting(cell.trials) if t.repeat == repeat):
        rate, value = trial.value(RATE), trial.value(metric)
        if rate is not None and value is not None:
            found.append((rate, value))
    return found


def _ranking(metric: str, cells: Sequence[CellResult]) -> CodecRanking:
    values = {cell.cell: values_of(cell, metric) for cell in valid_cells(cells)}
    found = rank(values, higher=METRICS[metric].direction == "higher")
    return CodecRanking(metric, tuple(tuple(group) for group in found.groups), found.note)
