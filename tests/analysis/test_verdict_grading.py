from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from g2gbench.analysis.verdict_grading import (
    OURS,
    RULES,
    Grade,
    Held,
    Truth,
    case_rows,
    grade,
    grades,
    of_judged,
    score_of,
)
from g2gbench.measure.quality import Judged
from g2gbench.quality import Evaluator, Level, Sample

CLEAN = Truth("clean", "none", Level.GOOD)
LOSS = Truth("3 %", "loss", Level.POOR)
MILD = Truth("0.5 %", "loss", Level.FAIR)
CPU = Truth("busy", "cpu", Level.GOOD)
G, F, P, C = Level.GOOD, Level.FAIR, Level.POOR, Level.CRITICAL


def held(
    levels: Iterable[Level | None], factor: str = "loss", provisional: int = 0
) -> tuple[Held, ...]:
    """One level a second, the first at 1 s; good has no factor."""
    return tuple(
        Held(i + 1.0, level, "none" if level in (G, None) else factor, i < provisional)
        for i, level in enumerate(levels)
    )


def of(levels: Sequence[Level | None], truth: Truth = LOSS, factor: str = "loss") -> Grade:
    window = None if truth.clean else (4.0, 10.0)
    return grade(truth, OURS, held(levels, factor), window)


def test_the_level_is_the_worst_from_the_impairment_on() -> None:
    assert of([C, C, G, G, G, P, P, G]).level is P
    assert of([G] * 12).level is G
    assert of([None] * 12).level is None
    assert of([None] * 12).factor == "none"


def test_detection_counts_from_the_start_to_a_level_as_bad_as_it_has_to_be() -> None:
    levels = [G] * 6 + [F, F, P, P, G]
    assert of(levels).detect_s == 5.0  # the ninth second, begun at the fourth
    assert of(levels, MILD).detect_s == 3.0
    assert of([G] * 6 + [F] * 6).detect_s is None


def test_recovery_counts_from_the_end_to_the_last_stretch_of_good() -> None:
    assert of([G] * 6 + [P] * 6 + [G] * 3).recover_s == 3.0
    assert of([G] * 6 + [P] * 6 + [G, P, G, G]).recover_s == 5.0
    assert of([G] * 6 + [P] * 6).recover_s is None
    assert of([G] * 5 + [P] * 4 + [G] * 5).recover_s == 0.0  # before the end already
    assert of([G] * 14).recover_s is None  # there was nothing to recover from


def test_a_factor_is_right_only_where_the_impairment_was_noticed() -> None:
    bad = [G] * 5 + [P] * 5
    assert of(bad).right_factor
    assert not of(bad, factor="latency").right_factor
    assert not of([G] * 5 + [F] * 5).right_factor  # severe, and held at fair
    assert of([G] * 5 + [F] * 5, MILD).right_factor


def test_the_factor_is_the_one_named_most_often_at_the_worst_level() -> None:
    seconds = held([G] * 5 + [F] * 6 + [P] * 3, "latency")
    seconds = (
        *seconds[:12],
        seconds[12]._replace(factor="loss"),
        seconds[13]._replace(factor="loss"),
    )
    assert grade(LOSS, OURS, seconds, (4.0, 10.0)).factor == "loss"


def test_the_processor_is_named_in_seconds_that_are_good() -> None:
    seconds = held([G] * 4 + [F] * 4, "stall")
    assert grade(CPU, OURS, seconds, None).factor == "stall"
    named = (seconds[0]._replace(factor="cpu"), *seconds[1:])
    assert grade(CPU, OURS, named, None).right_factor


def test_a_clean_session_held_below_good_is_a_false_alarm() -> None:
    assert not of([G] * 10, CLEAN).false_alarm
    assert of([G, G, F, F, G], CLEAN).false_alarm
    assert of([G] * 10, CLEAN).detect_s is None
    assert of([G] * 10, CLEAN).recover_s is None
    assert not of([G] * 5 + [P] * 5).false_alarm
    assert not of([None] * 5, CLEAN).false_alarm


def test_provisional_verdicts_are_no_alarms() -> None:
    assert not grade(CLEAN, OURS, held([F] * 3 + [G] * 5, provisional=3), None).false_alarm


@pytest.mark.parametrize(
    ("levels", "flaps"),
    [
        ([G] * 12, 0),
        ([G] * 6 + [F, P, C, P, G], 0),
        ([G] * 6 + [P, G, P, G], 2),
        ([G] * 6 + [P, F, P, F, G], 2),
    ],
)
def test_one_way_down_and_one_up_is_no_flap(levels: list[Level], flaps: int) -> None:
    assert of(levels).flaps == flaps


def test_in_a_clean_session_every_turn_is_a_flap() -> None:
    assert of([G] * 8, CLEAN).flaps == 0
    assert of([G, G, F, G], CLEAN).flaps == 2
    assert of([F, F, G, G], CLEAN).flaps == 1


def judged(samples: Sequence[Sample]) -> tuple[Judged, ...]:
    evaluator = Evaluator()
    found = []
    for i, sample in enumerate(samples):
        evaluator.push(sample)
        assert evaluator.latest is not None
        v = evaluator.latest
        at_ns = (i + 1) * 1_000_000_000
        found.append(
            Judged(at_ns, sample, v.level, v.level, v.limiting_factor, v.reasons, (), v.provisional)
        )
    return tuple(found)


def test_one_session_is_graded_under_all_rules_from_the_same_samples() -> None:
    clean = Sample(g2g_ms=50, rtt_ms=5, fraction_lost=0, available_bitrate_bps=9e6, inbound_fps=30)
    slow = Sample(g2g_ms=1000, rtt_ms=5, fraction_lost=0, available_bitrate_bps=9e6, inbound_fps=30)
    seconds = judged([clean] * 12 + [slow] * 12 + [clean] * 20)
    truth = Truth("slow", "latency", Level.POOR)
    found = {one.rules: one for one in grades(truth, seconds, 0, (12.0, 24.0))}
    assert tuple(found) == RULES
    assert found[OURS].right_factor
    assert found[OURS].detect_s == 7.0  # the median turns with the third of five, five hold it
    assert found[OURS].recover_s == 7.0
    assert found["Android SDK"].right_factor
    assert not found["JavaScript SDK without marker"].right_factor
    assert of_judged(seconds, 500_000_000)[0].at_s == 0.5


def test_rows_and_scores_count_the_sessions_of_one_set_of_rules() -> None:
    found = [
        of([G] * 6 + [P] * 5 + [G]),
        of([G] * 8 + [P] * 3 + [G]),
        of([G] * 12),
        of([G] * 5 + [P] * 5, factor="latency"),
        of([G] * 12, CLEAN),
        of([G, F, F], CLEAN),
        grade(LOSS, "another", held([G] * 12), (4.0, 10.0)),
    ]
    loss, clean = case_rows(found, OURS)
    assert (loss.truth, loss.sessions, loss.levels) == (LOSS, 4, {"poor": 3, "good": 1})
    assert (loss.right_factor, loss.detected, loss.detect_s, loss.slowest_s) == (2, 3, 3.0, 5.0)
    assert (loss.recovered, loss.recover_s) == (2, 2.0)
    assert (clean.sessions, clean.flaps, clean.detect_s) == (2, 1, None)
    score = score_of(found, OURS)
    assert (score.severe, score.right_factor, score.in_time) == (4, 2, 3)
    assert score.factor_share == 0.5
    assert (score.clean, score.false_alarms) == (2, 1)
    assert score.confusion["loss"] == {
        "bandwidth": 0, "loss": 2, "latency": 1, "stall": 0, "cpu": 0, "none": 1,
    }  # fmt: skip
    assert score_of(found, "another").false_alarms == 0
    assert score_of([], OURS).factor_share is None
