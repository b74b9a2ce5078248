"""docs/performance.md tells the limits of the figures as they are in the code."""

from __future__ import annotations

from g2gbench.report.figures.trials import MOST_CHARTS
from g2gbench.report.views.series import MOST_INTERVALS
from tests.benchmarks.report_scale import LIMITS_S
from tests.docs.documents import prose, read, rows

PAGE = read("docs/performance.md")
WORDS = " ".join(prose(PAGE).split())


def test_the_bounds_of_a_report_are_those_of_the_code() -> None:
    assert f"Of more than {MOST_CHARTS} trials the slowest have a chart" in WORDS
    assert f"of more than {MOST_INTERVALS // 60} minutes is drawn in intervals" in WORDS


def test_every_large_run_is_reported_on_within_its_time() -> None:
    told = [float(row[1]) for row in rows(PAGE, "| Run | Report, s | Page, kB |")]
    assert all(took < limit for took, limit in zip(told, LIMITS_S.values(), strict=True))
