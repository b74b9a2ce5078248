from __future__ import annotations

from typing import Any

import pytest

from g2gbench.link.traces import Opportunities, Step, Steps, Timeline

S = 1_000_000_000


def _row(
    at_s: float = 0, capacity_bps: Any = None, delay_s: Any = None, loss: Any = None
) -> list[Any]:
    """A row as it stands in a line."""
    return [at_s, capacity_bps, delay_s, loss]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"at_ms": []}, "at least one time"),
        ({"at_ms": [0, 0]}, "the last above 0"),
        ({"at_ms": [-1, 4]}, "at least one time"),
        ({"at_ms": [3, 2]}, "must not fall"),
        ({"at_ms": None}, "not iterable"),
        ({"at_ms": ["1"]}, "'str' and 'int'"),
        ({}, "'at_ms'"),
    ],
)
def test_what_are_no_opportunities_is_refused_in_words(data: dict[str, Any], words: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError), match=words):
        Opportunities.of(data)


@pytest.mark.parametrize(
    ("rows", "period_s", "words"),
    [
        ([], 1, "at least one row"),
        ([_row(), _row()], 1, "must rise"),
        ([_row(), _row(1)], 1, "more than the last row's"),
        ([_row()], 1e-5, "0.001 or more"),
        ([_row(capacity_bps=-1)], 1, "capacity_bps -1; 0.. is allowed"),
        ([_row(loss=2)], 1, "loss 2; 0..1 is"),
        ([_row(capacity_bps=0.5)], 1, "0 and 1.. are allowed"),
        ([_row(capacity_bps=0), _row(1, capacity_bps=0)], 2, "nothing through, ever"),
        ([[*_row(), 1]], 2, "takes from 2 to 5 positional arguments but 6 were given"),
        ([_row(loss="1%")], 2, "must be real number, not str"),
        ([[]], 2, "'at_s'"),
        ([{"at_s": 0}], 2, "must be real number, not str"),
        ([1], 2, "must be an iterable, not int"),
        ([_row()], None, "must be real number, not NoneType"),
    ],
)
def test_what_are_no_steps_is_refused_in_words(rows: Any, period_s: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words.replace(".", r"\.")):
        Steps.of({"rows": rows, "period_s": period_s})


@pytest.mark.parametrize(("data", "lacks"), [({"rows": [_row()]}, "period_s"), ({}, "rows")])
def test_steps_lack_neither_rows_nor_a_period(data: dict[str, Any], lacks: str) -> None:
    with pytest.raises(KeyError, match=lacks):
        Steps.of(data)


def test_steps_are_made_of_their_rows_and_their_period() -> None:
    data = {"rows": [_row(0, capacity_bps=1e6), _row(2, delay_s=0.1, loss=None)], "period_s": 5}
    assert Steps.of(data) == Steps((Step(0, 1e6), Step(2, delay_s=0.1)), 5)


def test_steps_are_made_again_of_their_own_form() -> None:
    steps = Steps((Step(0, 1e6), Step(1.5, None, 0.1), Step(2, 3.5, 0.2, 0.3)), 4.5)
    form = steps.as_plain()
    assert form["rows"] == [[0, 1e6, None, None], [1.5, None, 0.1, None], [2, 3.5, 0.2, 0.3]]
    assert Steps.of(form) == steps


def test_figures_that_a_row_leaves_out_are_the_directions_own() -> None:
    assert Steps.of({"rows": [[0, 1e6], [2]], "period_s": 5}).rows == (Step(0, 1e6), Step(2))


def test_opportunities_may_repeat_a_time() -> None:
    found = Opportunities.of({"at_ms": [0, 3, 3, 7]})
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
