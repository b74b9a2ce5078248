from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from g2gbench.analysis.trials import TrialStatus
from g2gbench.scenario import cells
from g2gbench.trial.plan import PlannedTrial, blocks
from g2gbench.trial.schedule import Key, Schedule
from tests.scenario.texts import scenario

TEXT = """\
session: {warmup: 2s, duration: 8s}
repeat: 2
matrix: {publish.codec: [vp8, h264]}
"""
VP8, H264 = "publish.codec=vp8", "publish.codec=h264"


def schedule(
    retries: int = 0, before: Mapping[Key, Sequence[TrialStatus]] | None = None
) -> Schedule:
    return Schedule(blocks(cells(scenario(TEXT))), retries=retries, before=before)


def run(
    plan: Schedule, ending: Callable[[PlannedTrial], TrialStatus]
) -> list[tuple[str, int, int]]:
    """Every trial to its end: cell, repeat, attempt."""
    order = []
    while (coming := plan.next()) is not None:
        trial = coming.trial
        order.append((trial.cell.name, trial.repeat, trial.attempt))
        plan.ended(trial, ending(trial), 13)
    return order


ONCE = [(VP8, 0, 0), (H264, 0, 0), (VP8, 1, 0), (H264, 1, 0)]


@pytest.mark.parametrize("status", ["ok", "unreachable", "failed"])
def test_whatever_is_not_invalid_runs_once(status: TrialStatus) -> None:
    assert run(schedule(retries=3), lambda _: status) == ONCE


def test_without_retries_an_invalid_trial_stands() -> None:
    assert run(schedule(), lambda _: "invalid") == ONCE


def test_an_invalid_trial_runs_again_at_the_end_of_its_block() -> None:
    def ending(trial: PlannedTrial) -> TrialStatus:
        return "invalid" if (trial.cell.name, trial.repeat, trial.attempt) == ONCE[0] else "ok"

    assert run(schedule(retries=1), ending) == [*ONCE[:2], (VP8, 0, 1), *ONCE[2:]]


def test_a_trial_runs_again_no_more_often_than_allowed() -> None:
    order = run(schedule(retries=2), lambda trial: "invalid" if trial.repeat else "ok")
    assert [one for one in order if one[1] == 1 and one[0] == VP8] == [
        (VP8, 1, 0),
        (VP8, 1, 1),
        (VP8, 1, 2),
    ]
    assert len(order) == 2 + 2 * 3


def test_a_resumed_run_leaves_out_what_has_ended_and_repeats_what_was_cut_off() -> None:
    before: dict[Key, list[TrialStatus]] = {
        (VP8, 0): ["ok"],
        (H264, 0): ["interrupted"],
        (VP8, 1): ["failed"],
    }
    assert run(schedule(before=before), lambda _: "ok") == [(H264, 0, 1), (H264, 1, 0)]


def test_what_was_invalid_before_counts_among_the_retries_and_what_was_cut_off_does_not() -> None:
    before: dict[Key, list[TrialStatus]] = {
        (VP8, 0): ["invalid"],
        (H264, 0): ["interrupted", "interrupted", "invalid"],
        (VP8, 1): ["invalid", "invalid"],
        (H264, 1): ["ok"],
    }
    assert run(schedule(before=before), lambda _: "ok") == []
    assert run(schedule(1, before), lambda _: "invalid") == [(VP8, 0, 1), (H264, 0, 3)]


def test_the_first_estimate_is_the_one_of_the_scenario() -> None:
    plan = schedule()
    assert plan.left_s == sum(c.scenario.estimated_seconds for c in cells(scenario(TEXT))) == 60
    first = plan.next()
    assert first is not None
    assert (first.index, first.total, first.trial_s, first.left_s) == (0, 4, 15, 60)


def test_the_estimate_learns_from_the_trials_that_were_run_to_their_end() -> None:
    plan = schedule(retries=1)
    for status, took_s, left_s in (
        ("ok", 12.0, 3 * 12),
        ("failed", 1.0, 2 * 12),  # it tells nothing of how long one takes
        ("invalid", 14.0, 2 * 13),  # the last one, and this one again
    ):
        coming = plan.next()
        assert coming is not None
        plan.ended(coming.trial, status, took_s)  # type: ignore[arg-type] # a word of the table
        assert plan.left_s == left_s
    coming = plan.next()
    assert coming is not None
    assert (coming.index, coming.total) == (3, 5)
