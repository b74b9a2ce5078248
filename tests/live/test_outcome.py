"""What the page says of a session that is over: one word, for whoever sat before it."""

from __future__ import annotations

from pathlib import Path

from g2gbench.live.session_manager import outcome
from g2gbench.report.text.advice import STOPPED
from tests.report import runs
from tests.report.runs import Recipe


def test_where_nothing_was_expected_nothing_has_passed(tmp_path: Path) -> None:
    told = outcome(runs.store(tmp_path, {"default": [Recipe()]}, expect=[]))
    assert told["status"] == "measured"
    assert told["sentence"] == f"the scenario expects nothing; quality {told['quality']}"


def test_what_was_expected_and_holds_is_a_pass_with_its_quality_beside_it(tmp_path: Path) -> None:
    slow = Recipe(2000)
    told = outcome(runs.store(tmp_path, {"default": [slow]}, expect=["drop_ratio < 3%"]))
    assert (told["status"], told["quality"]) == ("pass", "critical")
    assert str(told["sentence"]).endswith("; quality critical")


def test_a_session_stopped_in_its_warm_up_is_no_fault(tmp_path: Path) -> None:
    early = Recipe(reason="interrupted", message="it was stopped before the warm-up was over")
    told = outcome(runs.store(tmp_path, {"default": [early]}, expect=[]))
    assert told["what_to_do"] == [STOPPED]
    assert told["because"] == ["it was stopped before the warm-up was over"]
