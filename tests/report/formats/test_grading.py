from __future__ import annotations

import json

from g2gbench.analysis.verdict_grading import RULES
from g2gbench.report.formats.grading import as_plain, markdown, terminal
from tests.report.grades import CLEAN, G, found, of


def test_the_data_holds_scores_and_cases_of_every_set_of_rules() -> None:
    plain = as_plain(found(), ["clean: too slow"], 3)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert (plain["sessions"], plain["missing"], plain["left_out"]) == (4, 3, ["clean: too slow"])
    assert [rules["rules"] for rules in plain["rules"]] == list(RULES)
    ours = plain["rules"][0]
    assert (ours["severe"], ours["right_factor"], ours["in_time"]) == (3, 1, 2)
    assert ours["factor_share"] == 1 / 3
    case = ours["cases"][0]
    assert (case["case"], case["dimension"], case["expected"], case["severe"]) == (
        "uplink loses 3 %",
        "loss",
        "poor",
        True,
    )
    assert (case["detect_s"], case["recover_s"], case["levels"]) == (
        4.0,
        3.0,
        {"poor": 1, "good": 1},
    )


def test_the_tables_of_the_document_have_a_row_for_each_case_and_set_of_rules() -> None:
    text = markdown(found())
    assert (
        "| g2gbench | 1 of 3 (0 to 91 %) | 2 of 3 (9 to 100 %) | 0 of 1 (at most 95 %) | 0 |"
        in text
    )
    assert (
        "| loss: uplink loses 3 % | poor | g2gbench | poor (1), good (1) | 1 of 2 (1 to 99 %) | "
        "4.0 s (1 of 2) | 3.0 s (1 of 2) | 0 |" in text
    )
    assert (
        "| latency: service takes 1.1 s | poor | g2gbench | poor (1) | 0 of 1 (at most 95 %) "
        "| 4.0 s |" in text
    )
    assert "4.0 s | – | 0 |" in text
    assert (
        "| none: clean | good | g2gbench | good (1) | 1 of 1 (at least 5 %) | – | – | 0 |" in text
    )
    assert text.count("|  |  | Android SDK |") == 3
    assert "| latency | 1 | · | · | · | · | · |" in text
    assert "| stall |" not in text.replace("latency | stall |", "")  # nothing of it was injected


def test_the_terminal_tells_the_aims_the_cases_and_what_is_missing() -> None:
    text = terminal(found(), ["clean: too slow"], 2)
    assert "right factor   1 of 3 (0 to 91 %) severe sessions (aim 90%)" in text
    assert "false alarms   0 of 1 (at most 95 %) clean sessions (aim 0)" in text
    assert "loss       uplink loses 3 %: stands for poor; held poor (1), good (1)" in text
    assert "detected after 4.0 s (1 of 2), good again after 3.0 s (1 of 2)" in text
    assert text.count("good again") == 1  # what lasts to the end has no time to recover in
    assert "left out: clean: too slow" in text
    assert "not run: 2 of the sessions asked for" in text
    assert "not run" not in terminal(found(), [], 0)


def test_without_a_severe_session_nothing_is_claimed() -> None:
    clean = [of(CLEAN, [G] * 15, "none", rules) for rules in RULES]
    assert "| g2gbench | none ran | none ran | 0 of 1 (at most 95 %) | 0 |" in markdown(clean)
    assert "right factor   none ran severe sessions" in terminal(clean, [], 0)
