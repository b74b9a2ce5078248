"""Real sessions of real WebRTC, by the API and by the command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from g2gbench.scenario import loads
from g2gbench.store.reading import open_run
from g2gbench.workflow.benchmark import run_async
from tests.e2e.sessions import g2gbench, passthrough
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session


@pytest.mark.slow
async def test_a_model_that_redraws_the_picture_is_measured_by_its_own_stamp(
    tmp_path: Path,
) -> None:
    text = passthrough("restyled", duration=4).replace(
        "model: camera-360p",
        "model: camera-360p, processing: {transform: restyle, mean: 20ms}",
    )
    scenario = loads(text.replace("playout_delay: 0ms", 'playout_delay: 0ms, prompt: "x"'))
    run = await run_async(scenario, out=tmp_path)
    result = run.trials[0].result
    assert_sound(result)
    assert result.frames["delivered"] > 100
    assert result.readings["witness_disagree"] == 0
    least = result.metrics["g2g_ms.min"].value
    assert least is not None
    assert least > 20  # the model held each frame for so long


@pytest.mark.slow
async def test_the_timeline_changes_prompt_and_network(tmp_path: Path) -> None:
    text = passthrough("timeline", duration=5) + (
        "network: {uplink: {delay: 1ms}}\n"
        "timeline:\n"
        "  - {at: 2s, prompt: 'a sunny beach'}\n"
        "  - {at: 3s, network: {uplink: {delay: 100ms}, downlink: {delay: 100ms}}}\n"
    )
    run = await run_async(loads(text), out=tmp_path)
    (trial,) = run.trials
    assert_sound(trial.result)
    session = trial.recorded.session
    names = [event.name for event in session.events]
    assert names.index("prompt") < names.index("prompt_ack") < names.index("network")
    frames = trial.frames()
    start = session.reached["measure"]
    seconds = (frames["captured_ns"].astype("int64") - start) / 1e9
    changed = next(event.at_ns for event in session.events if event.name == "network")
    after = frames[frames["captured_ns"].astype("int64") > changed]["g2g_ms"].dropna()
    before = frames[seconds < 3]["g2g_ms"].dropna()
    # Light's own bound: after the change no frame can be back in less than both delays.
    assert len(after) > 10
    assert after.min() >= 199
    assert before.min() < 199


async def test_the_command_prints_one_json_object_and_its_exit_code_is_the_verdict(
    tmp_path: Path,
) -> None:
    scenario = tmp_path / "two.yaml"
    expectations = "expect: [g2g_ms.p50 < 1us]\nmatrix: {publish.codec: [vp8, h264]}\n"
    scenario.write_text(passthrough("two", duration=2) + expectations)
    process = await g2gbench("run", str(scenario), "--out", str(tmp_path / "runs"), "--json")
    out, err = await asyncio.wait_for(process.communicate(), 120)
    summary = json.loads(out)
    (path,) = (tmp_path / "runs").iterdir()
    assert_sound(*(trial.result for trial in open_run(path).trials))
    assert process.returncode == summary["exit_code"] == 1, err.decode()
    assert summary["status"] == "fail"
    assert [cell["settings"]["publish.codec"] for cell in summary["cells"]] == ["vp8", "h264"]
    assert "[2/2]" in err.decode()
    for cell in summary["cells"]:
        (expectation,) = cell["expectations"]
        assert expectation["holds"] is False
        assert cell["metrics"]["g2g_ms.p50"]["value"] > 0
        assert cell["metrics"]["g2g_ms.p99"]["value"] is None  # 60 frames are too few: it says so
        assert cell["metrics"]["g2g_ms.p99"]["reason"]


async def test_a_codec_that_cannot_be_encoded_is_said_and_not_measured(tmp_path: Path) -> None:
    text = passthrough("h265") + "publish: {codec: h265}\n"
    run = await run_async(loads(text), out=tmp_path)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert "h265 was asked for" in trial.result.message
    assert run.summary_data["exit_code"] == 3


@pytest.mark.nightly
async def test_neither_a_proxy_nor_the_working_directory_reaches_a_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "queue.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = await run_async(loads(passthrough(duration=2)), out=tmp_path / "runs")
    (trial,) = run.trials
    assert_sound(trial.result)
    assert trial.result.frames["delivered"] > 0
