"""docs/notebook.md: each of its questions is answered on a stored run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import g2gbench
from g2gbench.store.reading import Run
from tests.docs.documents import code_words, fences, read, rows
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration

PAGE = read("docs/notebook.md")
UNITS = ("_ns", "_ms", "_bps", "_db")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two cells, the second one slower; in the first a quarter of the frames is late."""
    cells: Mapping[str, list[Recipe]] = {
        "publish.codec=vp8": [
            Recipe(200, frames=400, seed=i, link=True, slow=90) for i in range(3)
        ],
        "publish.codec=h264": [
            Recipe(300, frames=400, seed=i, link=True, skipped=30 if i == 2 else 0)
            for i in range(3)
        ],
    }
    return runs.store(tmp_path_factory.mktemp("runs"), cells, name="codecs")


@pytest.fixture
def answers(stored: Run, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ``answer`` is after each block that sets it."""
    load = g2gbench.load
    monkeypatch.setattr(g2gbench, "load", lambda _: load(stored.path))
    scope: dict[str, Any] = {}
    found = []
    for block in fences(PAGE, "python"):
        exec(compile(block, "docs/notebook.md", "exec"), scope)
        if "answer =" in block:
            found.append(scope["answer"])
    return found


def test_every_question_has_an_answer(answers: list[Any]) -> None:
    cells, parts, limits, while_limited = answers
    assert list(cells.index) == ["publish.codec=vp8", "publish.codec=h264"]
    assert cells.value["publish.codec=h264"] > 290
    assert (cells["min"] <= cells.value).all()
    assert parts.index[0] == "budget_decode_ms"  # the recipe is slow behind the downlink
    assert parts.iloc[0] > 50
    assert limits.seconds.sum() > 20
    assert while_limited["count"].sum() > 500


def test_units_stand_in_the_names_of_columns(stored: Run) -> None:
    for frame in (stored.frames(), stored.quality()):
        for name in frame.columns:
            if frame[name].dtype.kind == "f" and frame[name].notna().any():
                assert name.endswith((*UNITS, "_fps", "_ratio", "ssim", "_lost")), name


def test_trials_that_do_not_count_are_told_apart(stored: Run) -> None:
    for frame in (stored.frames(), stored.quality(), stored.rtcstats()):
        statuses = frame.groupby(["cell", "repeat"]).status.unique().explode()
        assert sorted(statuses) == ["invalid", *["ok"] * 5]


def test_the_columns_that_it_names_are_there(stored: Run) -> None:
    frames = {
        "run.frames()": stored.frames(),
        "run.quality()": stored.quality(),
        "run.rtcstats()": stored.rtcstats(),
        "run.summary()": stored.summary(),
    }
    table = rows(PAGE, "| Frame | A row is | Columns of note |")
    assert [row[0].strip("`") for row in table] == list(frames)
    for name, _, told in table:
        columns = set(frames[name.strip("`")].columns)
        words = {word for word in code_words(told) if "*" not in word and word not in UNITS}
        assert words <= columns
