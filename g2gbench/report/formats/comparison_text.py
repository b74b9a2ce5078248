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
    lines += ["", *_table([words for words in rows if words.row.judged])]
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
    for one in rows[:MOST_ROWS]:
        outcome = one.row.outcome
        mark = f"{_EMOJI[outcome]} {outcome}" if outcome else "not judged"
        cells = (
            mark,
            one.metric,
            escaped(one.cell, 80),
            one.base,
            one.candidate,
            one.difference,
            one.interval.replace("[", "").replace("]", "").replace(", ", " to ") or "–",
            one.floor or "–",
            escaped(one.note),
        )
        yield f"| {' | '.join(cells)} |"
    if len(rows) > MOST_ROWS:
        yield ""
        yield f"{len(rows) - MOST_ROWS} more rows: see `compare.html`."


def _doubts(rows: Sequence[RowWords]) -> Iterator[str]:
    """Yield why rows are open, the same reason once."""
    found: dict[str, list[str]] = {}
    for one in rows:
        if one.row.outcome == "inconclusive":
            where = f" ({one.cell})" if _several(rows) else ""
            found.setdefault(one.note, []).append(f"{one.metric}{where}")
    for note, names in found.items():
        yield f"{', '.join(names)}: {note}"


def _table(rows: Sequence[RowWords]) -> list[str]:
    """One line a row where that fits, else two."""
    several = _several(rows)
    head = ("", "metric", "", "base", "cand.", "diff", "interval", "floor", "outcome")
    table: list[tuple[str, ...]] = [head] + [_columns_of(words, several) for words in rows]
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
    return [line for words in rows for line in _stacked(words, several)]


def _columns_of(words: RowWords, several: bool) -> tuple[str, ...]:
    unit = f", {words.unit}" if words.unit else ""
    return (
        MARKS[words.row.outcome],
        f"{words.metric}{unit}",
        _cut(_clean(words.cell), _LONGEST_CELL) if several else "",
        _short(words.base, words.unit),
        _short(words.candidate, words.unit),
        _short(words.difference, words.unit),
        words.interval,
        words.floor,
        words.outcome,
    )


def _stacked(words: RowWords, several: bool) -> Iterator[str]:
    place = f", {_clean(words.cell)}" if several else ""
    yield _cut(f"  {MARKS[words.row.outcome]} {words.outcome}: {words.metric}{place}", WIDTH)
    span = f"  {words.interval} floor {words.floor}" if words.interval else ""
    yield _cut(f"      {words.base} -> {words.candidate}  {words.difference}{span}", WIDTH)


def _short(text: str, unit: str) -> str:
    return "–" if text == NOT_MEASURED else text.removesuffix(unit).rstrip()


def _places(comparison: Comparison) -> Iterator[str]:
    yield f"{_INDENT}base       {comparison.base.path}"
    yield f"{_INDENT}candidate  {comparison.candidate.path}"
    for run in comparison.second:
        yield f"{_INDENT}second set {run.path}"


def _several(rows: Sequence[RowWords]) -> bool:
    return len({words.row.cell for words in rows}) > 1


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _clean(text: str) -> str:
    """Without control characters: a name may hold escape sequences of its own."""
    return "".join(c if c.isprintable() else " " for c in text)
