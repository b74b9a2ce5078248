from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from g2gbench.report.figures.drawing import LARGE
from g2gbench.report.figures.trials import MOST_CHARTS, trials
from g2gbench.report.views.series import Series, series_of
from tests.report.conftest import Reported


def many(reported: Reported, count: int) -> Sequence[Series]:
    """As many trials, each a millisecond faster than the one before."""
    one = series_of(reported["pass"].trials[0])
    return [
        dataclasses.replace(one, repeat=i, g2g_ms=np.asarray(one.g2g_ms - i)) for i in range(count)
    ]


def test_every_trial_has_a_chart_up_to_a_number(reported: Reported) -> None:
    figure = trials(many(reported, MOST_CHARTS), None, "trials")
    assert figure.alt.startswith(f"{MOST_CHARTS} small charts")
    assert "largest p95" not in figure.caption


def test_of_more_trials_the_slowest_are_shown_in_their_order(reported: Reported) -> None:
    shown = list(reversed(many(reported, MOST_CHARTS + 7)))
    figure = trials(shown, None, "trials")
    assert f"The {MOST_CHARTS} of {MOST_CHARTS + 7} trials with the largest p95." in figure.caption
    drawn = [text.get_text() for text in figure.draw(LARGE).figure.texts]
    assert [words for words in drawn if words.startswith("trial ")] == [
        f"trial {repeat}" for repeat in range(MOST_CHARTS)
    ]
