from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from g2gbench.analysis.calibration_errors import Injected
from g2gbench.scenario import cells
from g2gbench.store.reading import Run, open_run
from g2gbench.trial.plan import service_plan, trials
from g2gbench.workflow import calibrate
from g2gbench.workflow.calibrate import (
    FULL,
    QUICK,
    Condition,
    Effort,
    NotCalibrated,
    order,
    scenario_of,
)
from tests.cli.calling import call
from tests.e2e.sessions import all_gone, g2gbench, passthrough, until
from tests.inconclusive import assert_sound
from tests.workflow.begun import Begun


def _only_run(root: Path) -> Run:
    (run,) = (open_run(path) for path in root.iterdir())
    return run


def _read(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


EFFORTS = pytest.mark.parametrize("effort", [FULL, QUICK], ids=["full", "quick"])


@EFFORTS
def test_every_block_holds_every_condition_once(effort: Effort) -> None:
    names = [condition.name for condition in order(effort)]
    size = len(effort.conditions)
    assert len(names) == size * effort.repeats
    assert len({condition.name for condition in effort.conditions}) == size
    for start in range(0, len(names), size):
        assert max(Counter(names[start : start + size]).values()) == 1


def test_blocks_have_orders_of_their_own_and_one_seed_gives_one_order() -> None:
    size = len(FULL.conditions)
    assert order(FULL) == order(FULL)
    assert order(FULL) != order(FULL, seed=2)
    assert order(FULL)[:size] != order(FULL)[size : 2 * size]


@EFFORTS
def test_a_condition_is_the_scenario_that_injects_it(effort: Effort) -> None:
    for condition in effort.conditions:
        scenario = scenario_of(condition, effort)
        uplink, downlink = scenario.links()
        assert uplink.delay * 1000 == condition.injected.uplink_ms
        assert downlink.delay * 1000 == condition.injected.downlink_ms
        (trial,) = trials(cells(scenario))
        plan = service_plan(trial)
        assert plan is not None
        assert plan.host.worker.processing.mean_s * 1000 == condition.injected.service_ms
        wrong = {name for name, value in asdict(plan.host.worker.faults).items() if value}
        asked = {name for name, _ in condition.faults}
        assert {name.removesuffix("_s") for name in wrong} == asked


@EFFORTS
def test_the_truths_that_were_promised_are_injected(effort: Effort) -> None:
    delays: dict[str, set[float]] = {
        name: set() for name in ("service_ms", "uplink_ms", "downlink_ms")
    }
    for condition in effort.conditions:
        for name, found in delays.items():
            found.add(getattr(condition.injected, name))
    assert delays == {
        "service_ms": {0, 50, 200},
        "uplink_ms": {0, 20, 100},
        "downlink_ms": {0, 20, 100},
    }
    faults = {name for condition in effort.conditions for name, _ in condition.faults}
    assert faults == {
        "drop_every", "duplicate_every", "swap_every", "freeze_every", "freeze", "silent"
    }  # fmt: skip
    assert any(condition.injected == Injected() for condition in effort.conditions)


@pytest.mark.slow
@pytest.mark.session
async def test_what_is_stopped_or_finds_nothing_to_compare_with_is_no_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(NotCalibrated, match="stopped"):
        await calibrate.calibrate(quick=True, stop=stop)
    delayed = Condition("delayed alone", Injected(service_ms=20))
    monkeypatch.setattr(calibrate, "QUICK", Effort((delayed,), 1, warmup_s=1, duration_s=2))
    begun = Begun()
    with pytest.raises(NotCalibrated, match="a valid trial without any delay"):
        await calibrate.calibrate(quick=True, out=tmp_path, progress=begun)
    assert [(one.index, one.total) for one in begun.trials] == [(0, 1)]
    assert begun.names == ["delayed alone"]
    (kept,) = _only_run(tmp_path).trials
    assert kept.status in ("ok", "invalid")  # on a busy machine; its records are kept


SHORT = Effort(QUICK.conditions[:2], repeats=1, warmup_s=2, duration_s=3)
FOUND = {"g2g_ms.p50", "budget_ms.uplink", "ttff_ms"}


@pytest.mark.session
@pytest.mark.slow
@pytest.mark.parametrize(
    ("effort", "metrics"),
    [
        pytest.param(SHORT, FOUND, id="short"),
        pytest.param(QUICK, {*FOUND, "freeze length"}, id="quick", marks=pytest.mark.nightly),
    ],
)
def test_a_calibration_finds_what_was_injected_and_later_runs_name_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    effort: Effort,
    metrics: set[str],
) -> None:
    monkeypatch.setattr(calibrate, "QUICK", effort)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    trials_root = str(tmp_path / "trials")
    status, out, _ = call(capfd, "calibrate", "--quick", "--json", "-q", "--out", trials_root)
    assert_sound(*(trial.result for trial in _only_run(tmp_path / "trials").trials))
    assert status == 0
    facts = json.loads(out)
    kept = Path(facts.pop("path"))
    assert kept.is_relative_to(tmp_path)
    assert _read(kept) == facts
    drops = facts["counts"]["drops.service"]
    assert drops["true"] > 0
    assert drops["missed"] == 0
    assert {found["metric"] for found in facts["times"]} >= metrics

    scenario = tmp_path / "short.yaml"
    scenario.write_text(passthrough("short", duration=2))
    _, out, _ = call(capfd, "run", str(scenario), "--out", str(tmp_path / "runs"))
    assert "calibration of this machine" in " ".join(out.split())
    run = _only_run(tmp_path / "runs")
    assert run.facts["calibration"]["taken"] == facts["taken"]


@pytest.mark.slow
@pytest.mark.session
async def test_ctrl_c_ends_a_calibration_and_keeps_none(tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    process = await g2gbench("calibrate", "--quick", **home)
    await until(process.stderr, "trial 1 of")
    children = {str(p.pid): p.pid for p in psutil.Process(process.pid).children(recursive=True)}
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert "interrupted: nothing was kept" in err.decode()
    assert not (tmp_path / "data").exists()
    assert all_gone(children)
