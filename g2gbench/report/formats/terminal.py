"""Summary of ``g2gbench run`` on a terminal: plain text of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from g2gbench.analysis.result import CellResult, JudgedExpectation, RunResult
from g2gbench.analysis.valid import counting
from g2gbench.measure.registry import DROP_PHASES, METRICS
from g2gbench.report.formats import codec_text
from g2gbench.report.formats import terminal_budget as way
from g2gbench.report.text.headline import DEFAULT_CELL, Headline, doubts, short_cell
from g2gbench.report.text.numbers import KEY_METRICS, key_metrics, label, plural, scale, shown
from g2gbench.report.text.one_line import for_a_line
from g2gbench.report.views.baseline_view import head_of
from g2gbench.report.views.cell_view import name_of, remarks_on_display, spread_words
from g2gbench.report.views.drop_view import link_loss
from g2gbench.report.views.phase_view import recovery_rows
from g2gbench.report.views.quality_view import UNKNOWN
from g2gbench.report.views.run_view import calibration
from g2gbench.store.reading import Run

WIDTH: Final = 80
_MARKS: Final[Mapping[bool | None, str]] = {True: "+", False: "x", None: "?"}
_OUTCOMES: Final[Mapping[bool | None, str]] = {
    True: "holds",
    False: "does not hold",
    None: "not judged",
}
_MOST_COLUMNS: Final = 3
"""More cells than this are listed below each other, one line a cell."""

_INDENT: Final = "    "
Row = tuple[str, ...]


def render(run: Run, *, verbose: bool = False) -> str:
    """The outcome of a run for a terminal.

    ``verbose`` shows every metric instead of the six key numbers and those with an expectation.
    No colour: marks and words say the same everywhere.
    """
    result = run.result
    blocks = [_head(run.name, head_of(run)), *_codecs(result)]
    cells = result.cells
    if len(cells) == 1:
        blocks += _one_cell(cells[0], verbose)
    elif cells and len(cells) <= _MOST_COLUMNS:
        blocks += [_side_by_side(cells, verbose), _expectations(cells)]
    else:
        blocks += [_line_a_cell(cells), _expectations(cells)] if cells else []
        if verbose:
            blocks += [_every_metric(cell) for cell in cells]
    blocks += [
        _remarks(cells),
        _spreads(cells),
        way.budget_block(cells, _INDENT, WIDTH),
        [line for text in _recoveries(cells) for line in _wrapped(text, _INDENT, _INDENT + "  ")],
        _drops(cells),
        _doubts(result),
        []
        if run.status in ("unreachable", "fault")
        else _wrapped(calibration(run), _INDENT, _INDENT),
        [f"{_INDENT}report  {run.report_path / 'report.html'}"],
    ]
    return "\n\n".join("\n".join(map(for_a_line, block)) for block in blocks if block)


def _codecs(result: RunResult) -> list[list[str]]:
    """Return which codec, then the points and their ranking."""
    answers = codec_text.answers(result)
    rows = codec_text.points(result)
    lines = [line for text in answers for line in _wrapped(text, _INDENT, _INDENT)]
    ranked = codec_text.rankings(result)
    order = [line for text in ranked for line in _wrapped(text, _INDENT, _INDENT + "  ")]
    return [lines, _columns(rows, right=(1, 2, 3, 4)) if rows else [], order]


def _head(name: str, head: Headline) -> list[str]:
    word = head.status.upper()
    indent = " " * (len(word) + 2)
    lines = _wrapped(f"{word}  {for_a_line(name)}: {for_a_line(head.sentence)}", "", indent)
    lines += _wrapped(for_a_line(" ".join(head.lines)), indent, indent)
    for advice in head.advice:
        lines += _wrapped(f"what to do: {advice}", indent, indent + "  ")
    return lines


def _one_cell(cell: CellResult, verbose: bool) -> list[list[str]]:
    if not verbose and all(value.value is None for value in cell.metrics.values()):
        return [_unmeasured(cell)]
    tables = [_table_of(cell, () if verbose else key_metrics([cell]))]
    every = _every_metric(cell) if verbose else []
    return [*tables, every, _unmeasured(cell)]


def _table_of(cell: CellResult, metrics: Sequence[str]) -> list[str]:
    """Expectations first, then those of ``metrics`` that have none."""
    rows: list[Row] = [("", "metric", "value", _interval_name(cell), "expected", "")]
    judged = {e.metric for e in cell.expectations}
    rows += [_expected_row(e, cell) for e in cell.expectations]
    rows += [
        ("", label(name), *shown(name, cell.metrics[name]), "", "")
        for name in metrics
        if name not in judged
    ]
    return _columns(rows, right=(2,))


def _every_metric(cell: CellResult) -> list[str]:
    rows: list[Row] = [("", "metric", "value", _interval_name(cell))]
    # A run of an older version has fewer metrics.
    rows += [("", label(name), *shown(name, cell.metrics[name])) for name in METRICS]
    title = [] if cell.cell == DEFAULT_CELL else _wrapped(cell.cell, _INDENT, _INDENT)
    return title + _columns(rows, right=(2,))


def _expected_row(expectation: JudgedExpectation, cell: CellResult) -> Row:
    metric, limit, holds = expectation.metric, expectation.limit, expectation.holds
    values = (expectation.value, expectation.low, expectation.high)
    form = scale(metric, values, limit)
    outcome = _OUTCOMES[holds] + (", close" if expectation.close else "")
    return (
        _MARKS[holds],
        label(metric),
        *shown(metric, cell.metrics[metric], limit),
        f"{expectation.operator} {form.with_unit(form.limit(limit))}",
        outcome,
    )


def _interval_name(cell: CellResult) -> str:
    count = len(counting(cell.trials))
    if count < 2:
        return ""
    coverages = {value.coverage for value in cell.metrics.values() if value.coverage}
    return f"{max(coverages):.1%} interval" if coverages else "[smallest, largest]"


def _remarks(cells: Sequence[CellResult]) -> list[str]:
    """Return how the displayed ones of the key numbers are to be read, where that is not plain."""
    found = map(for_a_line, remarks_on_display(cells))
    return [line for text in found for line in _wrapped(text, _INDENT, _INDENT + "  ")]


def _unmeasured(cell: CellResult) -> list[str]:
    names = dict.fromkeys([*(e.metric for e in cell.expectations), *KEY_METRICS])
    reasons: dict[str, list[str]] = {}
    for name in names:
        value = cell.metrics[name]
        if value.value is None:
            reasons.setdefault(value.reason, []).append(label(name))
    lines: list[str] = []
    for reason, labels in reasons.items():
        text = f"not measured: {', '.join(labels)} ({for_a_line(reason)})"
        lines += _wrapped(text, _INDENT, _INDENT + "  ")
    return lines


def _side_by_side(cells: Sequence[CellResult], verbose: bool) -> list[str]:
    """Metrics as lines, cells as columns."""
    names = tuple(METRICS) if verbose else _shown_metrics(cells)
    width = (WIDTH - len(_INDENT) - 20) // len(cells) - 2
    rows: list[Row] = [("", *(_cut(short_cell(cell.cell), width) for cell in cells))]
    rows += [("verdict", *(cell.status for cell in cells))]
    rows += [("quality", *(str(cell.quality or UNKNOWN) for cell in cells))]
    for name in names:
        found = [shown(name, cell.metrics[name]) for cell in cells]
        rows.append((label(name), *(value for value, _ in found)))
        if any(interval for _, interval in found):
            rows.append(("", *(interval for _, interval in found)))
    return _columns(rows, right=tuple(range(1, len(cells) + 1)))


def _line_a_cell(cells: Sequence[CellResult]) -> list[str]:
    names = [name for name in KEY_METRICS if name != "freeze_count"]
    rows: list[Row] = [("cell", "verdict", *(label(name) for name in names))]
    for cell in cells:
        values = [shown(name, cell.metrics[name])[0] for name in names]
        values = ["-" if value == "not measured" else value for value in values]
        rows.append((_cut(short_cell(for_a_line(cell.cell)), 22), cell.status, *values))
    lines = _columns(rows, right=tuple(range(2, 2 + len(names))))
    if any("-" in row[2:] for row in rows):
        lines.append(f"{_INDENT}-  not measured; the report says why")
    return lines


def _shown_metrics(cells: Sequence[CellResult]) -> tuple[str, ...]:
    expected = [e.metric for cell in cells for e in cell.expectations]
    return tuple(dict.fromkeys([*expected, *key_metrics(cells)]))


def _expectations(cells: Sequence[CellResult]) -> list[str]:
    """One line an expectation: where it holds, and where it does not."""
    rows: list[Row] = []
    for index, text in enumerate(e.text for e in cells[0].expectations):
        outcomes = [cell.expectations[index].holds for cell in cells]
        failed = [c for c, holds in zip(cells, outcomes, strict=True) if holds is False]
        unjudged = outcomes.count(None)
        mark = _MARKS[False if failed else None if unjudged else True]
        outcome = f"holds in {outcomes.count(True)} of {len(cells)}"
        if failed:
            outcome += f"; not with {'; '.join(short_cell(c.cell) for c in failed[:2])}"
            outcome += f" and {len(failed) - 2} more" if len(failed) > 2 else ""
        elif unjudged:
            outcome += f"; not judged in {unjudged}"
        rows.append((mark, text, outcome))
    return [line for row in rows for line in _wrapped("  ".join(row), "  ", "        ")]


def _spreads(cells: Sequence[CellResult]) -> list[str]:
    """Return why trials of a cell lie far apart."""
    lines = []
    for cell in cells:
        words = spread_words(cell)
        if words:
            name = name_of(cell)
            lines += _wrapped(f"{name}: {words}" if name else words, _INDENT, _INDENT + "  ")
    return lines


def _recoveries(cells: Sequence[CellResult]) -> Iterator[str]:
    """One line an impairment."""
    for cell in cells:
        place = f"{name_of(cell)}: " if len(cells) > 1 else ""
        for row in recovery_rows(cell):
            yield for_a_line(f"recovery  {place}{row.sentence}")


def _drops(cells: Sequence[CellResult]) -> list[str]:
    """Dropped frames of the trials that count, else of all, by the phase they died in."""
    trials = [t for cell in cells for t in counting(cell.trials)]
    trials = trials or [t for cell in cells for t in cell.trials]
    trials = [trial for trial in trials if trial.frames]
    captured = sum(trial.frames.get("captured", 0) for trial in trials)
    if not captured:
        return []
    title = f"drops by phase ({plural(len(trials), 'trial')}, {captured} frames)"
    counts = {
        # A run of an older version has fewer phases.
        phase: sum(t.value(f"drops.{phase}") or 0 for t in trials)
        for phase in DROP_PHASES
    }
    if not any(counts.values()):
        return [f"{_INDENT}{title}: none"]
    parts = "  ".join(f"{label(p)} {count:.0f}" for p, count in counts.items() if count)
    lines = [f"{_INDENT}{title}", *_wrapped(parts, _INDENT + "  ", _INDENT + "  ")]
    if len(cells) == 1 and (loss := link_loss(cells[0])):
        lines += _wrapped(loss, _INDENT + "  ", _INDENT + "  ")
    return lines


def _doubts(result: RunResult) -> list[str]:
    """The trials that do not count, and why."""
    found = doubts(result, attempts=True)
    if not found:
        return []
    width = max(len("trial"), *(min(len(numbers), 12) for numbers, _, _ in found))
    lines = [f"{_INDENT}{'trial':<{width}}  why it does not count"]
    for numbers, place, reason in found:
        line = f"{place}: {reason}" if place else reason
        text = f"{_cut(numbers, 12):<{width}}  {for_a_line(line)}"
        lines += _wrapped(text, _INDENT, _INDENT + " " * (width + 2))
    return lines


def _columns(rows: Sequence[Row], right: Sequence[int] = ()) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return list(_lines(rows, widths, right))


def _lines(rows: Sequence[Row], widths: Sequence[int], right: Sequence[int]) -> Iterator[str]:
    marked = widths[0] <= 1  # a mark hangs before the indent
    for row in rows:
        cells = [
            text.rjust(widths[i]) if i in right else text.ljust(widths[i])
            for i, text in enumerate(row)
            if widths[i]
        ]
        if marked:
            mark = f"  {cells[0]} " if widths[0] else _INDENT
            rest = cells[1:] if widths[0] else cells
            yield (mark + "  ".join(rest)).rstrip()
        else:
            yield (_INDENT + "  ".join(cells)).rstrip()


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    # A replaced pair of spaces keeps the columns that the text was given.
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        replace_whitespace=True,
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
