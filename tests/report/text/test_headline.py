from __future__ import annotations

import copy
from pathlib import Path

import pytest

from g2gbench.analysis.plain import from_plain
from g2gbench.errors import ExitCode
from g2gbench.measure.limits import LIMITS
from g2gbench.report.formats import terminal
from g2gbench.report.formats.exports import FORMATS
from g2gbench.report.text.headline import Headline, doubts, headline, short_cell
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe


def head_of(run: Run) -> Headline:
    return headline(run.result, run.planned)


@pytest.mark.parametrize(
    ("state", "status", "sentence"),
    [
        ("pass", "pass", "all 4 expectations hold"),
        ("fail", "fail", "g2g p95 was 661 ms, limit 500 ms"),
        ("invalid", "invalid", "1 of 3 trials is valid, 3 are needed"),
        ("interrupted", "interrupted", "1 of 3 trials was measured"),
        ("unreachable", "unreachable", "the service refused the key (401)"),
        ("six cells", "fail", "g2g p95 was 468 ms with h264, 2Mbps; limit 420 ms"),
    ],
)
def test_a_run_is_told_in_one_sentence(
    reported: Reported, state: str, status: str, sentence: str
) -> None:
    head = head_of(reported[state])
    assert (head.status, head.sentence) == (status, sentence)


def test_a_pass_names_what_is_closest_to_its_limit(reported: Reported) -> None:
    assert (
        "Closest to its limit: g2g p95 was 234 ms, limit 500 ms." in head_of(reported["pass"]).lines
    )


def test_a_single_expectation_stands_in_the_sentence(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe()]}, expect=["g2g_ms.p95 < 500"])
    assert head_of(run).sentence == ("the expectation holds; g2g p95 was 234 ms, limit 500 ms")


def test_without_an_expectation_the_latency_is_told(tmp_path: Path) -> None:
    head = head_of(runs.store(tmp_path, {"default": [Recipe()]}, expect=[]))
    assert head.sentence == "measured; the scenario expects nothing"
    assert head.lines[0] == "g2g p95 was 234 ms."


def test_of_several_cells_the_smallest_and_the_largest_latency_are_told(tmp_path: Path) -> None:
    cells = {"publish.codec=vp8": [Recipe(300)], "publish.codec=h264": [Recipe(200)]}
    head = head_of(runs.store(tmp_path, cells, expect=[]))
    assert head.lines[0] == "g2g p95 was 234 ms with h264 at least, 334 ms with vp8 at most."


def test_the_machine_is_blamed_only_where_the_reasons_say_so(
    reported: Reported, tmp_path: Path
) -> None:
    assert "This machine was the bottleneck" in head_of(reported["invalid"]).advice[0]
    short = runs.store(tmp_path, {"default": [Recipe()]}, expect=["g2g_ms.p99 < 500"])
    head = head_of(short)
    assert head.status == "invalid"
    assert head.sentence == "g2g_ms.p99 < 500: needs 500 delivered frames, has 150"
    assert head.advice == ("Too little was measured for what is asked. Lengthen session.duration.",)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("too_few_trials", "Raise repeat."), ("too_short", "Lengthen session.duration.")],
)
def test_what_was_not_judged_has_the_remedy_that_helps(
    reported: Reported, code: str, remedy: str
) -> None:
    summary = copy.deepcopy(reported["invalid"].summary_data)
    for cell in summary["cells"]:
        cell["trials"] = []
        for expectation in cell["expectations"]:
            expectation["code"] = code
    (advice,) = headline(from_plain(summary), {"default": 3}).advice
    assert remedy in advice


def test_every_check_that_a_trial_failed_brings_its_advice_once(reported: Reported) -> None:
    summary = copy.deepcopy(reported["invalid"].summary_data)
    told = {"value": 1, "limit": 0, "unit": "count", "ok": False, "text": "it is wrong"}
    for trial in (trial for cell in summary["cells"] for trial in cell["trials"]):
        trial["status"] = "invalid"
        trial["checks"] = [
            {**told, "check": "one", "advice": "Do this."},
            {**told, "check": "two", "advice": "Do that."},
            {**told, "check": "three", "ok": True, "advice": ""},
        ]
    assert headline(from_plain(summary), {"default": 3}).advice == ("Do this.", "Do that.")


def test_a_run_of_before_the_checks_were_data_is_told_to_be_looked_at(reported: Reported) -> None:
    summary = copy.deepcopy(reported["invalid"].summary_data)
    for trial in (trial for cell in summary["cells"] for trial in cell["trials"]):
        del trial["checks"]
    (advice,) = headline(from_plain(summary), {"default": 3}).advice
    assert advice.startswith("Read the trial's *.log files")


def test_unreadable_frames_are_not_blamed_on_the_machine(tmp_path: Path) -> None:
    bad = Recipe(unreadable=range(0, 150, 10))
    assert len(bad.unreadable) / 200 > LIMITS.bad_reading_ratio
    head = head_of(runs.store(tmp_path, {"default": [bad]}))
    assert head.status == "invalid"
    assert [advice.partition(".")[0] for advice in head.advice] == [
        "The marker did not survive the way"
    ]


def test_advice_on_a_run_with_a_verdict_is_about_the_rest_of_it(reported: Reported) -> None:
    assert head_of(reported["six cells"]).advice[0].startswith("for what was not judged: ")
    assert head_of(reported["fail"]).advice == ()


def test_a_cause_shared_by_trials_is_told_once(reported: Reported) -> None:
    assert doubts(reported["unreachable"].result) == [
        ("0, 1", "", "unreachable: the service refused the key (401)")
    ]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("default", "default"),
        ("publish.codec=vp8,publish.max_bitrate=2Mbps", "vp8, 2Mbps"),
        ("a=1,b", "a=1,b"),
    ],
)
def test_a_cell_is_named_by_its_values(name: str, short: str) -> None:
    assert short_cell(name) == short


def test_an_instrument_that_cannot_start_is_a_fault_in_every_form(tmp_path: Path) -> None:
    run = runs.fault(tmp_path)
    assert run.status == "fault"
    assert run.summary_data["exit_code"] == ExitCode.FAULT
    head = head_of(run)
    assert head.sentence.startswith("an instrument cannot start")
    assert any("g2gbench doctor" in advice for advice in head.advice)
    assert terminal.render(run).startswith("FAULT ")
    for form in FORMATS.values():
        assert form(run)
    assert "fault" in FORMATS["junit"](run)
    assert "There is no calibration" not in terminal.render(run)
