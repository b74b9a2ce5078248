from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.analysis.trials import TrialResult, TrialStatus
from g2gbench.measure.metric_value import Value
from g2gbench.report.figures.illustrate import figures_of
from g2gbench.report.formats.terminal_budget import budget_block
from g2gbench.report.views import budget_view
from g2gbench.report.views.budget_view import NAMES, budget_of, by_phase, why_none
from tests.analysis.results import cell
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


UNKNOWN = Value(None, "nothing logged both ends of this part of the way")


def trial(status: TrialStatus = "ok", **parts: tuple[float, int]) -> TrialResult:
    """A trial; each part as (mean, frames that tell it)."""
    metrics = {
        f"budget_ms.{name}": Value(parts[name][0], n=parts[name][1]) if name in parts else UNKNOWN
        for name in NAMES
    }
    return TrialResult("default", 0, status, frames={"captured": 100}, metrics=metrics)


def parts_of(budget: budget_view.Budget | None) -> dict[str, float]:
    assert budget is not None
    return {part.name: part.ms for part in budget.parts if part.ms is not None}


def test_the_parts_of_a_run_are_those_of_its_way(reported: Reported) -> None:
    cell = reported["blackout"].result.cells[0]
    found = parts_of(budget_of(cell.trials))
    assert found["uplink"] == pytest.approx(20.0)
    assert found["service"] == pytest.approx(40.0)
    assert found["downlink"] == pytest.approx(20.0)
    assert found["unattributed"] == 0


@pytest.mark.parametrize("state", ["pass", "fail", "blackout"])
def test_the_parts_sum_to_the_mean_g2g_latency(reported: Reported, state: str) -> None:
    trials = reported[state].result.cells[0].trials
    budget = budget_of(trials)
    assert budget is not None
    means = [value for t in trials if (value := t.value("g2g_ms.mean")) is not None]
    assert budget.total_ms == pytest.approx(np.mean(means))
    assert budget.trials == len(trials)


def test_a_part_that_some_frames_tell_counts_for_all() -> None:
    budget = budget_of([trial(encode=(10.0, 50), unattributed=(95.0, 100))])
    assert budget is not None
    assert parts_of(budget) == {"encode": 5.0, "unattributed": 95.0}
    remarks = {part.name: part.remark for part in budget.parts}
    assert remarks["encode"] == "known of 50% of the frames, unattributed in the others"
    assert remarks["uplink"] == "not measured"
    assert remarks["unattributed"] == ""


def test_trials_that_do_not_count_are_left_out_unless_there_are_no_others() -> None:
    bad = trial("invalid", encode=(30.0, 100), unattributed=(0.0, 100))
    good = trial(encode=(10.0, 100), unattributed=(0.0, 100))
    both, alone = budget_of([bad, good]), budget_of([bad])
    assert parts_of(both)["encode"] == 10.0
    assert parts_of(alone)["encode"] == 30.0
    assert both is not None
    assert alone is not None
    assert (both.counts, alone.counts) == (True, False)


def test_where_no_part_is_known_the_reason_is_told() -> None:
    unknown = trial(unattributed=(200.0, 100))
    assert budget_of([unknown]) is None
    assert why_none([unknown]) == "nothing logged both ends of this part of the way"
    (line,) = budget_block([cell(unknown)], "", 200)
    assert line == f"where the ms go: not measured ({why_none([unknown])})"


def test_a_record_without_parts_is_told_as_such() -> None:
    old = TrialResult("default", 0, "ok", frames={"captured": 9})
    assert budget_of([old]) is None
    assert "of a version that did not tell the parts of g2g apart" in why_none([old])


def test_nothing_is_said_where_nothing_was_captured(reported: Reported) -> None:
    assert budget_block(reported["unreachable"].result.cells, "", 80) == []


def test_a_part_that_came_out_negative_is_told_as_it_is() -> None:
    budget = budget_of([trial(encode=(-2.0, 100), unattributed=(52.0, 100))])
    assert budget is not None
    encode = budget.parts[0]
    assert (budget.number(encode), budget.share(encode)) == ("−2.0", "−4 %")
    assert budget.total_ms == 50.0


def test_each_phase_has_a_budget_of_its_own(reported: Reported) -> None:
    stored = reported["blackout"].trials[0]
    found = by_phase(stored)
    # In the blackout nothing was delivered: nothing is known of its way.
    assert [phase.label for phase, _ in found] == ["start", "network: back to none"]
    frames = stored.frames()
    mean = frames.loc[frames["steady"] & (frames["outcome"] == "delivered"), "g2g_ms"].mean()
    count = sum(budget.frames for _, budget in found)
    total = sum(budget.frames * budget.total_ms for _, budget in found) / count
    assert total == pytest.approx(mean)


def test_without_a_timeline_there_are_no_phases_to_tell(reported: Reported) -> None:
    assert by_phase(reported["fail"].trials[0]) == []


def test_the_figure_tells_the_phases_with_their_times(reported: Reported) -> None:
    (found,) = figures_of(reported["blackout"])
    assert found.budget is not None
    assert "0.0 to 2.0 s, start: encode 4 ms" in found.budget.alt
    assert "3.0 to 6.0 s, network: back to none: encode 4 ms" in found.budget.alt
    assert found.shown is not None
    assert f"The phases are those of trial {found.shown.repeat}." in found.budget.caption


def test_cells_without_a_valid_trial_are_marked(reported: Reported) -> None:
    lines = budget_block(reported["six cells"].result.cells, "", 80)
    assert [line.partition("  ")[0].endswith("*") for line in lines[1:-1]] == [False] * 5 + [True]
    assert lines[-1] == "* of trials that do not count"


def test_a_cell_without_a_known_part_has_no_bar(tmp_path: Path) -> None:
    cells = {"publish.codec=vp8": [Recipe()], "publish.codec=h264": [runs.UNREACHABLE]}
    run = runs.store(tmp_path, cells, expect=())
    lines = budget_block(run.result.cells, "", 80)
    assert len(lines) == 2
    assert lines[1].split() == ["vp8", "–", "–", "–", "40", "–", "–", "–", "175", "215"]
