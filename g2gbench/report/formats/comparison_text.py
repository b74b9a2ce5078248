"""A comparison as text: for a terminal, and in Markdown for a pull request."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from g2gbench.analysis.comparison import Outcome
from g2gbench.report.formats.markdown_text import escaped
from g2gbench.report.text.comparison_words import MARKS, RowWords, rows_in_order, words
from g2gbench.report.text.numbers import NOT_MEASURED
from g2gbench.store.comparing import Comparison

WIDTH: Final = 80
MOST_ROWS: Final = 60
_INDENT: Final = "    "
_LONGEST_CELL: Final = 18
_LEFT: Final = (1, 2, 8)
_EMOJI: Final[Mapping[Outcome, str]] = {
    "regression": "🔻",
    "inconclusive": "❔",
    "improvement": "🔼",
    "no difference": "✅",
}


def terminal(comparison: Comparison) -> str:
    """The comparison in at most 80 columns, without colour."""
    head = words(comparison)
    word = head.status.upper()
    indent = " " * (len(word) + 2)
    name = _clean(comparison.candidate.name)
    lines = _wrapped(f"{word}  {name}: {head.sentence}", "", indent)
    lines += [line for text in head.lines for line in _wrapped(_clean(text), indent, indent)]
    rows = rows_in_order(comparison)
    lines += ["", *_table([said for said in rows if said.row.judged])]
    for text in _doubts(rows):
        lines += ["", *_wrapped(_clean(text), _INDENT, _INDENT + "  ")]
    return "\n".join([*lines, "", *_places(comparison)])


def markdown(comparison: Comparison, *, level: int = 2) -> str:
    """The comparison in Markdown: what needs a look, then the rest folded away."""
    head = words(comparison)
    rows = rows_in_order(comparison)
    open_rows = [row for row in rows if row.row.outcome not in ("no difference", None)]
    rest = [row for row in rows if row not in open_rows]
    base, candidate = comparison.base.path.name, comparison.candidate.path.name
    blocks = [
        f"{'#' * level} {_EMOJI[head.status]} g2gbench compare {escaped(base)} → "
        f"{escaped(candidate)}: {head.status}, {escaped(head.sentence)}",
        escaped(" ".join(head.lines), 2000),
    ]
    if open_rows:
        blocks.append("\n".join(_markdown_table(open_rows)))
    if rest:
        summary = f"<details><summary>{len(rest)} rows without a difference, or not judged"
        table = "\n".join(_markdown_table(rest))
        blocks.append(f"{summary}</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(blocks) + "\n"


def _markdown_table(rows: Sequence[RowWords]) -> Iterator[str]:
    yield "| outcome | metric | cell | base | candidate | difference | interval | floor | |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---|"
    for said in rows[:MOST_ROWS]:
        outcome = said.row.outcome
        mark = f"{_EMOJI[outcome]} {outcome}" if outcome else "not judged"
        cells = (
            mark,
            said.metric,
            escaped(said.cell, 80),
            said.base,
            said.candidate,
            said.difference,
            said.interval.replace("[", "").replace("]", "").replace(", ", " to ") or "–",
            said.floor or "–",
            escaped(said.note),
        )
        yield f"| {' | '.join(cells)} |"
    if len(rows) > MOST_ROWS:
        yield ""
        yield f"{len(rows) - MOST_ROWS} more rows: see `compare.html`."


def _doubts(rows: Sequence[RowWords]) -> Iterator[str]:
    """Why rows are open, the same reason once."""
    found: dict[str, list[str]] = {}
    for said in rows:
        if said.row.outcome == "inconclusive":
            where = f" ({said.cell})" if _several(rows) else ""
            found.setdefault(said.note, []).append(f"{said.metric}{where}")
    for note, names in found.items():
        yield f"{', '.join(names)}: {note}"


def _table(rows: Sequence[RowWords]) -> list[str]:
    """One line a row where that fits, else two."""
    several = _several(rows)
    head = ("", "metric", "", "base", "cand.", "diff", "interval", "floor", "outcome")
    table: list[tuple[str, ...]] = [head] + [_columns_of(said, several) for said in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    lines = [
        "  "
        + f"{row[0] or ' '} "
        + "  ".join(
            text.ljust(widths[i]) if i in _LEFT else text.rjust(widths[i])
            for i, text in enumerate(row)
            if i and widths[i]
        ).rstrip()
        for row in table
    ]
    if max(len(line) for line in lines) <= WIDTH:
        return [line.rstrip() for line in lines]
    return [line for said in rows for line in _stacked(said, several)]


def _columns_of(said: RowWords, several: bool) -> tuple[str, ...]:
    unit = f", {said.unit}" if said.unit else ""
    return (
        MARKS[said.row.outcome],
        f"{said.metric}{unit}",
        _cut(_clean(said.cell), _LONGEST_CELL) if several else "",
        _short(said.base, said.unit),
        _short(said.candidate, said.unit),
        _short(said.difference, said.unit),
        said.interval,
        said.floor,
        said.outcome,
    )


def _stacked(said: RowWords, several: bool) -> Iterator[str]:
    place = f", {_clean(said.cell)}" if several else ""
    yield _cut(f"  {MARKS[said.row.outcome]} {said.outcome}: {said.metric}{place}", WIDTH)
    span = f"  {said.interval} floor {said.floor}" if said.interval else ""
    yield _cut(f"      {said.base} -> {said.candidate}  {said.difference}{span}", WIDTH)


def _short(text: str, unit: str) -> str:
    return "–" if text == NOT_MEASURED else text.removesuffix(unit).rstrip()


def _places(comparison: Comparison) -> Iterator[str]:
    yield f"{_INDENT}base       {comparison.base.path}"
    yield f"{_INDENT}candidate  {comparison.candidate.path}"
    for run in comparison.second:
        yield f"{_INDENT}second set {run.path}"


def _several(rows: Sequence[RowWords]) -> bool:
    return len({said.row.cell for said in rows}) > 1


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _clean(text: str) -> str:
    """Without control characters: a name may hold escape sequences of its own."""
    return "".join(c if c.isprintable() else " " for c in text)
