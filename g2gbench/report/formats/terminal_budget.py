"""Latency budget on a terminal: parts of one cell, or a line for each of several."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from g2gbench.analysis.result import CellResult
from g2gbench.report.text.headline import short_cell
from g2gbench.report.views.budget_view import Budget, budget_of, why_none

_BAR: Final = 36
_NAME: Final = 15
_SHORT: Final = ("encod", "upl", "s.dec", "serv", "s.enc", "downl", "decod", "rest")
"""The parts as heads of narrow columns."""


def budget_block(cells: Sequence[CellResult], indent: str, width: int) -> list[str]:
    """The lines; why there is none where no cell has a budget."""
    found = [(cell, budget_of(cell.trials)) for cell in cells]
    known = [(cell, budget) for cell, budget in found if budget]
    if not known:
        measured = [c for c in cells if any(t.frames.get("captured") for t in c.trials)]
        if not measured:
            return []
        why = f"where the ms go: not measured ({why_none(measured[0].trials)})"
        return textwrap.wrap(why, width, initial_indent=indent, subsequent_indent=f"{indent}  ")
    if len(cells) == 1:
        return _parts(known[0][1], indent, width)
    return _lines(known, indent)


def _parts(shown: Budget, indent: str, width: int) -> list[str]:
    lines = [f"{indent}where the ms go (means, together {shown.total} ms)"]
    known = [(part, part.ms) for part in shown.all_parts if part.ms is not None]
    largest = max(ms for _, ms in known)
    for part, ms in known:
        bar = "#" * round(_BAR * max(ms, 0.0) / largest) if largest > 0 else ""
        numbers = f"{shown.number(part):>7}{shown.share(part):>7}"
        lines.append(f"{indent}  {part.words:<{_NAME}}{numbers}  {bar}".rstrip())
    unknown = ", ".join(part.words for part in shown.parts if part.ms is None)
    if unknown:
        inside = f"{indent}  "
        lines += textwrap.wrap(
            f"not measured: {unknown}", width, initial_indent=inside, subsequent_indent=inside
        )
    return lines


def _lines(known: Sequence[tuple[CellResult, Budget]], indent: str) -> list[str]:
    displays = any(shown.display is not None for _, shown in known)
    heads = "".join(f"{head:>6}" for head in (*_SHORT, "g2g", *(["disp"] if displays else [])))
    wide = 16 if displays else 22
    lines = [f"{indent}{'where the ms go':<{wide}}{heads}"]
    for cell, shown in known:
        values = [shown.number(part) for part in shown.parts]
        values.append(shown.scale.number(shown.total_ms))
        if displays:
            values.append("–" if shown.display is None else f"+{shown.number(shown.display)}")
        name = short_cell(cell.cell)
        name = name if len(name) <= wide - 2 else f"{name[: wide - 3]}…"
        name += "" if shown.counts else "*"
        lines.append(f"{indent}{name:<{wide}}{''.join(f'{value:>6}' for value in values)}")
    if not all(shown.counts for _, shown in known):
        lines.append(f"{indent}* of trials that do not count")
    return lines
