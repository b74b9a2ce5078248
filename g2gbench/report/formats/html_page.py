"""report.html: one file without a script, that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

import jinja2
from markupsafe import Markup

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import counting
from g2gbench.measure.phases import PHASE_METRICS
from g2gbench.report.figures.budget import COLOURS
from g2gbench.report.figures.drawing import Illustration
from g2gbench.report.figures.illustrate import (
    CellFigures,
    budgets_figure,
    figures_of,
    heat_figure,
    matrix_figure,
    trade_off_figure,
)
from g2gbench.report.figures.palette import css_variables
from g2gbench.report.figures.svg import inline
from g2gbench.report.text.numbers import KEY_METRICS, label, plural
from g2gbench.report.text.one_line import for_markup
from g2gbench.report.views import cell_view, drop_view, phase_view, run_view, start_view
from g2gbench.report.views.baseline_view import Against, against, head_of
from g2gbench.report.views.budget_view import MEANINGS, budget_of, why_none
from g2gbench.report.views.checks import checks
from g2gbench.report.views.codec_view import CodecView, codec_views
from g2gbench.report.views.quality_view import UNKNOWN, level_words
from g2gbench.store.reading import Run


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure as the template shows it."""

    svgs: tuple[Markup, ...]
    css_class: str
    alt: str
    caption: str


def render(run: Run, figures: Sequence[CellFigures] | None = None) -> str:
    """The page of a run; ``figures`` where they have been prepared already."""
    figures = figures_of(run) if figures is None else figures
    drawer = Drawer()
    result = run.result
    planned = run.planned
    head = head_of(run)
    compared = against(run)
    cells = [
        _cell(i, found, drawer, planned.get(found.cell.cell, 0), compared)
        for i, found in enumerate(figures)
    ]
    return (
        environment()
        .get_template("run.html.j2")
        .render(
            palette=Markup(css_variables()),
            name=run.name,
            directory=run.path.name,
            version=run.file.g2gbench,
            head=head,
            compared=compared,
            exit_code=result.exit_code,
            started=run_view.time_of(run.file.started),
            asked=_asked(result.cells, planned),
            valid=sum(len(counting(cell.trials)) for cell in result.cells),
            planned=sum(planned.values()),
            cells=cells,
            quality=_quality(result.cells),
            heat=drawer.draw(heat_figure(run)),
            matrix=drawer.draw(matrix_figure(run)),
            codecs=[_codecs(view, drawer) for view in codec_views(result)],
            trade_off=drawer.draw(trade_off_figure(run)),
            budgets=drawer.draw(budgets_figure(run)),
            key_names=[label(name) for name in KEY_METRICS],
            checks=checks(run),
            calibration=run_view.calibration(run),
            processes=run_view.processes(run),
            quantisation=run_view.quantisation(run),
            machine=run_view.machine(run),
            scenario=run_view.scenario(run),
            scenario_text=run.file.scenario_text,
            glossary=run_view.glossary(),
        )
    )


def _codecs(view: CodecView, drawer: Drawer) -> dict[str, object]:
    """A comparison of codecs with its figures drawn."""
    drawn = {"curves": drawer.draw(view.curves), "rankings": [*map(drawer.draw, view.rankings)]}
    return {field.name: getattr(view, field.name) for field in fields(view)} | drawn


class Drawer:
    """Draws figures and numbers them, so that the ids of two never meet."""

    def __init__(self) -> None:
        self._serial = 0

    def draw(self, illustration: Illustration | None) -> Drawn | None:
        """The illustration for the page; None where there is none."""
        if illustration is None:
            return None
        self._serial += 1
        svgs = tuple(Markup(svg) for svg in inline(illustration, self._serial))
        widths = "-".join(str(width) for width in illustration.widths)
        return Drawn(svgs, f"w{widths}", illustration.alt, illustration.caption)


def _cell(
    index: int, found: CellFigures, drawer: Drawer, planned: int, compared: Against
) -> dict[str, object]:
    cell = found.cell
    outcomes, frames = cell_view.outcomes(cell)
    counted = [trial for trial in cell.trials if trial.accounting]
    return {
        "anchor": cell_view.anchor(index),
        "name": cell_view.name_of(cell),
        "full_name": cell.cell,
        "status": cell.status,
        "quality": level_words(cell),
        "tiles": cell_view.tiles(cell, compared),
        "interval_note": cell_view.interval_note(cell),
        "expectations": cell_view.expectations(cell),
        **_budget(cell.trials),
        "budget": drawer.draw(found.budget),
        "over_time": drawer.draw(found.over_time),
        **_phases(cell),
        "link_loss": drop_view.link_loss(cell),
        "shown": found.shown,
        "distribution": drawer.draw(found.distribution),
        "percentiles": cell_view.percentiles(cell),
        "displayed": cell_view.displayed_percentiles(cell),
        "display_remark": cell_view.remark_on_display(cell),
        "missing_percentiles": cell_view.missing_percentiles(cell),
        "drops": drawer.draw(found.drops),
        "drop_rows": drop_view.drop_rows(cell),
        "drops_missing": cell.metrics["drop_ratio"].reason,
        "valid": len(counting(cell.trials)),
        "first_frame": drawer.draw(found.first_frame),
        "first_seconds": drawer.draw(found.first_seconds),
        "start_rows": start_view.start_rows(cell),
        "every_trial": drawer.draw(found.every_trial),
        "outcomes": outcomes,
        "frames": frames,
        "trials": cell_view.trial_rows(cell, planned, found.records),
        "counted": [trial.repeat for trial in counted],
        "stages": drop_view.stages(counted) if counted else [],
        "metrics": cell_view.metrics(cell),
        "unmeasured": cell_view.unmeasured(cell),
    }


def _budget(trials: Sequence[TrialResult]) -> dict[str, object]:
    """The table of a cell's budget, or why there is none."""
    found = budget_of(trials)
    if found is None:
        return {
            "budget_rows": [],
            "budget_display": None,
            "budget_missing": why_none(trials),
            "budget_of": "",
        }
    rows = [
        {
            "number": number,
            "name": part.words,
            "colour": COLOURS[part.name],
            "ms": found.number(part),
            "share": found.share(part),
            "meaning": MEANINGS[part.name],
            "remark": part.remark,
        }
        for number, part in enumerate(found.all_parts, 1)
    ]
    total = found.scale.number(found.total_ms)
    sentence = f"{total} ms in the mean of {plural(found.frames, 'frame')} "
    sentence += f"of {plural(found.trials, 'trial')}"
    sentence += "" if found.counts else f" that {'does' if found.trials == 1 else 'do'} not count"
    if found.display is not None:
        sentence += f"; {found.number(found.display)} ms more until they were on display"
    return {
        "budget_rows": rows,
        "budget_display": None if found.display is None else rows[-1],
        "budget_missing": "",
        "budget_of": sentence,
    }


def _phases(cell: CellResult) -> dict[str, object]:
    rows, notes = phase_view.phase_rows(cell)
    return {
        "phases": rows,
        "phase_names": [label(name) for name in PHASE_METRICS],
        "phase_notes": notes,
        "recoveries": phase_view.recovery_rows(cell),
        "phase_trials": phase_view.trials_words(cell) if rows else "",
    }


def _quality(cells: Sequence[CellResult]) -> str:
    """The level of all cells: with what limits it where there is one, else each level once."""
    if len(cells) == 1:
        return level_words(cells[0])
    return ", ".join(dict.fromkeys(cell.quality or UNKNOWN for cell in cells)) or UNKNOWN


def _asked(cells: Sequence[object], planned: dict[str, int]) -> str:
    trials = plural(sum(planned.values()), "trial")
    return trials if len(cells) == 1 else f"{plural(len(cells), 'cell')}, {trials}"


def _allowed(value: object) -> object:
    """Text from outside without what no page may hold; figures are pages' own."""
    return for_markup(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@cache
def environment() -> jinja2.Environment:
    """Return the environment of every page's template."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("g2gbench.report"),
        autoescape=True,
        finalize=_allowed,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
