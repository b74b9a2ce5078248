from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from g2gbench import __version__, cli
from tests.analysis.histories import history
from tests.report.nights import nights, rewrite

pytestmark = pytest.mark.integration


def trend(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(["trend", *arguments])
    out, err = capfd.readouterr()
    return int(end.value.code or 0), out, err


def told(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, err = trend(capfd, *arguments, "--json")
    assert err == ""
    data: dict[str, Any] = json.loads(out)
    return code, data


STEP = history("normal", 20, 1, step_at=13, step=8)


def test_the_first_bad_run_is_named_and_the_exit_code_is_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = nights(tmp_path / "runs", STEP)
    code, out, _ = trend(capfd, str(tmp_path / "runs"))
    assert code == 1
    assert f"first bad run: {paths[13]}" in out
    assert "g2g p95: steady over 20 runs" in out
    code, data = told(capfd, str(tmp_path / "runs"))
    assert (code, data["status"]) == (1, "worse")
    (found,) = data["histories"]
    line = next(one for one in found["lines"] if one["metric"] == "g2g_ms.p50")
    assert line["first_bad_run"] == str(paths[13])
    (change,) = line["changes"]
    assert (change["run"], change["way"]) == (str(paths[13]), "worse")
    assert change["after"] - change["before"] == change["difference"] > 20
    assert [one["value"] for one in line["values"]] == STEP
    assert all(one["first_bad_run"] is None for one in found["lines"] if one is not line)


def test_without_a_step_it_is_steady_and_the_exit_code_is_0(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(tmp_path / "runs", history("normal", 20, 1))
    code, data = told(capfd, str(tmp_path / "runs"))
    assert (code, data["status"]) == (0, "steady")
    assert not any(line["changes"] for line in data["histories"][0]["lines"])


def test_too_few_runs_are_said_to_be_too_few(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(tmp_path / "runs", STEP[10:16])
    code, out, _ = trend(capfd, str(tmp_path / "runs"))
    assert code == 3
    assert "6 runs with a value, needs 8 to tell a change" in out
    assert told(capfd, str(tmp_path / "runs"))[1]["status"] == "too few runs"


def test_runs_of_another_machine_or_scenario_are_a_history_of_their_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = nights(tmp_path / "runs", STEP)
    facts = json.loads((paths[0] / "run.json").read_text(encoding="utf-8"))
    for path in paths[:4]:
        rewrite(path / "run.json", machine={**facts["machine"], "cores": 99})
    for path in paths[4:6]:
        scenario = {**facts["scenario"], "publish": {"codec": "h264"}}
        rewrite(path / "run.json", scenario=scenario)
    rewrite(paths[6] / "run.json", name="other")
    _, data = told(capfd, str(tmp_path / "runs"))
    assert sorted(len(one["runs"]) for one in data["histories"]) == [1, 2, 4, 13]
    assert len({one["machine"] for one in data["histories"]}) == 2
    assert len({one["scenario_id"] for one in data["histories"]}) == 2
    _, one = told(capfd, str(tmp_path / "runs"), "--scenario", "other")
    assert [found["scenario"] for found in one["histories"]] == ["other"]


def test_runs_without_a_verdict_are_left_out_by_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = nights(tmp_path / "runs", STEP)
    rewrite(paths[3] / "summary.json", status="interrupted")
    (tmp_path / "runs" / "kept").mkdir()
    (paths[4] / "baseline.json").write_text("{}", encoding="utf-8")  # a copy that was kept
    _, data = told(capfd, str(tmp_path / "runs"))
    (found,) = data["histories"]
    assert found["left_out"] == [{"run": str(paths[3]), "because": "interrupted"}]
    assert len(found["runs"]) == 18


def test_what_else_changed_with_it_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = nights(tmp_path / "runs", STEP)
    for path in paths[13:]:
        rewrite(path / "run.json", g2gbench="9.9.9")
    _, out, _ = trend(capfd, str(tmp_path / "runs"))
    assert f"with it changed: g2gbench {__version__} -> 9.9.9" in " ".join(out.split())


def test_another_metric_and_a_floor_are_taken(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(tmp_path / "runs", STEP)
    root = str(tmp_path / "runs")
    code, data = told(capfd, root, "--floor", "g2g_ms.p50=60ms")
    assert (code, data["status"]) == (0, "steady")
    _, data = told(capfd, root, "--metric", "fps")
    assert [line["metric"] for line in data["histories"][0]["lines"]] == ["fps"]


def test_figures_and_tables_are_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nights(tmp_path / "runs", STEP)
    _, data = told(capfd, str(tmp_path / "runs"), "--out", str(tmp_path / "out"))
    name = f"trend-wifi-{data['histories'][0]['scenario_id']}"
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"trend.md", "trend.json", f"{name}.png", f"{name}.svg"}
    assert json.loads((tmp_path / "out" / "trend.json").read_text(encoding="utf-8")) == data
    text = (tmp_path / "out" / "trend.md").read_text(encoding="utf-8")
    assert "| default | g2g p50 | 1 change over 20 runs" in text
    assert "`wifi-013` |" in text
    svg = ElementTree.parse(tmp_path / "out" / f"{name}.svg")
    assert any("worse since run 14" in (words or "") for words in svg.getroot().itertext())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is no run below"),
        (("--metric", "g2g"), "there is no metric 'g2g'"),
        (("--floor", "g2g_ms.p50=fast"), "fast"),
    ],
)
def test_what_cannot_be_used_is_bad_input(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = trend(capfd, str(tmp_path), *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_one_foreign_run_is_left_out_by_name_and_the_rest_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(tmp_path / "runs", STEP[:9])
    bad = {"empty": "", "foreign": '{"scripts": {}}', "odd": '{"schema": 1, "cells": 7}'}
    for name, text in bad.items():
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "run.json").write_text(text, encoding="utf-8")
    code, data = told(capfd, str(tmp_path / "runs"))
    (found,) = data["histories"]
    assert (code, len(found["runs"])) == (0, 9)
    assert {Path(one["run"]).name for one in found["left_out"]} == set(bad)
    for name in bad:
        assert f"left out: {tmp_path / 'runs' / name} (" in trend(capfd, str(tmp_path / "runs"))[1]


def test_where_no_run_can_be_read_each_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_text("", encoding="utf-8")
    code, _, err = trend(capfd, str(tmp_path))
    assert code == 2
    assert f"left out: {tmp_path} (" in err


def test_a_copy_of_a_run_counts_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first, *_ = nights(tmp_path / "runs", STEP[:9])
    shutil.copytree(first, tmp_path / "runs" / "copy")
    _, data = told(capfd, str(tmp_path / "runs"))
    (found,) = data["histories"]
    assert len(found["runs"]) == 9
    (left_out,) = found["left_out"]
    assert left_out["because"].startswith("the same run as ")


def test_a_place_that_takes_nothing_is_bad_input(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = trend(capfd, str(tmp_path), "--out", str(tmp_path / "file" / "below"))
    assert code == 2
    assert "nothing can be written there" in err
