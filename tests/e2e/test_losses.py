"""Processes that die in the middle: the run ends in time, what was measured is kept, none stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from g2gbench.cli import main
from g2gbench.scenario import loads
from g2gbench.store.reading import open_run
from g2gbench.workflow.benchmark import run_async
from tests.e2e.sessions import Acting, all_gone, g2gbench, kill, passthrough, until
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session
LINKED = "network: {profile: wifi}\n"


def came_back(journal: Path) -> int:
    """Frames captured after the warm-up that were read, by the journal's lines alone."""
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    (start_ns,) = (
        r["at_ns"] for r in records if r["kind"] == "reached" and r["phase"] == "measure"
    )
    # By their moments: a frame captured just before may be written just after.
    captured = {
        r["seq"] for r in records if r["kind"] == "captured" if r["captured_ns"] >= start_ns
    }
    back = {r["seq"] for r in records if r["kind"] == "seen"}
    return len(back & captured)


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize(
    "victim",
    [
        "client",
        pytest.param("worker", marks=pytest.mark.slow),
        pytest.param("link", marks=pytest.mark.slow),
        pytest.param("room", marks=pytest.mark.nightly),
        pytest.param("service", marks=pytest.mark.nightly),
    ],
)
async def test_a_process_killed_while_measuring_ends_the_trial_and_loses_nothing(
    victim: str, tmp_path: Path
) -> None:
    progress = Acting("measure", kill(victim))
    scenario = loads(passthrough(victim, duration=60) + LINKED)
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path, progress=progress), 60)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert trial.result.message
    assert run.summary_data["status"] == "invalid"
    assert run.summary_data["exit_code"] == 3
    assert trial.result.frames["before_live"] >= 0
    assert len(trial.frames()) > 15  # the warm-up's frames are in the ledger
    assert (run.path / "report.html").exists()
    assert set(progress.pids) == {"client", "worker", "room", "service", "link"}
    assert all_gone(progress.pids)


@pytest.mark.slow
async def test_ctrl_c_keeps_what_was_measured_and_exits_130(tmp_path: Path) -> None:
    scenario = tmp_path / "long.yaml"
    scenario.write_text(passthrough("long", warmup=1, duration=300))
    process = await g2gbench("run", str(scenario), "--out", str(tmp_path / "runs"))
    await until(process.stderr, "measuring")
    await until(process.stderr, "measuring")  # the next figures: seconds of measuring between
    children = {str(p.pid): p.pid for p in psutil.Process(process.pid).children(recursive=True)}
    process.send_signal(signal.SIGINT)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert out.decode().startswith("INTERRUPTED")
    assert len(children) >= 4
    assert all_gone(children)
    run = open_run(next((tmp_path / "runs").iterdir()))
    assert run.status == "interrupted"
    (trial,) = run.trials
    assert trial.result.frames["delivered"] == came_back(next(run.path.rglob("journal.jsonl"))) > 0
    assert not trial.rebuilt
    assert (run.path / "report.html").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("reports")
async def test_a_killed_run_is_a_readable_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "long.yaml"
    scenario.write_text(passthrough("long", warmup=1, duration=300))
    process = await g2gbench("run", str(scenario), "--out", str(tmp_path / "runs"))
    await until(process.stderr, "measuring")
    await until(process.stderr, "measuring")  # the next figures: seconds of measuring between
    children = {str(p.pid): p.pid for p in psutil.Process(process.pid).children(recursive=True)}
    os.kill(process.pid, signal.SIGKILL)
    await process.communicate()
    assert all_gone(children)  # every child dies with its parent
    directory = next((tmp_path / "runs").iterdir())
    await asyncio.to_thread(main, ["report", str(directory)])
    run = open_run(directory)
    (trial,) = run.trials
    assert trial.rebuilt
    assert run.status == "interrupted"
    assert trial.result.frames["delivered"] == came_back(next(run.path.rglob("journal.jsonl"))) > 0
    assert "interrupted" in capsys.readouterr().out.lower()
    assert (directory / "report.html").exists()


@pytest.mark.slow
async def test_a_stop_before_anything_was_measured_is_a_run_too(tmp_path: Path) -> None:
    stop = asyncio.Event()
    progress = Acting("connect", lambda _: stop.set())
    scenario = loads(passthrough("early", duration=60))
    run = await asyncio.wait_for(
        run_async(scenario, out=tmp_path, progress=progress, stop=stop), 60
    )
    assert run.status == "interrupted"
    assert json.loads((run.path / "summary.json").read_text())["exit_code"] == 130
    assert all_gone(progress.pids)


@pytest.mark.nightly
async def test_a_worker_that_is_killed_on_purpose_is_survived_and_told(tmp_path: Path) -> None:
    fault = "service: {faults: {kill_worker_after: 3s, sessions: 1}},"
    text = passthrough("killed", duration=6).replace("kind: loopback,", f"kind: loopback, {fault}")
    run = await asyncio.wait_for(run_async(loads(text), out=tmp_path), 120)
    (trial,) = run.trials
    assert_sound(trial.result)
    journal = next(run.path.rglob("journal.jsonl")).read_text()
    assert '"name":"reconnect"' in journal
    assert journal.count('"name":"remote_stream"') == 2
    frames = trial.frames()
    lost = frames.loc[frames["outcome"] == "dropped", "frame_id"]
    back = frames.loc[frames["outcome"] == "delivered", "frame_id"]
    assert len(lost) > 10
    assert back.max() > lost.max()  # frames came again, from the new session
