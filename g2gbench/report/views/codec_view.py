"""View of a comparison of codecs: curves, deltas, rankings and the points' table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from g2gbench.analysis.codecs import DELTAS, LATENCY, QUALITY, RATE
from g2gbench.analysis.result import CellResult, CodecComparison, CodecPoint, RunResult
from g2gbench.report.figures.drawing import Illustration
from g2gbench.report.figures.ranking import ranking
from g2gbench.report.figures.rate_curves import rate_curves
from g2gbench.report.text.codec_words import answer, delta, sentences
from g2gbench.report.text.numbers import label, shown
from g2gbench.statistics.bd_rate import INSTALL
from g2gbench.store.files import directory_name

_COLUMNS: Final = (
    RATE,
    QUALITY,
    "ssim_displayed",
    "vmaf_displayed",
    "fidelity_unmatched_ratio",
    LATENCY,
    "g2g_ms.p95",
    "encode_ms",
)


@dataclass(frozen=True, slots=True)
class CodecView:
    """One comparison, ready for a page; ``answer`` says which codec, ``sentences`` by how much.

    ``deltas``: a row a codec, each (value with its unit, interval, reason). ``points``: a row a
    cell. ``missing``: codecs without a point, with the reason. ``notes``: what cannot be told.
    """

    where: str
    answer: str
    sentences: tuple[str, ...]
    anchor: str
    curves: Illustration | None
    rankings: tuple[Illustration, ...]
    delta_names: tuple[str, ...]
    deltas: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
    names: tuple[str, ...]
    points: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    missing: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    distinct: bool


def codec_views(result: RunResult) -> list[CodecView]:
    """The comparisons of a run, one for each setting of everything else; empty where none is."""
    cells = {cell.cell: cell for cell in result.cells}
    return [_view(found, cells) for found in result.codecs or ()]


def figures(result: RunResult) -> list[Illustration]:
    """Every figure of the comparisons."""
    views = codec_views(result)
    return [f for view in views for f in (view.curves, *view.rankings) if f is not None]


def _view(found: CodecComparison, cells: Mapping[str, CellResult]) -> CodecView:
    where = ", ".join(str(value) for value in found.where.values())
    suffix = f"-{directory_name(where)}" if where else ""
    rankings = [
        ranking(one, cells, f"ranking-{one.metric.partition('.')[0]}{suffix}")
        for one in found.rankings
    ]
    has_vmaf = any(
        point.metrics["vmaf_displayed"].value is not None
        for curve in found.curves
        for point in curve.points
    )
    columns = [n for n in _COLUMNS if has_vmaf or "vmaf" not in n]
    deltas = [n for n in DELTAS if has_vmaf or "vmaf" not in n]
    notes = [one.note for one in found.rankings if one.groups and one.note]
    if _lacks_package(found):
        notes.insert(0, f"the Bjontegaard deltas are left out: {INSTALL} brings them")
        deltas = []
    return CodecView(
        where=where,
        answer=answer(found),
        sentences=tuple(sentences(found)),
        anchor=found.anchor,
        curves=rate_curves(found, f"codecs{suffix}"),
        rankings=tuple(one for one in rankings if one is not None),
        delta_names=tuple(DELTAS[name][2] for name in deltas),
        deltas=tuple(
            (row.codec, tuple(delta(name, row.deltas[name]) for name in deltas))
            for row in found.deltas
            if deltas
        ),
        names=tuple(label(name) for name in columns),
        points=tuple(
            (curve.codec, _rate(point), tuple(shown(n, point.metrics[n]) for n in columns))
            for curve in found.curves
            for point in curve.points
            if point.metrics[RATE].value is not None
        ),
        missing=tuple((c.codec, c.reason) for c in found.curves if c.reason),
        notes=tuple(dict.fromkeys(notes)),
        distinct=any(len(one.groups) > 1 for one in found.rankings),
    )


def _lacks_package(found: CodecComparison) -> bool:
    return any(INSTALL in row.deltas[n].reason for row in found.deltas for n in DELTAS)


def _rate(point: CodecPoint) -> str:
    return point.max_bitrate if point.counts else f"{point.max_bitrate} (invalid)"
