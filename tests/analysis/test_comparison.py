from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from g2gbench.analysis.comparison import (
    JUDGED,
    NO_DIRECTION,
    OUTCOMES,
    SHOWN,
    Asked,
    Row,
    compare_trials,
    confirmed,
    status_of,
)
from g2gbench.analysis.effect_floors import Floor
from g2gbench.analysis.trials import TrialResult, TrialStatus
from g2gbench.measure.registry import METRICS
from tests.analysis.trials import trial

FIVE = (98.0, 99.0, 100.0, 101.0, 102.0)
P50 = "g2g_ms.p50"


def trials(
    values: Sequence[float | None],
    metric: str = P50,
    *,
    cell: str = "default",
    status: TrialStatus = "ok",
) -> list[TrialResult]:
    return [trial(i, {metric: v}, cell=cell, status=status) for i, v in enumerate(values)]


def compared(
    base: Sequence[float | None],
    candidate: Sequence[float | None],
    metric: str = P50,
    *,
    floor: float = 5,
    noise: Mapping[tuple[str, str], float] | None = None,
) -> Row:
    asked = Asked((metric,), {metric: Floor(least=floor)}, noise)
    (row,) = compare_trials(trials(base, metric), trials(candidate, metric), ["default"], asked)
    return row


def moved(by: float, values: Sequence[float] = FIVE) -> list[float]:
    return [value + by for value in values]


def test_beyond_the_floor_with_an_interval_without_zero_is_a_regression() -> None:
    row = compared(FIVE, moved(10))
    assert (row.outcome, row.base, row.candidate) == ("regression", 100, 110)
    assert row.shift is not None
    assert (row.shift.value, row.shift.low, row.shift.high) == (10, 7, 13)
    assert row.p_value == row.p_adjusted == pytest.approx(1 / 252)


def test_the_same_to_the_better_is_an_improvement() -> None:
    assert compared(FIVE, moved(-10)).outcome == "improvement"
    assert compared(FIVE, moved(10), "fps").outcome == "improvement"
    assert compared(FIVE, moved(-10), "fps").outcome == "regression"


def test_a_difference_of_just_the_floor_does_not_pass_it() -> None:
    of_just_the_floor = compared(FIVE, moved(10), floor=10)
    assert of_just_the_floor.outcome == "inconclusive"
    assert of_just_the_floor.reason.startswith("a difference within the floor")
    assert compared(FIVE, moved(10), floor=9.99).outcome == "regression"


def test_a_whole_interval_within_the_floor_is_no_difference_its_edge_included() -> None:
    assert compared(FIVE, FIVE, floor=3).outcome == "no difference"
    assert compared(FIVE, FIVE, floor=2.99).outcome == "inconclusive"
    assert compared(FIVE, moved(1), floor=4).outcome == "no difference"


def test_what_is_neither_stays_open_and_says_how_many_repeats_would_decide() -> None:
    row = compared(FIVE, moved(1), floor=2.5)
    assert row.outcome == "inconclusive"
    assert row.reason == "the interval holds zero and passes the floor"
    assert row.more_repeats is not None
    assert 0 < row.more_repeats < 40


@pytest.mark.parametrize("n", [1, 2, 3])
def test_three_a_side_show_nothing_however_far_apart(n: int) -> None:
    row = compared(FIVE[:n], moved(500)[:n])
    assert row.outcome == "inconclusive"
    assert f"{n} and {n} trials can show nothing" in row.reason
    assert row.more_repeats == (None if n == 1 else 4 - n)


def test_equal_values_of_three_a_side_are_open_too() -> None:
    assert compared([0, 0, 0], [0, 0, 0]).outcome == "inconclusive"
    assert compared([0] * 4, [0] * 4).outcome == "no difference"


def test_four_a_side_can_show_a_regression() -> None:
    assert compared(FIVE[:4], moved(10)[:4]).outcome == "regression"


def test_the_machines_noise_is_the_floor_where_it_is_larger() -> None:
    row = compared(FIVE, moved(10), noise={("default", P50): 20.0})
    assert row.outcome == "no difference"
    assert row.floor is not None
    assert (row.floor.value, row.floor.source) == (20, "noise")
    row = compared(FIVE, moved(10), noise={("default", P50): 1.0, ("other", P50): 99.0})
    assert (row.outcome, row.floor and row.floor.source) == ("regression", "user")


def test_only_valid_trials_count() -> None:
    base = trials(FIVE) + trials([1.0], status="invalid")
    bad = [trial(i, {P50: 900.0}, status="invalid") for i in range(5)]
    asked = Asked((P50,))
    (row,) = compare_trials(base, trials(FIVE) + bad, ["default"], asked)
    assert row.base_values == row.candidate_values == FIVE


@pytest.mark.parametrize(("n", "outcome"), [(5, "inconclusive"), (6, "regression")])
def test_a_large_family_asks_for_more_than_five_trials_can_give(n: int, outcome: str) -> None:
    values = [*FIVE, 100.5][:n]
    cells = [f"cell={i}" for i in range(13)]
    base = [one for cell in cells for one in trials(values, cell=cell)]
    other = [
        one
        for cell in cells
        for one in trials(moved(50 if cell == cells[0] else 0.25, values), cell=cell)
    ]
    first = compare_trials(base, other, cells, Asked((P50,)))[0]
    assert first.outcome == outcome
    assert first.p_adjusted == pytest.approx(13 * (first.p_value or 0))
    assert ("not sure enough in this family" in first.reason) is (n == 5)
    assert first.more_repeats == (1 if n == 5 else None)


def test_rows_of_equal_values_leave_the_family_as_small_as_it_is() -> None:
    cells = [f"cell={i}" for i in range(30)]
    base = [t for c in cells for t in trials(FIVE if c == cells[0] else [0] * 5, cell=c)]
    other = [t for c in cells for t in trials(moved(19) if c == cells[0] else [0] * 5, cell=c)]
    first, *rest = compare_trials(base, other, cells, Asked((P50,)))
    assert first.outcome == "regression"
    assert {row.outcome for row in rest} == {"no difference"}


def test_a_metric_without_a_better_direction_is_shown_and_never_judged() -> None:
    row = compared(FIVE, moved(99), "uplink.bitrate_bps")
    assert (row.outcome, row.reason, row.p_value) == (None, NO_DIRECTION, None)
    assert row.shift is not None


def test_what_one_side_alone_measured_is_open_and_what_neither_did_is_not_judged() -> None:
    row = compared(FIVE, [None] * 5)
    assert (row.outcome, row.candidate, row.shift) == ("inconclusive", None, None)
    assert row.reason == "candidate: not measured"
    assert compared([None], [None]).outcome is None
    (row,) = compare_trials(trials(FIVE), [], ["default"], Asked((P50,)))
    assert row.reason == "candidate: no valid trial"


def test_unless_asked_a_few_metrics_are_judged_and_a_few_more_shown() -> None:
    values = dict.fromkeys([*JUDGED, *SHOWN], 1.0)
    side = [trial(i, values) for i in range(5)]
    rows = compare_trials(side, side, ["default"], Asked())
    assert [row.metric for row in rows if row.judged] == list(JUDGED)
    assert [row.metric for row in rows if not row.judged] == list(SHOWN)
    assert all(METRICS[name].direction != "neither" for name in JUDGED)


def test_of_several_outcomes_a_regression_is_told_first_then_doubt() -> None:
    rows = [compared(FIVE, moved(by)) for by in (10, -10, 0, 3)]
    assert [row.outcome for row in rows] == [
        "regression",
        "improvement",
        "no difference",
        "inconclusive",
    ]
    assert [status_of(rows[i:]) for i in range(4)] == [
        "regression",
        "inconclusive",
        "inconclusive",
        "inconclusive",
    ]
    assert status_of(rows[1:3]) == "improvement"
    assert status_of([rows[2]]) == OUTCOMES[-1]


def test_a_regression_that_a_second_set_does_not_show_is_open() -> None:
    row = compared(FIVE, moved(10))
    assert confirmed(row, row).confirmed is True
    again = confirmed(row, compared(FIVE, FIVE))
    assert (again.outcome, again.confirmed) == ("inconclusive", False)
    assert "does not confirm it: no difference" in again.reason


def _each(values: Sequence[float], others: Sequence[float]) -> list[TrialResult]:
    """Trials with the first judged metric, and all other ones."""
    return [
        trial(i, dict.fromkeys(JUDGED, other) | {P50: value})
        for i, (value, other) in enumerate(zip(values, others, strict=True))
    ]


def test_the_primary_metric_is_tested_alone_at_the_full_level() -> None:
    """Four trials a side: the smallest p-value is 1/70, too large for one of a family of five."""
    four = FIVE[:4]
    found = compare_trials(_each(four, four), _each(moved(50, four), four), ["default"], Asked())
    assert [row.metric for row in found if row.primary] == [P50]
    assert found[0].metric == P50
    assert found[0].outcome == "regression"
    assert found[0].p_adjusted == pytest.approx(1 / 70)
    others = [row for row in found if row.judged and not row.primary]
    assert {row.outcome for row in others} == {"no difference"}


def test_another_metric_may_be_the_primary_one() -> None:
    asked = Asked(primary="ttff_ms")
    assert asked.judged[0] == "ttff_ms"
    assert set(asked.judged) == set(JUDGED)
    assert Asked(("fps",), primary="ttff_ms").judged == ("fps",)


def test_the_primary_metric_of_several_cells_is_one_family() -> None:
    names = ("a", "b", "c", "d", "e")
    base = [t for name in names for t in trials(FIVE[:4], cell=name)]
    candidate = [t for name in names for t in trials(moved(50, FIVE[:4]), cell=name)]
    found = compare_trials(base, candidate, names, Asked((P50,)))
    assert [row.p_adjusted for row in found] == [pytest.approx(5 / 70)] * 5
