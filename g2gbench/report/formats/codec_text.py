"""A comparison of codecs as text: the answer, the points, and the ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from g2gbench.analysis.codecs import LATENCY, QUALITY, RATE
from g2gbench.analysis.result import (
    CellResult,
    CodecComparison,
    CodecPoint,
    CodecRanking,
    RunResult,
)
from g2gbench.analysis.valid import is_valid
from g2gbench.report.formats.markdown_text import escaped
from g2gbench.report.text.codec_words import answer, sentences
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import label, shown

_COLUMNS: Final = (RATE, QUALITY, LATENCY)
_MOST_ROWS: Final = 40


def answers(result: RunResult) -> list[str]:
    """The result of each comparison, in a sentence or some."""
    return [_placed(found, (answer(found), *sentences(found))) for found in result.codecs or ()]


def rankings(result: RunResult) -> list[str]:
    """The cells of each comparison from best to worst, a line a metric."""
    cells = {cell.cell: cell for cell in result.cells}
    return [
        line
        for found in result.codecs or ()
        for one in found.rankings
        if (line := _ranking(one, cells))
    ]


def points(result: RunResult) -> list[tuple[str, ...]]:
    """A head and a row for each point: codec, what was asked for, rate, PSNR and g2g."""
    rows = [tuple(_row(point, codec)) for point, codec in _points(result)]
    return [("codec", "asked for", *map(label, _COLUMNS)), *rows] if rows else []


def markdown(result: RunResult) -> Iterator[str]:
    """The blocks of a summary in Markdown."""
    rows = points(result)
    if not rows:
        return
    head, *others = rows
    table = [head, ("---", "---", *["---:"] * len(_COLUMNS)), *others[:_MOST_ROWS]]
    yield "\n".join(f"| {' | '.join(row)} |" for row in table)
    yield "\n".join(f"- {escaped(line)}" for line in rankings(result))


def _points(result: RunResult) -> Iterator[tuple[CodecPoint, str]]:
    for found in result.codecs or ():
        for curve in found.curves:
            for point in curve.points:
                if point.metrics[RATE].value is not None:
                    yield point, curve.codec


def _row(point: CodecPoint, codec: str) -> Iterator[str]:
    yield codec
    yield point.max_bitrate + ("" if point.counts else " (invalid)")
    for name in _COLUMNS:
        yield shown(name, point.metrics[name])[0]


def _ranking(one: CodecRanking, cells: Mapping[str, CellResult]) -> str:
    known = [[name for name in group if is_valid(cells[name])] for group in one.groups]
    groups = [group for group in known if group]
    if not groups:
        return ""
    name = label(one.metric)
    if len(groups) == 1:
        return f"by {name}, no two cells differ significantly: {_listed(groups[0])}"
    places = "; ".join(f"{place}. {_listed(group)}" for place, group in enumerate(groups, 1))
    return f"by {name}, best first: {places}"


def _listed(group: Sequence[str]) -> str:
    return " / ".join(short_cell(name) for name in group)


def _placed(found: CodecComparison, sentences: Sequence[str]) -> str:
    where = ", ".join(str(value) for value in found.where.values())
    return " ".join(sentences if not where else (f"{where}:", *sentences))
