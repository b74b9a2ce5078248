"""compare.html: one file without a script, that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from markupsafe import Markup

from g2gbench.analysis.comparison import Outcome, Row
from g2gbench.report.figures import floor_strip
from g2gbench.report.figures.compared import compared
from g2gbench.report.figures.drawing import FloatArray
from g2gbench.report.figures.palette import css_variables
from g2gbench.report.formats.html_page import Drawer, environment
from g2gbench.report.text.comparison_words import RowWords, rows_in_order, trials_line, words
from g2gbench.statistics.holm import LEVEL
from g2gbench.store.comparing import Comparison, conditions
from g2gbench.store.reading import Run

MOST_FIGURES: Final = 4
"""Figures of the rows that need a look; the others are in the table."""

KINDS: Final[Mapping[Outcome | None, str]] = {
    "regression": "regression",
    "inconclusive": "inconclusive",
    "improvement": "improvement",
    "no difference": "nodiff",
    None: "nodiff",
}
"""By outcome the class of the page's style."""

_LOOKED_AT: Final = ("regression", "inconclusive", "improvement")


def render(comparison: Comparison) -> str:
    """The page of a comparison."""
    head = words(comparison)
    rows = rows_in_order(comparison)
    most = floor_strip.reach(row for row in comparison.rows if row.judged)
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            palette=Markup(css_variables()),
            name=comparison.candidate.name,
            base=comparison.base.path.name,
            candidate=comparison.candidate.path.name,
            head=head,
            kind=KINDS[head.status],
            exit_code=int(comparison.exit_code()),
            several=len({row.cell for row in comparison.rows}) > 1,
            rows=[_row(words, most) for words in rows if words.row.judged],
            shown=[_row(words, most) for words in rows if not words.row.judged],
            axis=Markup(floor_strip.axis(most)),
            figures=list(_figures(comparison, [words.row for words in rows])),
            level=f"{LEVEL:.0%}".replace("%", " %"),
            trials=trials_line(comparison),
            conditions=list(_conditions(comparison)),
            noise=_noise(comparison),
            version=comparison.candidate.file.g2gbench,
        )
    )


def _row(words: RowWords, most: float) -> dict[str, object]:
    row = words.row
    alt = f"{words.outcome}: difference {words.difference}"
    alt += f", interval {words.interval}, effect floor {words.floor} {words.unit}".rstrip()
    return {
        "words": words,
        "kind": KINDS[row.outcome],
        "big": row.outcome in _LOOKED_AT,
        "strip": Markup(floor_strip.svg(row, most)) if row.shift is not None else "",
        "alt": alt if row.shift is not None else words.note,
        "p_alone": _probability(row.p_value),
        "p": _probability(row.p_adjusted),
    }


def _probability(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _figures(comparison: Comparison, rows: Sequence[Row]) -> Iterator[dict[str, object]]:
    """The rows that need a look, trial by trial."""
    drawer = Drawer()
    looked_at = [row for row in rows if row.outcome in _LOOKED_AT and row.shift is not None]
    for number, row in enumerate(looked_at[:MOST_FIGURES], 1):
        sides = [
            _frames(run, row.cell) if row.metric.startswith("g2g_ms.") else []
            for run in (comparison.base, comparison.candidate)
        ]
        drawn = drawer.draw(compared(row, sides[0], sides[1], f"compared-{number}"))
        yield {"row": _row(_words_of(comparison, row), 1.0), "drawn": drawn}


def _words_of(comparison: Comparison, row: Row) -> RowWords:
    return next(words for words in rows_in_order(comparison) if words.row is row)


def _frames(run: Run, cell: str) -> list[FloatArray]:
    """g2g in ms of the steady frames of every valid trial."""
    found = []
    for trial in run.trials:
        if trial.cell != cell or trial.status != "ok":
            continue
        table = trial.frames_table()
        steady = table.column("steady").to_numpy(zero_copy_only=False).astype(bool)
        g2g = table.column("g2g_ms").to_numpy(zero_copy_only=False).astype(np.float64)
        values = g2g[steady & np.isfinite(g2g)]
        if len(values):
            found.append(values)
    return found


def _conditions(comparison: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Yield what was the same on both sides: name, base, candidate, and the word for it."""
    base, candidate = comparison.base, comparison.candidate
    unlike = {one.name for one in comparison.unlike}
    fields = {name for name in unlike if not name.startswith("machine.")}
    fields -= {"g2gbench", "client", "marker"}
    machine = any(name.startswith("machine.") for name in unlike)
    yield "Scenario", _hash(base), _hash(candidate), _word(bool(fields))
    yield "Machine", _machine(base), _machine(candidate), _word(machine)
    versions = [run.file.g2gbench for run in (base, candidate)]
    yield "g2gbench", versions[0], versions[1], _word("g2gbench" in unlike)
    sides = [conditions(run) for run in (base, candidate)]
    for name in ("client", "marker"):
        values = [", ".join(sorted(getattr(side, f"{name}s"))) or "–" for side in sides]
        yield name.capitalize(), values[0], values[1], _word(name in unlike)
    for difference in comparison.unlike:
        if difference.name in fields:
            yield difference.name, difference.base, difference.candidate, _word(True)
    packages = [run.file.versions for run in (base, candidate)]
    for package in dict.fromkeys([*packages[0], *packages[1]]):
        values = [str(side.get(package)) for side in packages]
        if values[0] != values[1]:
            yield package, values[0], values[1], "under test"
    yield "Started", _started(base), _started(candidate), ""


def _word(differs: bool) -> str:
    return "differs" if differs else "same"


def _hash(run: Run) -> str:
    return f"sha256 {run.file.scenario_sha256[:8]}…"


def _machine(run: Run) -> str:
    machine = run.file.machine
    values = [
        f"{machine.cores} cores",
        f"{machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else "",
        machine.processor or "",
        machine.system or "",
    ]
    return ", ".join(part for part in values if part)


def _started(run: Run) -> str:
    return run.started.strftime("%Y-%m-%d %H:%M UTC")


def _noise(comparison: Comparison) -> str:
    if comparison.noise is None:
        return (
            "The noise of this machine is not known for this scenario: g2gbench baseline noise "
            "learns it from runs of one and the same thing."
        )
    taken = comparison.noise.taken[:10]
    runs = len(comparison.noise.runs)
    return f"The noise of this machine was learned on {taken} from {runs} runs of this scenario."
