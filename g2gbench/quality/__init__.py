"""Verdicts on a connection: bands, scoring, smoothing with hysteresis, and preflight.

Pure: samples and numbers in, verdicts out. The scale, the bands and the smoothing are those of the
service's SDKs, so that a verdict reads the same; docs/verdicts.md says what is better here.
"""

from g2gbench.quality.evaluator import Evaluator
from g2gbench.quality.level import Level
from g2gbench.quality.preflight import deep_preflight, shallow_preflight
from g2gbench.quality.sample import Sample
from g2gbench.quality.scoring import score
from g2gbench.quality.thresholds import DEFAULT_THRESHOLDS, Band, Thresholds
from g2gbench.quality.verdict import Verdict

__all__ = [
    "DEFAULT_THRESHOLDS",
    "Band",
    "Evaluator",
    "Level",
    "Sample",
    "Thresholds",
    "Verdict",
    "deep_preflight",
    "score",
    "shallow_preflight",
]
