"""Choice of a run's figures: drawn into the page and, once more, as PNG files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import NONE_COUNTS, counting
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.report.figures.budget import as_file as budget_file
from g2gbench.report.figures.budget import budget as budget_figure
from g2gbench.report.figures.cells import cells as cells_figure
from g2gbench.report.figures.distribution import distribution
from g2gbench.report.figures.drawing import LARGE, MEDIUM, SMALL, Illustration
from g2gbench.report.figures.drops import drops
from g2gbench.report.figures.first_frame import first_frame
from g2gbench.report.figures.first_seconds import first_seconds
from g2gbench.report.figures.heat_map import grid_of, heat_map
from g2gbench.report.figures.limits import Limit, g2g_limit
from g2gbench.report.figures.over_time import over_time
from g2gbench.report.figures.trade_off import panels_of, trade_off
from g2gbench.report.figures.trials import trials as trials_figure
from g2gbench.report.text.headline import DEFAULT_CELL, short_cell
from g2gbench.report.views import codec_view
from g2gbench.report.views.budget_view import Budget, budget_of, by_phase
from g2gbench.report.views.link_view import link_view
from g2gbench.report.views.quality_view import quality_view
from g2gbench.report.views.series import Series, series_of
from g2gbench.report.views.start_view import start_view
from g2gbench.store.files import directory_name
from g2gbench.store.reading import Run, Trial

_MEANS: Final = "Means, because means add up; percentiles of parts do not."

MOST_DETAILED_CELLS: Final = 12
"""Of a larger matrix each cell gets one small figure, its latency over time."""


@dataclass(frozen=True)
class CellFigures:
    """The figures of one cell; None where nothing was measured that it could show."""

    run: Run
    cell: CellResult
    several: int

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """The cell's stored trials."""
        return tuple(trial for trial in self.run.trials if trial.cell == self.cell.cell)

    @property
    def records(self) -> dict[int, str]:
        """Paths of each repeat's raw records, relative to the report."""
        places = {t.repeat: os.path.relpath(t.path, self.run.report_path) for t in self.trials}
        return {repeat: quote(Path(place).as_posix()) for repeat, place in places.items()}

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """All of them over time."""
        return tuple(series_of(trial) for trial in self.trials)

    @cached_property
    def shown(self) -> Series | None:
        """The trial with the median g2g p95 of the valid ones; else the one with most frames."""
        valid = [s for s in counting(self.series) if len(s.steady_g2g_ms)]
        if valid:
            values = [_value(self._trial(s), "g2g_ms.p95") for s in valid]
            return valid[median_place(values)]
        found = [s for s in self.series if not s.empty]
        return max(found, key=lambda s: len(s.g2g_ms)) if found else None

    @cached_property
    def counted(self) -> tuple[Series, ...]:
        """The valid trials with frames; where there is none, all with frames."""
        steady = [s for s in self.series if len(s.steady_g2g_ms)]
        return tuple(counting(steady) or steady)

    def _marked(self, figure: Illustration | None) -> Illustration | None:
        """The figure, with a word where nothing in it counts."""
        if figure is None or counting(self.cell.trials):
            return figure
        return replace(figure, caption=f"{figure.caption}{NONE_COUNTS}".strip())

    @property
    def _shown_trials(self) -> Sequence[TrialResult]:
        """The trials of the summary that count; where there is none, all."""
        return counting(self.cell.trials) or self.cell.trials

    @property
    def limit(self) -> Limit | None:
        """The limit on g2g latency, where the scenario sets one."""
        return g2g_limit(self.cell.expectations)

    @cached_property
    def over_time(self) -> Illustration | None:
        """The shown trial over time."""
        if self.shown is None:
            return None
        widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE)
        if self.several:
            widths = (SMALL,) if self.several > MOST_DETAILED_CELLS else (SMALL, MEDIUM)
        shown = self.shown
        link = link_view(self._trial(shown), shown.begin_s, shown.end_s)
        quality = quality_view(self._trial(shown), shown.begin_s, shown.end_s)
        drawn = over_time(shown, self.limit, self._name("over-time"), widths, link, quality)
        return self._marked(drawn)

    @cached_property
    def budget_rows(self) -> list[tuple[str, Budget]]:
        """The budget of a single cell: of all trials, and phase by phase."""
        whole = budget_of(self.cell.trials)
        if self.several or whole is None:
            return []
        phases = by_phase(self._trial(self.shown)) if self.shown else []
        if not phases:
            return [("", whole)]
        return [("all of the steady state", whole)] + [
            (f"{phase.start_s:.1f} to {phase.end_s:.1f} s, {phase.label}", budget)
            for phase, budget in phases
        ]

    @cached_property
    def budget(self) -> Illustration | None:
        """Figure of the latency's parts."""
        if not self.budget_rows:
            return None
        caption = _MEANS
        if len(self.budget_rows) > 1 and len(self.trials) > 1 and self.shown:
            caption += f" The phases are those of trial {self.shown.repeat}."
        return self._marked(budget_figure(self.budget_rows, self._name("budget"), caption))

    @cached_property
    def distribution(self) -> Illustration | None:
        """The distribution of g2g latency over the counted trials."""
        if not self.counted or self.several > MOST_DETAILED_CELLS:
            return None
        name, metrics = self._name("distribution"), self.cell.metrics
        if self.several:
            return self._marked(distribution(self.counted, metrics, name, (SMALL,)))
        return self._marked(distribution(self.counted, metrics, name))

    @cached_property
    def drops(self) -> Illustration | None:
        """Dropped frames by phase; None where none was dropped."""
        counts = [
            {phase: int(count) for phase, count in _drops(trial).items() if count is not None}
            for trial in self._shown_trials
            if trial.value("drop_ratio") is not None
        ]
        if self.several or not any(any(count.values()) for count in counts):
            return None
        return self._marked(drops(counts, self._name("drops")))

    @cached_property
    def first_frame(self) -> Illustration | None:
        """The way to the first frame of the trial with the median ttff."""
        begun = [t for t in self._shown_trials if _plain(t, "connect_ms.websocket") is not None]
        if self.several or not begun:
            return None
        whole = [t for t in begun if _plain(t, "ttff_ms") is not None]
        place = median_place([_plain(t, "ttff_ms") for t in whole])
        trial = whole[place] if whole else begun[0]
        metrics = {name: value.value for name, value in trial.metrics.items()}
        return self._marked(first_frame(metrics, trial.repeat, self._name("first-frame")))

    @cached_property
    def first_seconds(self) -> Illustration | None:
        """The first seconds of the shown trial."""
        if self.several or self.shown is None:
            return None
        start = start_view(self._trial(self.shown))
        return self._marked(first_seconds(start, self._name("first-seconds"))) if start else None

    @cached_property
    def every_trial(self) -> Illustration | None:
        """Small charts of all trials, where there are several."""
        shown = [s for s in self.series if len(s.steady_g2g_ms)]
        if len(shown) < 2 or self.several > MOST_DETAILED_CELLS:
            return None
        name = self._name("trials")
        if self.several:
            return trials_figure(shown, self.limit, name, (SMALL, MEDIUM))
        return trials_figure(shown, self.limit, name)

    @property
    def every(self) -> list[Illustration]:
        """All figures of the cell, each on its own."""
        rows = self.budget_rows
        found = (
            budget_file(rows, self._name("budget")) if rows else None,
            self.over_time,
            self.distribution,
            self.drops,
            self.first_frame,
            self.first_seconds,
            self.every_trial,
        )
        return [illustration for illustration in found if illustration is not None]

    def _trial(self, series: Series) -> Trial:
        return next(t for t in self.trials if t.repeat == series.repeat)

    def _name(self, figure: str) -> str:
        if self.cell.cell == DEFAULT_CELL:
            return figure
        return f"{figure}-{directory_name(self.cell.cell)}"


def figures_of(run: Run) -> tuple[CellFigures, ...]:
    """The figures of every cell of a run."""
    found = run.result.cells
    several = len(found) if len(found) > 1 else 0
    return tuple(CellFigures(run, cell, several) for cell in found)


def matrix_figure(run: Run) -> Illustration | None:
    """All cells on one scale; None for a single cell, or when none has a value."""
    found = run.result.cells
    measured = any(cell.value("g2g_ms.p95") is not None for cell in found)
    if len(found) < 2 or not measured:
        return None
    return cells_figure(found, g2g_limit(found[0].expectations), "cells")


def heat_figure(run: Run) -> Illustration | None:
    """The matrix as a grid; None where fewer than two fields vary."""
    grid = grid_of(run.result.cells)
    return heat_map(grid, "heat-map") if grid else None


def trade_off_figure(run: Run) -> Illustration | None:
    """Latency against picture quality; None where fewer than two cells have both."""
    panels = panels_of(run.result.cells)
    return trade_off(panels, "latency-quality") if panels else None


def budgets_figure(run: Run) -> Illustration | None:
    """Return where the milliseconds go in each cell, on one scale; None for a single cell."""
    rows = _budgets(run)
    if not rows:
        return None
    some = len(rows) < len(run.result.cells)
    caption = f"{_MEANS} A cell without a bar has no known part." if some else _MEANS
    return budget_figure(rows, "budget", caption)


def _budgets(run: Run) -> list[tuple[str, Budget]]:
    cells = run.result.cells
    known = [(cell, budget) for cell in cells if (budget := budget_of(cell.trials))]
    return [
        (short_cell(cell.cell) + ("" if budget.counts else f" ({cell.status})"), budget)
        for cell, budget in known
        if len(cells) > 1
    ]


def for_files(run: Run, figures: Sequence[CellFigures]) -> list[Illustration]:
    """The figures that are written as PNG files; of a matrix the latency of each cell."""
    rows = _budgets(run)
    matrix = (heat_figure(run), matrix_figure(run), trade_off_figure(run))
    found = [figure for figure in matrix if figure is not None]
    found += codec_view.figures(run.result)
    found += [budget_file(rows, "budget")] if rows else []
    for cell in figures if len(figures) <= MOST_DETAILED_CELLS else ():
        every = [cell.over_time] if cell.several else cell.every
        found += [illustration for illustration in every if illustration is not None]
    return found


def median_place(values: Sequence[float | None]) -> int:
    """Return the index of the median value, the lower one of two; 0 where no value is known."""
    known = sorted((value, i) for i, value in enumerate(values) if value is not None)
    return known[(len(known) - 1) // 2][1] if known else 0


def _value(trial: Trial, metric: str) -> float | None:
    found = trial.result.metrics.get(metric)
    return found.value if found else None


def _plain(trial: TrialResult, metric: str) -> float | None:
    value: float | None = trial.value(metric)
    return value


def _drops(trial: TrialResult) -> dict[str, float | None]:
    return {phase: _plain(trial, f"drops.{phase}") for phase in DROP_PHASES}
