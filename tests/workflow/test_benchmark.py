"""The main flow as Python calls it, up to where a session would begin."""

from __future__ import annotations

import asyncio
import errno
import glob
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from g2gbench import report
from g2gbench.errors import FaultError, InputError
from g2gbench.report.formats import markdown, terminal
from g2gbench.scenario import cells, loads
from g2gbench.store import run_directory, trial_directory
from g2gbench.store.files import Held
from g2gbench.store.origin import scenario_of
from g2gbench.store.reading import open_run
from g2gbench.trial import plan
from g2gbench.trial.blocking import randomised_blocks
from g2gbench.trial.plan import PlannedTrial
from g2gbench.trial.schedule import Coming
from g2gbench.workflow import benchmark, trial_series
from g2gbench.workflow.benchmark import resume_async, run_async
from g2gbench.workflow.trial_series import Progress
from tests.report.runs import Recipe, records
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def words_alone() -> Iterator[None]:
    """Which trials ran is looked at here, and what reports say of it: no figure is needed."""
    with undrawn():
        yield


SERVICE = """\
name: cloud
target: {kind: service, url: 'ws://127.0.0.1:9', api_key: '${G2G_UNSET_KEY}', model: lucy-2.1}
"""


async def test_a_variable_that_is_not_set_is_bad_input_and_never_sent_as_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("G2G_UNSET_KEY", raising=False)
    path = tmp_path / "cloud.yaml"
    path.write_text(SERVICE)
    with pytest.raises(InputError, match="G2G_UNSET_KEY"):
        await run_async(path, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


# -- which trials run, with sessions written by recipe in place of measured ones

MATRIX = """\
name: two
target: {kind: loopback, model: camera-360p}
source: {content: street, size: 640x360, fps: 30}
session: {warmup: 1s, duration: 4s}
matrix: {publish.codec: [vp8, h264]}
repeat: 3
"""
INVALID = Recipe(skipped=12)


class Sessions:
    """Stands in for the runner of trials: the result of each is a recipe by its name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **recipes: Recipe) -> None:
        self.ran: list[str] = []
        self.stop_after: int | None = None
        self._recipes = {name.replace("_", " #"): recipe for name, recipe in recipes.items()}
        monkeypatch.setattr(trial_series, "TrialRunner", self._runner)

    def _runner(self, trial: PlannedTrial, journal: Any, *_: Any) -> Any:
        name = trial.name.removeprefix("publish.codec=")
        recipe = self._recipes.get(name, Recipe())

        class Runner:
            async def run(_, stop: asyncio.Event) -> str:  # noqa: N805 - self is the outer one
                cut = self.stop_after == len(self.ran)
                self.ran.append(name)
                if cut:
                    stop.set()
                ending = replace(recipe, reason="interrupted") if cut else recipe
                for record in records(ending):
                    journal.append(record)
                return ""

        return Runner()


async def test_every_block_has_every_cell_in_an_order_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    run = await run_async(loads(MATRIX), out=tmp_path)
    blocks = [sessions.ran[i : i + 2] for i in (0, 2, 4)]
    assert [sorted(block) for block in blocks] == [
        [f"h264 #{repeat}", f"vp8 #{repeat}"] for repeat in range(3)
    ]
    assert len({block[0].partition(" ")[0] for block in blocks}) == 2  # not always the same first
    order = [f"{one['cell']} #{one['repeat']}" for one in run.facts["order"]]
    assert order == [f"publish.codec={name}" for name in sessions.ran]


async def test_an_invalid_trial_is_made_again_and_a_failed_expectation_is_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch, vp8_1=INVALID)
    text = f"{MATRIX}expect: [g2g_ms.p50 < 1ms]\n"
    run = await run_async(loads(text), out=tmp_path, retries=1)
    assert len(sessions.ran) == 7
    assert sessions.ran[4] == "vp8 #1, attempt 2"
    assert run.status == "fail"
    again = [t.result for t in run.trials if t.result.attempts]
    assert [(r.cell, r.repeat, r.status, r.attempts[0].status) for r in again] == [
        ("publish.codec=vp8", 1, "ok", "invalid")
    ]
    for told in (markdown.render(run), terminal.render(run)):
        assert "1 (try 1)" in told
    assert "try 2; try 1 was invalid" in (run.path / "report.html").read_text(encoding="utf-8")


async def test_a_run_that_was_stopped_goes_on_without_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    sessions.stop_after = 3
    run = await run_async(loads(MATRIX), out=tmp_path)
    assert run.status == "interrupted"
    first, sessions.ran, sessions.stop_after = sessions.ran, [], None
    scenario = scenario_of(run.facts, {})
    resumed = await resume_async(open_run(run.path), scenario)
    assert sessions.ran[0] == f"{first[3]}, attempt 2"
    assert sorted([*first[:3], sessions.ran[0].partition(",")[0], *sessions.ran[1:]]) == sorted(
        f"{codec} #{repeat}" for codec in ("vp8", "h264") for repeat in range(3)
    )
    assert resumed.path == run.path
    assert resumed.status == "pass"
    assert sum(len(trial.result.attempts) for trial in resumed.trials) == 1
    order = chain(*randomised_blocks(plan.blocks(cells(scenario)), scenario.seed))
    planned = [trial.name.removeprefix("publish.codec=") for trial in order]
    assert [*first[:4], *sessions.ran[1:]] == planned
    with pytest.raises(InputError, match="is complete"):
        await resume_async(open_run(run.path), scenario)


async def test_a_run_that_still_runs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    sessions.stop_after = 0
    run = await run_async(loads(MATRIX), out=tmp_path)
    held = Held(run.path)
    with pytest.raises(InputError, match="still being measured"):
        await resume_async(run, loads(MATRIX))
    held.release()


async def test_nothing_is_measured_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--out"):
        await run_async(loads(MATRIX), out=tmp_path / "file" / "runs")
    assert sessions.ran == []


async def test_a_run_directory_that_is_gone_ends_the_run_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)

    class Removes(Progress):
        def trial_started(self, coming: Coming) -> None:
            if len(sessions.ran) == 1:
                shutil.rmtree(next(tmp_path.iterdir()))

    with pytest.raises(FaultError, match="cannot be written any more"):
        await run_async(loads(MATRIX), out=tmp_path, progress=Removes())


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_disk_that_is_full_in_the_end_costs_the_report_and_never_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Sessions(monkeypatch)
    monkeypatch.setattr(trial_directory, "write_table", _full)
    monkeypatch.setattr(report, "write", _full)
    run = await run_async(loads(MATRIX), out=tmp_path)
    assert run.status == "pass"
    assert open_run(run.path).summary_data["status"] == "pass"
    assert "g2gbench report" in caplog.text
    assert not (run.path / run_directory.RESERVE).exists()


async def test_a_disk_that_is_full_in_the_middle_keeps_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    begin = trial_directory.TrialDirectory

    def full(*arguments: Any, **named: Any) -> Any:
        return begin(*arguments, **named) if len(sessions.ran) < 2 else _full()

    monkeypatch.setattr(run_directory, "TrialDirectory", full)
    with pytest.raises(FaultError, match=r"broken off.*No space left"):
        await run_async(loads(MATRIX), out=tmp_path)
    (kept,) = map(open_run, glob.glob(f"{tmp_path}/*"))
    assert len(kept.trials) == 2
    assert kept.status == "interrupted"


async def test_overrides_and_repeats_are_given_from_python_and_kept_for_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    file = tmp_path / "two.yaml"
    file.write_text(MATRIX)
    run = await run_async(file, out=tmp_path, overrides=["publish.max_bitrate=1Mbps"], repeat=1)
    assert sorted(sessions.ran) == ["h264 #0", "vp8 #0"]
    assert run.facts["overrides"] == ["publish.max_bitrate=1Mbps", "repeat=1"]
    assert scenario_of(run.facts, {}, run_dir=run.path).publish.max_bitrate == 1_000_000


async def test_a_scenario_that_was_read_takes_repeats_and_no_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(monkeypatch)
    run = await run_async(loads(MATRIX), out=tmp_path, repeat=1)
    assert len(sessions.ran) == 2
    assert scenario_of(run.facts, {}, run_dir=run.path).repeat == 1
    with pytest.raises(InputError, match=r"g2gbench\.load_scenario"):
        await run_async(loads(MATRIX), out=tmp_path, overrides=["seed=1"])
    with pytest.raises(InputError, match="allowed: 1 or more"):
        await run_async(loads(MATRIX), out=tmp_path, repeat=0)


async def test_run_names_what_to_await_inside_a_running_loop(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"await g2gbench\.run_async"):
        benchmark.run(loads(MATRIX), out=tmp_path)


@pytest.mark.parametrize("kind", ["missing", "directory", "latin-1", "name"])
def test_what_is_no_scenario_is_bad_input_from_python_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "nope.yaml"
    if kind == "directory":
        path.mkdir()
    elif kind == "latin-1":
        path.write_bytes("name: \xe4".encode("latin-1"))
    with pytest.raises(InputError):
        benchmark.run("nope" if kind == "name" else path, out=tmp_path / "runs")
