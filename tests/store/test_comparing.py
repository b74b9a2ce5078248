from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import g2gbench
from g2gbench.errors import ExitCode, InputError
from g2gbench.store.comparing import Comparison, compare
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration

KEYS = {
    "cell", "metric", "base", "candidate", "difference", "low", "high", "effect_floor", "p_value",
    "outcome", "more_repeats",
}  # fmt: skip


def stored(root: Path, name: str, *recipes: Recipe, **options: Any) -> Run:
    return runs.store(root / name, {"default": recipes}, **options)


def five(g2g_ms: float = 200, seed: int = 0, **options: Any) -> list[Recipe]:
    return [Recipe(g2g_ms + i, seed=seed + i, **options) for i in range(5)]


def nothing_known(root: Path) -> Path:
    return root / "no-noise.json"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return stored(tmp_path_factory.mktemp("base"), "base", *five())


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return stored(tmp_path_factory.mktemp("worse"), "worse", *five(260, seed=9))


def test_sixty_ms_more_are_a_regression(base: Run, worse: Run, tmp_path: Path) -> None:
    found = compare(base, worse.path, noise_path=nothing_known(tmp_path))
    assert (found.status, found.exit_code()) == ("regression", ExitCode.FAIL)
    told = {row.metric: row for row in found.rows}
    assert told["g2g_ms.p50"].shift is not None
    assert told["g2g_ms.p50"].shift.value == pytest.approx(60, abs=5)
    assert compare(worse, base, noise_path=nothing_known(tmp_path)).status == "improvement"


def test_a_comparison_is_a_line_and_in_a_notebook_a_table(
    base: Run, worse: Run, tmp_path: Path
) -> None:
    found = compare(base, worse, noise_path=nothing_known(tmp_path))
    assert repr(found).startswith(f"Comparison(regression, {len(found.rows)} rows, ")
    assert "\n" not in repr(found)
    shown = found._repr_html_()
    assert shown.count("<tr") == 1 + len(found.rows)
    assert "<td>regression</td>" in shown


def test_a_run_does_not_differ_from_itself(base: Run, tmp_path: Path) -> None:
    found = compare(base, base, metrics=["ttff_ms", "drop_ratio"], noise_path=tmp_path / "none")
    assert (found.status, found.exit_code()) == ("no difference", ExitCode.PASS)


def test_the_object_has_the_keys_that_were_agreed_on(base: Run, worse: Run, tmp_path: Path) -> None:
    plain = compare(base, worse, noise_path=nothing_known(tmp_path)).as_plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert (plain["schema"], plain["status"]) == (1, "regression")
    for row in plain["rows"]:
        assert set(row) >= KEYS
        assert (row["outcome"] is None) <= bool(row["reason"])


def test_from_python_it_is_one_call(base: Run, worse: Run) -> None:
    assert g2gbench.compare is compare
    found = g2gbench.compare(str(base.path), str(worse.path), floors={"g2g_ms.p50": "1s"})
    assert isinstance(found, g2gbench.Comparison)
    assert isinstance(found, Comparison)
    told = {row.metric: row.outcome for row in found.rows}
    assert told["g2g_ms.p50"] == "no difference"


def test_runs_that_are_not_alike_are_refused_by_the_name_of_what_differs(
    base: Run, tmp_path: Path
) -> None:
    scenario = {"name": "wifi", "publish": {"codec": "h264"}, "seed": 1}
    other = stored(tmp_path, "other", *five(), scenario=scenario)
    with pytest.raises(InputError, match=r'vp8 and h264[^$]*allow=\["publish.codec"\]'):
        compare(base, other)
    found = compare(base, other, allow=["publish.codec"])
    assert [one.name for one in found.unlike] == ["publish.codec"]
    assert found.as_plain()["unlike"] == [
        {"name": "publish.codec", "base": "vp8", "candidate": "h264"}
    ]


def test_nothing_that_is_valid_is_nothing_to_compare(base: Run, tmp_path: Path) -> None:
    bad = stored(tmp_path, "bad", *[Recipe(skipped=20, seed=i) for i in range(2)])
    found = compare(base, bad)
    assert (found.status, found.compared) == ("inconclusive", False)
    assert found.exit_code() == ExitCode.INVALID
    assert found.exit_code(fail_on_inconclusive=True) == ExitCode.INVALID


def test_doubt_fails_only_where_asked(base: Run, tmp_path: Path) -> None:
    few = stored(tmp_path, "few", *five()[:1])
    found = compare(base, few)
    assert found.status == "inconclusive"
    assert found.exit_code() == ExitCode.PASS
    assert found.exit_code(fail_on_inconclusive=True) == ExitCode.FAIL


def test_cells_of_one_side_alone_are_named_and_left_out(tmp_path: Path) -> None:
    one = runs.store(tmp_path / "a", {"fps=30": five(), "fps=60": five()[:1]})
    two = runs.store(tmp_path / "b", {"fps=30": five()})
    found = compare(one, two)
    assert found.left_out == ("fps=60",)
    assert {row.cell for row in found.rows} == {"fps=30"}
    with pytest.raises(InputError, match="no cell in common: fps=30 against default"):
        compare(two, stored(tmp_path, "c", *five()[:1]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": ["g2g_ms.p5"]}, "did you mean g2g_ms.p95"),
        ({"floors": ["g2g_ms.p95=20Mbps"]}, "floors: g2g_ms.p95=20Mbps"),
        ({"floors": ["nope=3"]}, 'unknown metric "nope"'),
        ({"floors": ["fps=3"]}, 'floors: fps: it is not judged; add metrics=["fps"]'),
    ],
)
def test_what_cannot_be_asked_is_bad_input(base: Run, options: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        compare(base, base, **options)


def test_what_is_no_run_is_bad_input(tmp_path: Path, base: Run) -> None:
    with pytest.raises(InputError, match=r"holds no run\.json"):
        compare(base, tmp_path)
    with pytest.raises(InputError, match="no baseline 'last-week'"):
        compare("last-week", base)
