"""A run's own page beside the run that it was compared with."""

from __future__ import annotations

import html
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from g2gbench import report
from g2gbench.report.formats import comparison, terminal
from g2gbench.report.views.baseline_view import COMPARE_JSON, NOTHING, against
from g2gbench.store.comparing import compare
from g2gbench.store.reading import open_run
from tests.report import runs
from tests.report.comparisons import five
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def words_alone() -> Iterator[None]:
    """What stands beside the run is words: no figure needs to be drawn."""
    with undrawn():
        yield


def test_key_numbers_stand_beside_those_of_the_baseline(tmp_path: Path) -> None:
    base = runs.store(tmp_path / "base", {"default": five()})
    run = runs.store(tmp_path / "run", {"default": five(260, seed=9)})
    report.write(run)
    before = (run.path / "report.html").read_text(encoding="utf-8")
    comparison.add_to_reports(compare(base, run, noise_path=tmp_path / "none.json"), run)
    page = html.unescape((run.path / "report.html").read_text(encoding="utf-8"))
    assert "Against the baseline" not in before
    assert f"Against the baseline {base.path.name}: regression." in page
    assert 'href="compare.html"' in page
    assert "<dd>0; 1 against the baseline</dd>" in page
    assert "baseline 25.0 fps</div>" in page  # compared, and never judged
    assert page.count("<br>baseline ") == 5  # one of the six is not compared
    assert "ms: regression</div>" in page
    assert "<br>baseline 900 ms: no difference</div>" in page


@pytest.mark.parametrize("damage", [None, "{", "[]"])
def test_a_run_that_was_compared_with_nothing_has_nothing_beside_it(
    tmp_path: Path, damage: str | None
) -> None:
    run = runs.passing(tmp_path)
    if damage is not None:
        (run.path / COMPARE_JSON).write_text(damage, encoding="utf-8")
    assert against(run) is NOTHING
    assert against(run).beside("default", "ttff_ms") == ""


@pytest.mark.parametrize(
    ("by", "trials", "status", "word"),
    [
        (60, 5, "regression", "FAIL"),
        (60, 2, "inconclusive", "PASS"),
        (0, 5, "no difference", "PASS"),
    ],
)
def test_the_outcome_stands_in_the_first_line_of_every_artefact(
    tmp_path: Path, by: float, trials: int, status: str, word: str
) -> None:
    base = runs.store(tmp_path / "base", {"default": five()})
    run = runs.store(tmp_path / "run", {"default": five(200 + by, seed=9)[:trials]}, repeat=trials)
    report.write(run)
    comparison.add_to_reports(compare(base, run, noise_path=tmp_path / "none.json"), run)
    run = open_run(run.path)
    said = f"{status} against the baseline {base.path.name}"
    shown = " ".join(terminal.render(run).split())
    assert shown.startswith(f"{word} wifi: {said}")
    assert "the run itself: pass, all 4 expectations hold" in shown
    summary, page, junit = (
        (run.path / name).read_text(encoding="utf-8")
        for name in ("summary.md", "report.html", "junit.xml")
    )
    assert html.unescape(summary).startswith("## ")
    assert said in summary.split("\n")[0]
    assert said in html.unescape(page.partition("<h1>")[2].partition("</h1>")[0])
    root = ElementTree.fromstring(junit)
    assert said in str(root.get("name"))
    (case,) = root[0]
    tags = {"regression": ["failure"], "inconclusive": ["skipped"], "no difference": []}
    assert [child.tag for child in case] == tags[status]
    stored = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    assert stored["comparison"]["status"] == status
    assert list(stored).index("comparison") < list(stored).index("cells")
