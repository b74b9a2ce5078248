"""Recorded runs judged again under other bounds: what was recorded stays as it is."""

from __future__ import annotations

from dataclasses import replace

from g2gbench.analysis.result import RecordedVerdict
from g2gbench.measure.quality import judge, of_steady_state
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.store.reading import Run, Trial


def judged_again(run: Run, quality: QualitySection, name: str) -> Run:
    """The run as if it had been judged under ``quality``; ``name`` is what it was read from.

    The required bitrate is that of each cell where the section names none. Nothing is measured
    anew, and every metric but ``quality`` is the recorded one.
    """
    trials = tuple(_again(trial, quality) for trial in run.trials)
    return replace(run, trials=trials, judged_under=name, recorded=_recorded(run))


def _recorded(run: Run) -> RecordedVerdict:
    return RecordedVerdict(run.status, {cell.cell: cell.quality for cell in run.result.cells})


def _again(trial: Trial, quality: QualitySection) -> Trial:
    settings = quality.judging(trial.judging.required_bitrate_bps)
    if trial.judged:
        session = trial.session
        judged = judge(session, [(one.at_ns, one.sample) for one in trial.judged], settings)
        found = of_steady_state(session, judged)
    else:  # recorded by a version that judged nothing: its journal has all that is needed
        evaluation = trial.recorded.evaluate(judging=settings)
        judged, found = evaluation.judged, evaluation.quality
    result = replace(
        trial.result,
        metrics={**trial.result.metrics, "quality": found.value},
        limiting_factor=found.limiting_factor,
        quality_reasons=found.reasons,
    )
    return replace(trial, result=result, judging=settings, again=judged)
