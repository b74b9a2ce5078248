from __future__ import annotations

from typing import Any

import pytest

from g2gbench.link.traces import Opportunities, Step, Steps, Timeline, trace_from

S = 1_000_000_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "opportunities", "at_ms": []}, "at least one time"),
        ({"kind": "opportunities", "at_ms": [0, 0]}, "the last above 0"),
        ({"kind": "opportunities", "at_ms": [-1, 4]}, "at least one time"),
        ({"kind": "opportunities", "at_ms": [3, 2]}, "must not fall"),
        ({"kind": "opportunities"}, "lacks or misspells 'at_ms'"),
        ({"kind": "steps", "rows": [], "period_s": 1}, "at least one row"),
        ({"kind": "steps", "rows": [[0], [0]], "period_s": 1}, "must rise"),
        ({"kind": "steps", "rows": [[0], [1]], "period_s": 1}, "more than the last row's"),
        ({"kind": "steps", "rows": [[0]], "period_s": 1e-5}, "0.001 or more"),
        ({"kind": "steps", "rows": [[0, -1]], "period_s": 1}, "capacity_bps -1; 0.. is allowed"),
        ({"kind": "steps", "rows": [[0, None, None, 2]], "period_s": 1}, "loss 2; 0..1 is"),
        ({"kind": "steps", "rows": [[0, 0.5]], "period_s": 1}, "0 and 1.. are allowed"),
        ({"kind": "steps", "rows": [[0, 0], [1, 0]], "period_s": 2}, "nothing through, ever"),
        ({"kind": "steps", "rows": [[0, 1, 1, 1, 1]], "period_s": 2}, "lacks or misspells"),
        ({"kind": "sine"}, "'sine'; opportunities and steps are allowed"),
    ],
)
def test_what_is_no_trace_is_refused_in_words(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        trace_from(data)


def test_opportunities_may_repeat_a_time() -> None:
    found = trace_from({"kind": "opportunities", "at_ms": [0, 3, 3, 7]})
    assert found == Opportunities((0, 3, 3, 7))


def test_a_row_holds_until_the_next_and_the_trace_repeats() -> None:
    first, second = Step(0, 1e6), Step(2, 2e6)
    timeline = Timeline(Steps((first, second), 5), epoch_ns=100 * S)
    at = [timeline.at(t * S) for t in (100, 101, 102, 104, 105, 107)]
    assert [row for row, _ in at] == [first, first, second, second, first, second]
    assert [until // S for _, until in at] == [102, 102, 105, 105, 107, 110]


def test_before_the_first_row_the_directions_own_figures_hold_in_every_round() -> None:
    row = Step(1, 1e6)
    timeline = Timeline(Steps((row,), 3), epoch_ns=0)
    assert [timeline.at(t * S)[0] for t in (0, 1, 3, 4)] == [Step(0), row, Step(0), row]
