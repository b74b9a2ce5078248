from __future__ import annotations

import json

from g2gbench.analysis.trials import TrialResult, finite, trial_result
from g2gbench.measure.evaluate import evaluate
from g2gbench.measure.journal import Session
from tests.measure import sessions
from tests.measure.impaired import end_s, media, network
from tests.measure.sessions import seen


def complete(reason: str | None = "complete") -> Session:
    return sessions.session([seen(i) for i in range(100)], frames=100, reason=reason)


def test_a_measured_session_is_ok_and_an_invalid_one_says_why() -> None:
    assert trial_result("default", 0, "ok", evaluate(complete())).status == "ok"
    cut = trial_result("default", 0, "ok", evaluate(complete(reason=None)))
    assert cut.status == "invalid"
    assert cut.invalid_because == ("the journal was cut off",)


def test_a_session_that_ended_otherwise_keeps_its_status() -> None:
    evaluation = evaluate(complete(reason="interrupted"))
    assert trial_result("default", 0, "interrupted", evaluation).status == "interrupted"


def test_a_result_survives_json() -> None:
    changes = [network(2, "busy"), end_s(3)]
    view = sessions.session([*changes, *(seen(i) for i in range(100))], frames=100)
    evaluation = evaluate(view, (), media(lambda _: 1000))
    assert evaluation.phases
    assert evaluation.recoveries
    result = trial_result("default", 2, "ok", evaluation, "a remark")
    text = json.dumps(result.as_plain(), allow_nan=False)
    assert TrialResult.from_plain(json.loads(text)) == result


def test_a_result_of_before_phases_were_told_is_read() -> None:
    plain = trial_result("default", 2, "ok", evaluate(complete())).as_plain()
    del plain["phases"], plain["recoveries"]
    read = TrialResult.from_plain(plain)
    assert (read.phases, read.recoveries) == ((), ())


def test_a_number_that_is_not_finite_is_none() -> None:
    assert finite(float("nan")) is finite(float("inf")) is finite(None) is None
    assert finite(1) == 1.0
