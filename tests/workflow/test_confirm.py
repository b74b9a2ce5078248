from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.scenario import cells, loads
from g2gbench.store.comparing import Comparison, compare
from g2gbench.workflow.confirm import Second, again, judged_with, wanted
from tests.report import runs
from tests.report.comparisons import five

pytestmark = pytest.mark.integration

CELLS = ("publish.codec=vp8", "publish.codec=h264")
TEXT = """\
name: two
target: {kind: loopback, model: lucy-2.1}
matrix: {publish.codec: [vp8, h264]}
repeat: 5
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The first cell is worse."""
    root = tmp_path_factory.mktemp("compared")
    base = runs.store(root / "base", {cell: five() for cell in CELLS}, name="two")
    worse = runs.store(root / "worse", {CELLS[0]: five(260, 9), CELLS[1]: five(seed=3)}, name="two")
    return compare(base, worse, noise_path=root / "none")


def test_only_the_cells_that_look_worse_are_measured_again(found: Comparison) -> None:
    scenario = loads(TEXT)
    (cell,) = wanted(found, scenario)
    assert cell.name == CELLS[0]
    asked = again(cell, "two", 3)
    assert (asked.name, asked.repeat, asked.publish.codec) == ("two-confirm", 3, "vp8")
    assert [one.name for one in cells(asked)] == ["default"]


@pytest.mark.parametrize(("by", "status"), [(60, "regression"), (0, "inconclusive")])
def test_a_regression_is_said_only_if_the_second_set_shows_it(
    found: Comparison, tmp_path: Path, by: float, status: str
) -> None:
    second = runs.store(tmp_path, {"default": five(200 + by, 77)}, name="two-confirm")
    assert found.status == "regression"
    judged = judged_with(found, [Second(CELLS[0], second)])
    assert judged.status == status
    assert judged.second == (second,)
    told = {row.metric: row for row in judged.rows if row.cell == CELLS[0]}
    assert told["g2g_ms.p50"].confirmed is (by == 60)
    assert told["ttff_ms"].confirmed is None
    assert [row for row in judged.rows if row.cell == CELLS[1]] == [
        row for row in found.rows if row.cell == CELLS[1]
    ]
    assert [one["confirmed"] for one in judged.as_plain()["rows"]][:2] == [by == 60] * 2


def test_what_was_not_measured_again_stays_as_it_was(found: Comparison) -> None:
    assert judged_with(found, []) == found
    assert judged_with(replace(found, rows=()), []).rows == ()
