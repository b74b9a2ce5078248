"""summary.md: a run in Markdown, for a pull request or a job summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from g2gbench.analysis.result import CellResult, RunResult
from g2gbench.report.formats import codec_text
from g2gbench.report.formats.markdown_text import escaped as _text
from g2gbench.report.text.headline import doubts, short_cell, trials_of
from g2gbench.report.text.numbers import key_metrics, label, plural, shown
from g2gbench.report.views.baseline_view import head_of
from g2gbench.report.views.budget_view import budget_of
from g2gbench.report.views.cell_view import remarks_on_display
from g2gbench.report.views.phase_view import recovery_rows
from g2gbench.report.views.quality_view import level_words
from g2gbench.report.views.run_view import calibration
from g2gbench.store.reading import Run

MOST_BYTES: Final = 60_000
"""A comment of a pull request takes 65 536 characters."""

_MARKS: Final[Mapping[str, str]] = {
    "pass": "✅",
    "fail": "❌",
    "invalid": "⚠️",
    "interrupted": "⏸️",
    "unreachable": "🚫",
    "fault": "🔧",
}
_MOST_CELLS: Final = 60
_MOST_TRIALS: Final = 40
_LONGEST_NAME: Final = 80
_RESERVE: Final = 1000


def render(run: Run) -> str:
    """The run as Markdown: verdict, expectations, key numbers, trials that do not count."""
    result = run.result
    head = head_of(run)
    blocks = [
        f"## {_MARKS[head.status]} g2gbench {_text(run.name)}: {head.status}, "
        f"{_text(head.sentence)}",
        _text(" ".join(head.lines)),
        *(_text(answer) for answer in codec_text.answers(result)),
        *(_text(f"What to do: {advice}") for advice in head.advice),
        *codec_text.markdown(result),
        "\n".join(_expectations(result.cells)),
        "\n".join(_key_numbers(result.cells)),
        _text("; ".join(remarks_on_display(result.cells))),
        "\n".join(_budget(result.cells)),
        "\n".join(_recoveries(result.cells)),
        "\n".join(_doubts(result)),
        _text(calibration(run)),
        f"g2gbench {_text(run.file.g2gbench)}. Every number with its definition: "
        "`report.html` of the run directory.",
    ]
    return "\n\n".join(_fitting(block for block in blocks if block)) + "\n"


def _fitting(blocks: Iterable[str]) -> Iterator[str]:
    """The blocks, a line in the place of one that would be too much."""
    left = MOST_BYTES - _RESERVE
    for block in blocks:
        size = len(block.encode()) + 2
        if size <= left:
            left -= size
            yield block
        else:
            yield "A table is left out here, it is too long: see `report.html`."


def _expectations(cells: Sequence[CellResult]) -> Iterator[str]:
    several = len(cells) > 1
    rows = [(cell, e) for cell in cells for e in cell.expectations]
    # Of many cells the ones that need a look.
    listed = [row for row in rows if row[1].holds is not True] if several else rows
    if several and rows:
        held = sum(e.holds is True for _, e in rows)
        yield f"{held} of {plural(len(rows), 'expectation')} of all cells hold."
        yield ""
    if not listed:
        return
    place = "| cell " if several else ""
    yield f"| | expectation {place}| measured | interval |"
    yield f"|---|---|{'---|' if several else ''}---:|---:|"
    for cell, e in listed[:_MOST_CELLS]:
        mark = {True: "✅", False: "❌", None: "❔"}[e.holds]
        value, interval = shown(e.metric, cell.metrics[e.metric], e.limit)
        words = {True: "holds", False: "does not hold", None: "not judged"}[e.holds]
        words += ", close" if e.close else ""
        place = f"{_name(cell.cell)} | " if several else ""
        yield f"| {mark} {words} | {_code(e.text)} | {place}{value} | {interval or '–'} |"
    yield from _left_out(len(listed), _MOST_CELLS)


def _key_numbers(cells: Sequence[CellResult]) -> Iterator[str]:
    if len(cells) == 1:
        yield "| metric | value | interval |"
        yield "|---|---:|---:|"
        for name in key_metrics(cells):
            estimate = cells[0].metrics[name]
            value, interval = shown(name, estimate)
            reason = f" ({_text(estimate.reason)})" if estimate.value is None else ""
            yield f"| {label(name)} | {value}{reason} | {interval or '–'} |"
        return
    names = key_metrics(cells)
    yield f"| cell | verdict | quality | {' | '.join(map(label, names))} |"
    yield f"|---|---|---|{'---:|' * len(names)}"
    for cell in cells[:_MOST_CELLS]:
        values = [" ".join(shown(name, cell.metrics[name])) for name in names]
        mark = f"{_MARKS[cell.status]} {cell.status}"
        joined = " | ".join(value.rstrip() for value in values)
        yield f"| {_name(cell.cell)} | {mark} | {level_words(cell)} | {joined} |"
    yield from _left_out(len(cells), _MOST_CELLS)


def _budget(cells: Sequence[CellResult]) -> Iterator[str]:
    """Yield where the milliseconds go, one row a cell; nothing where no part is known."""
    found = [(cell, budget_of(cell.trials)) for cell in cells[:_MOST_CELLS]]
    known = [(cell, budget) for cell, budget in found if budget]
    if not known:
        return
    several = len(cells) > 1
    yield "Where the milliseconds go (means, ms):"
    yield ""
    names = [part.words for part in known[0][1].parts]
    displays = any(budget.display is not None for _, budget in known)
    more = " display |" if displays else ""
    yield f"|{' cell |' if several else ''} {' | '.join(names)} | **g2g mean** |{more}"
    yield f"|{'---|' if several else ''}{'---:|' * (len(names) + 1 + displays)}"
    for cell, budget in known:
        doubt = "" if budget.counts else f" ({cell.status})"
        place = f" {_name(cell.cell)}{doubt} |" if several else ""
        values = " | ".join(budget.number(part) for part in budget.parts)
        shown = "–" if budget.display is None else f"+{budget.number(budget.display)}"
        more = f" {shown} |" if displays else ""
        yield f"|{place} {values} | **{budget.scale.number(budget.total_ms)}** |{more}"
        if not several:
            shares = " | ".join(budget.share(part) for part in budget.parts)
            yield f"| {shares} | 100 % |{' – |' if displays else ''}"


def _recoveries(cells: Sequence[CellResult]) -> Iterator[str]:
    """One line an impairment."""
    for cell in cells[:_MOST_CELLS]:
        place = f"{_name(cell.cell)}: " if len(cells) > 1 else ""
        for row in recovery_rows(cell)[:_MOST_TRIALS]:
            yield f"- Recovery: {place}{_text(row.sentence)}"


def _doubts(result: RunResult) -> Iterator[str]:
    rows = doubts(result, attempts=True)
    if not rows:
        return
    several = len(result.cells) > 1
    tried = sum(len(trial.attempts) for trial in trials_of(result))
    count = len(trials_of(result)) - len(trials_of(result, "ok")) + tried
    verb = "does" if count == 1 else "do"
    yield f"<details><summary>{plural(count, 'trial')} that {verb} not count</summary>"
    yield ""
    yield f"| {'cell | ' if several else ''}trial | why |"
    yield f"|{'---|' if several else ''}---|---|"
    for numbers, cell, reason in rows[:_MOST_TRIALS]:
        place = f"{_text(cell, _LONGEST_NAME)} | " if several else ""
        yield f"| {place}{numbers} | {_text(reason)} |"
    yield from _left_out(len(rows), _MOST_TRIALS)
    yield ""
    yield "</details>"


def _left_out(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield ""
        yield f"{count - most} more rows: see `report.html`."


def _name(cell: str) -> str:
    return _text(short_cell(cell), _LONGEST_NAME)


def _code(text: str) -> str:
    """An expectation as code; only what the grammar of expectations allows is in it."""
    return f"`{text.replace('`', '').replace('|', '')}`"
