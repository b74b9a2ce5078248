from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TrialStatus
from g2gbench.measure.metric_value import Value
from g2gbench.measure.phases import PHASE_METRICS, Recovery
from g2gbench.report.formats import html_page, markdown, terminal
from g2gbench.report.views.phase_view import phase_rows, recovery_rows, trials_words
from tests.analysis import results
from tests.analysis.trials import trial
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration

WATCHED = "g2g was not back within the 3.0 s that were watched"


USUAL = Value(800.0, n=1)
RECOVERED = Recovery(
    label="uplink: blackout",
    start_s=2.0,
    end_s=3.0,
    g2g_before_ms=200.0,
    g2g_ms=USUAL,
    bitrate_ms=USUAL,
    both_ms=USUAL,
    overshoot_ms=USUAL,
    frames_lost=25,
)


def recovery(**changes: Any) -> Recovery:
    return replace(RECOVERED, **changes)


def cell(*recoveries: Sequence[Recovery], status: TrialStatus = "ok") -> CellResult:
    trials = [
        replace(trial(i, status=status), recoveries=tuple(some))
        for i, some in enumerate(recoveries)
    ]
    return results.cell(*trials)


GONE = Value(None, WATCHED, code="not_back")


def test_phases_lie_between_the_events(reported: Reported) -> None:
    rows, notes = phase_rows(reported["blackout"].result.cells[0])
    assert [(row.label, row.when) for row in rows] == [
        ("start", "0.0 to 2.0 s"),
        ("network: uplink: blackout", "2.0 to 3.0 s"),
        ("network: back to none", "3.0 to 6.0 s"),
    ]
    dark = dict(zip(PHASE_METRICS, rows[1].values, strict=True))
    assert dark["drop_ratio"] == "100.0 %"
    assert dark["g2g_ms.p50"] == "not measured"
    assert any("g2g p50 of network: uplink: blackout (needs 10" in note for note in notes)


def test_recovery_is_told_with_what_it_cost(reported: Reported) -> None:
    (row,) = recovery_rows(reported["blackout"].result.cells[0])
    assert (row.label, row.when, row.lost) == ("uplink: blackout", "2.0 to 3.0 s", "25")
    assert row.g2g == row.both
    assert row.bitrate == "0 ms"
    assert f"g2g back after {row.g2g}, bitrate back at once; overshoot" in row.sentence


def test_what_did_not_come_back_says_so_in_words() -> None:
    (row,) = recovery_rows(cell([recovery(g2g_ms=GONE, both_ms=GONE)]))
    assert (row.g2g, row.both) == ("not back", "not back")
    assert row.reasons == (WATCHED,)
    assert row.sentence == (
        "uplink: blackout, 2.0 to 3.0 s: g2g not back, bitrate back after 800 ms; overshoot "
        f"800 ms, frames lost 25 ({WATCHED})"
    )


def test_values_of_several_trials_are_their_median() -> None:
    fast, slow = recovery(g2g_ms=Value(600.0, n=1)), recovery(frames_lost=31)
    (row,) = recovery_rows(cell([fast], [slow], [slow]))
    assert (row.g2g, row.lost) == ("800 ms", "31")
    (mixed,) = recovery_rows(cell([recovery(g2g_ms=GONE)], [fast]))
    assert mixed.g2g == "600 ms; not back in 1 of 2 trials"


def test_what_nobody_measured_is_not_called_lost() -> None:
    unknown = recovery(bitrate_ms=Value(None, "no link logged packets"), g2g_before_ms=None)
    (row,) = recovery_rows(cell([unknown]))
    assert (row.bitrate, row.before) == ("not measured", "not measured")
    assert "bitrate not measured;" in row.sentence


def test_a_trial_that_was_cut_off_has_the_first_of_them() -> None:
    first, second = recovery(), recovery(label="loss", start_s=4.0, end_s=5.0)
    assert [r.label for r in recovery_rows(cell([first], [first, second]))] == [
        "uplink: blackout",
        "loss",
    ]


def test_trials_that_do_not_count_are_told_where_there_are_no_others() -> None:
    assert len(recovery_rows(cell([recovery()], status="invalid"))) == 1
    assert trials_words(cell([recovery()], [recovery()])) == "Medians of 2 trials."
    assert trials_words(cell([recovery()])) == "Trial 0."


def test_without_a_timeline_nothing_is_said(reported: Reported) -> None:
    cell_of = reported["fail"].result.cells[0]
    assert phase_rows(cell_of) == ([], [])
    assert recovery_rows(cell_of) == []
    assert 'id="phases"' not in reported.html("fail")
    assert "Recovery after" not in reported.html("pass")  # a prompt impairs nothing
    assert 'id="phases"' in reported.html("pass")


def test_every_report_tells_the_recovery(reported: Reported) -> None:
    run = reported["blackout"]
    (row,) = recovery_rows(run.result.cells[0])
    assert f"recovery {row.sentence}" in " ".join(terminal.render(run).split())
    assert f"- Recovery: {row.sentence}" in markdown.render(run)
    assert f"<b>{row.both}</b>" in reported.html("blackout")


@pytest.mark.parametrize("link", [True, False])
def test_a_matrix_names_the_cell(tmp_path: Path, link: bool) -> None:
    cells = {
        f"publish.codec={codec}": [Recipe(link=link, blackout=(2, 3))] for codec in ("vp8", "h264")
    }
    run = runs.store(tmp_path, cells, expect=())
    text = " ".join(terminal.render(run).split())
    assert text.count("recovery vp8: uplink: blackout") == 1
    assert "- Recovery: h264: uplink: blackout" in markdown.render(run)
    with undrawn():
        assert html_page.render(run).count("Recovery after an impairment") == 2
    assert ("no link logged packets" in text) is not link
