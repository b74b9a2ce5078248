from __future__ import annotations

import pytest

from g2gbench.analysis.trials import TrialResult, TrialStatus
from g2gbench.analysis.verdict import EXIT_CODES, CellVerdict, judge_cell, run_status
from tests.analysis.trials import plan, trial


def measured(*values: float | None, metric: str = "g2g_ms.p95") -> list[TrialResult]:
    return [trial(i, {metric: value}, reason="too few") for i, value in enumerate(values)]


def test_an_expectation_is_judged_on_the_median_of_the_valid_trials() -> None:
    slow = [*measured(100, 110, 120), trial(3, {"g2g_ms.p95": 9000}, status="invalid")]
    assert judge_cell(plan("g2g_ms.p95 < 111"), slow).status == "pass"
    assert judge_cell(plan("g2g_ms.p95 < 110"), slow).status == "fail"


def test_one_expectation_that_fails_fails_the_cell() -> None:
    verdict = judge_cell(plan("g2g_ms.p95 < 500", "g2g_ms.p95 < 5"), measured(9, 9, 9))
    assert [j.holds for j in verdict.judgements] == [True, False]
    assert verdict.status == "fail"


@pytest.mark.parametrize(
    ("text", "close"),
    [
        ("g2g_ms.p95 < 105", True),
        ("g2g_ms.p95 < 120", True),  # the slowest trial misses it by a hair
        ("g2g_ms.p95 <= 120", False),
        ("g2g_ms.p95 < 100", False),
        ("g2g_ms.p95 < 121", False),
        ("g2g_ms.p95 == 110", True),
        ("g2g_ms.p95 != 121", False),
    ],
)
def test_an_interval_that_crosses_the_limit_is_close(text: str, close: bool) -> None:
    assert judge_cell(plan(text), measured(100, 110, 120)).judgements[0].close is close


@pytest.mark.parametrize(
    ("repeat", "valid", "judged"),
    [(5, 3, True), (5, 2, False), (2, 2, True), (2, 1, False), (1, 1, True)],
)
def test_a_cell_needs_three_valid_trials_or_all_that_were_asked_for(
    repeat: int, valid: int, judged: bool
) -> None:
    trials = [*measured(*[1.0] * valid), trial(9, status="failed", because=["it broke"])]
    verdict = judge_cell(plan("g2g_ms.p95 < 5", repeat=repeat), trials)
    assert (verdict.status == "pass") is judged
    assert (verdict.judgements[0].holds is not None) is judged
    if not judged:
        assert verdict.status == "invalid"
        assert verdict.invalid_because[1] == "repeat 9: it broke"


def test_a_metric_not_measured_invalidates_a_cell_only_when_an_expectation_asks_for_it() -> None:
    trials = measured(None, None, None, metric="g2g_ms.p99")
    assert judge_cell(plan(), trials).status == "pass"
    verdict = judge_cell(plan("g2g_ms.p99 < 500"), trials)
    assert verdict.status == "invalid"
    assert verdict.invalid_because == ("g2g_ms.p99 < 500: too few",)


def test_a_metric_measured_in_too_few_of_the_trials_is_not_judged() -> None:
    verdict = judge_cell(plan("g2g_ms.p95 < 500"), measured(1, 1, None, None))
    assert verdict.judgements[0].holds is None
    assert verdict.status == "invalid"
    assert judge_cell(plan("g2g_ms.p95 < 500"), measured(1, 1, 1, None)).status == "pass"


def test_an_invalid_cell_does_not_fail_whatever_it_measured() -> None:
    trials = measured(900, 900, 900)
    verdict = judge_cell(plan("g2g_ms.p95 < 500", "drop_ratio < 1%"), trials)
    assert verdict.judgements[0].holds is False
    assert verdict.status == "invalid"


def test_an_interrupted_run_judges_no_expectation() -> None:
    verdict = judge_cell(plan("g2g_ms.p95 < 5"), measured(9, 9, 9), interrupted=True)
    assert verdict.judgements[0].holds is None
    assert verdict.status == "interrupted"
    assert verdict.estimates["g2g_ms.p95"].value == 9


def cell(values: list[float], *, status: TrialStatus = "ok", text: str = "fps > 5") -> CellVerdict:
    trials = [trial(i, {"fps": v}, status=status) for i, v in enumerate(values)]
    return judge_cell(plan(text), trials)


PASS, FAIL = cell([9, 9, 9]), cell([1, 1, 1])
INVALID, UNREACHED = cell([9]), cell([9, 9], status="unreachable")


@pytest.mark.parametrize(
    ("cells", "status", "code"),
    [
        ([PASS, PASS], "pass", 0),
        ([PASS, FAIL], "fail", 1),
        ([INVALID, FAIL], "fail", 1),
        ([UNREACHED, FAIL], "fail", 1),
        ([PASS, INVALID], "invalid", 3),
        ([PASS, UNREACHED], "invalid", 3),
        ([UNREACHED, UNREACHED], "unreachable", 4),
        ([], "invalid", 3),
    ],
)
def test_the_status_of_a_run_follows_the_precedence_of_exit_codes(
    cells: list[CellVerdict], status: str, code: int
) -> None:
    found = run_status(cells)
    assert (found, EXIT_CODES[found]) == (status, code)
    assert EXIT_CODES[run_status(cells, interrupted=True)] == 130


@pytest.mark.parametrize(("other", "told"), [("locked", "locked"), ("", ""), ("else", "")])
def test_a_remark_on_every_trial_is_one_on_the_cell(other: str, told: str) -> None:
    trials = [trial(i, {"fps": 30.0 + i}, remark=r) for i, r in enumerate(("locked", other))]
    trials.append(trial(2, {"fps": None}, reason="too few"))
    estimate = judge_cell(plan(), trials).estimates["fps"]
    assert (estimate.value, estimate.reason) == (30.5, told)
