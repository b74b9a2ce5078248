"""Whole sessions measured through a page in a real headless Chromium."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil
import pytest

from g2gbench.browser import chromium
from g2gbench.browser.offers import Offers, ask
from g2gbench.client import headless_page
from g2gbench.errors import InputError
from g2gbench.scenario import loads
from g2gbench.workflow.benchmark import run_async
from tests.e2e.livekit import needs_livekit_server
from tests.e2e.sessions import Acting, all_gone, passthrough
from tests.inconclusive import assert_sound

pytestmark = [
    pytest.mark.session,
    pytest.mark.skipif(
        chromium.find(os.environ) is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"
    ),
]
BROWSER = "client: {kind: browser}\n"


def tree(pid: int) -> dict[str, int]:
    """The process and all below it, by what they are."""
    root = psutil.Process(pid)
    return {f"{p.name()} {p.pid}": p.pid for p in (root, *root.children(recursive=True))}


def browser_of(pid: int) -> psutil.Process:
    """The browser's main process: the client's only child."""
    (found,) = psutil.Process(pid).children()
    return found


async def test_a_page_gives_the_same_ledger_as_the_native_client(tmp_path: Path) -> None:
    pids: dict[str, int] = {}
    progress = Acting("measure", lambda known: pids.update(tree(known["client"])))
    scenario = loads(passthrough("browser", duration=4) + BROWSER)
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path, progress=progress), 90)
    (trial,) = run.trials
    assert_sound(trial.result)
    frames = trial.result.frames
    assert trial.session.steady_ns is not None
    start_ns, end_ns = trial.session.steady_ns
    due_ns = trial.session.skipped.due_ns
    skipped = np.count_nonzero((due_ns >= start_ns) & (due_ns < end_ns))
    # One tick for where the window lies between two, one for what each end's capture is late by.
    assert abs(frames["captured"] + skipped - 30 * (end_ns - start_ns) / 1e9) <= 2
    assert frames["delivered"] + frames["dropped"] == frames["captured"]
    assert frames["delivered"] >= 115
    assert trial.result.readings["misread"] == 0
    metrics = trial.result.metrics
    assert 0 < (metrics["g2g_ms.p50"].value or 0) < 1000
    assert metrics["budget_ms.uplink"].value is not None  # found in the link's packet log
    assert trial.session.started is not None
    assert trial.session.started.client == "browser"
    assert set(trial.session.started.versions) == {"chromium"}
    (page,) = [event for event in trial.session.events if event.name == "page"]
    assert page.detail["hidden"] is False
    assert len(pids) > 4  # the browser's own processes
    assert all_gone(pids)


@pytest.mark.slow
async def test_a_page_tells_when_it_displayed_each_frame(tmp_path: Path) -> None:
    text = passthrough("displayed", warmup=2, duration=4).replace("fps: 30", "fps: 29.7")
    scenario = loads(text + "client: {kind: browser, display: true}\n")
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path), 90)
    (trial,) = run.trials
    assert_sound(trial.result)
    metrics = trial.result.metrics
    frames = trial.frames()
    steady = frames[frames["steady"]]
    delivered = steady[steady["outcome"] == "delivered"]
    shown = delivered[delivered["displayed_ns"].notna()]
    replaced = delivered[delivered["drop_phase"] == "display"]
    assert len(shown) + len(replaced) == len(delivered)  # the tail shows the last ones
    assert len(shown) > 0.8 * len(delivered)
    assert metrics["drops.display"].value == len(replaced)
    assert metrics["g2g_displayed_ms.p50"].n == len(shown)
    assert metrics["g2g_displayed_ms.p50"].reason == ""  # no lock at this rate
    g2g_ms, display_ms = shown["g2g_ms"], shown["budget_display_ms"]
    # A tick of the display, and what a thread may be late by; never the clock of another frame.
    assert -10 < display_ms.min() < display_ms.median() < 60
    displayed_ms = (shown["displayed_ns"] - shown["captured_ns"]) / 1e6
    assert (displayed_ms - g2g_ms - display_ms).abs().max() < 1e-6


@pytest.mark.slow
@needs_livekit_server
async def test_a_page_joins_a_real_livekit_server(tmp_path: Path) -> None:
    text = passthrough("joined", duration=2) + BROWSER
    text = text.replace("kind: loopback,", "kind: loopback, room: livekit-server,")
    run = await asyncio.wait_for(run_async(loads(text), out=tmp_path), 90)
    (trial,) = run.trials
    assert_sound(trial.result)
    assert trial.result.frames["delivered"] > 30
    assert trial.result.readings["misread"] == 0


@pytest.mark.nightly
async def test_a_reconnect_goes_through_the_same_page(tmp_path: Path) -> None:
    fault = "kind: loopback, service: {faults: {drop_after: 3s, sessions: 1}},"
    text = passthrough("dropped", duration=6).replace("kind: loopback,", fault) + BROWSER
    run = await asyncio.wait_for(run_async(loads(text), out=tmp_path), 120)
    (trial,) = run.trials
    assert_sound(trial.result)
    names = [event.name for event in trial.session.events]
    assert names.count("remote_stream") == 2
    frames = trial.frames()
    lost = frames.loc[frames["outcome"] == "dropped", "frame_id"]
    back = frames.loc[frames["outcome"] == "delivered", "frame_id"]
    assert len(lost) > 10
    assert back.max() > lost.max()
    (recovery,) = trial.result.recoveries
    assert recovery.cause == "reconnect"
    assert recovery.frames_lost >= 10


def is_renderer(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.NoSuchProcess:  # a helper of the browser's that ended meanwhile
        return False


@pytest.mark.slow
@pytest.mark.parametrize("victim", [pytest.param("browser", marks=pytest.mark.nightly), "renderer"])
async def test_a_browser_that_dies_ends_the_trial_in_time_with_the_reason(
    tmp_path: Path, victim: str
) -> None:
    pids: dict[str, int] = {}

    def strike(known: Mapping[str, int]) -> None:
        main = browser_of(known["client"])
        pids.update(tree(main.pid))
        if victim == "renderer":
            renderers = [p for p in main.children(recursive=True) if is_renderer(p)]
            assert renderers
            for process in renderers:
                process.kill()
        else:
            main.kill()

    progress = Acting("measure", strike)
    scenario = loads(passthrough(victim, duration=60) + BROWSER)
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path, progress=progress), 60)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert ("browser ended" if victim == "browser" else "page is gone") in trial.result.message
    assert len(trial.frames()) > 15  # the warm-up's frames are in the ledger
    assert all_gone({**pids, **progress.pids})


@pytest.mark.nightly
async def test_latency_that_is_injected_moves_the_page_as_it_moves_the_native_client(
    tmp_path: Path,
) -> None:
    text = passthrough("moved", duration=6, warmup=6) + BROWSER
    network = "network: {uplink: {delay: 50ms}, downlink: {delay: 50ms}}\n"
    runs = [
        await asyncio.wait_for(run_async(loads(one), out=tmp_path / str(i)), 90)
        for i, one in enumerate((text, text + network))
    ]
    values = [run.trials[0].result.metrics["g2g_ms.min"].value or 0.0 for run in runs]
    assert values[1] - values[0] == pytest.approx(100, abs=8)


async def test_without_a_browser_nothing_runs_and_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(chromium.COMMAND_VARIABLE, str(tmp_path / "none"))
    scenario = loads(passthrough("none", duration=2) + BROWSER)
    with pytest.raises(InputError, match="apt-get install chromium"):
        await run_async(scenario, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    await headless_page.check([loads(passthrough())])  # the native client needs none


@pytest.mark.slow
async def test_a_browser_that_goes_after_the_check_ends_the_trial_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: object) -> None:
        return None

    monkeypatch.setattr(headless_page, "check", nothing)
    monkeypatch.setenv(chromium.COMMAND_VARIABLE, str(tmp_path / "none"))
    scenario = loads(passthrough("gone", duration=2) + BROWSER)
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path), 60)
    (trial,) = run.trials
    assert trial.result.status == "failed"
    assert "apt-get install chromium" in trial.result.message


async def test_a_codec_that_the_browser_does_not_offer_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(_: str) -> Offers:
        return Offers("156.0", ("vp8", "av1"), ("vp8", "av1", "h265"))

    monkeypatch.setattr(headless_page, "ask", ask)
    text = passthrough("codecs", duration=2) + BROWSER
    text += "matrix: {publish.codec: [vp8, h265, vp9]}\n"
    with pytest.raises(InputError) as caught:
        await run_async(loads(text), out=tmp_path / "out")
    assert str(caught.value) == (
        "publish.codec: Chromium 156.0 does not encode h265; it encodes vp8, av1; "
        "Chromium 156.0 does not encode vp9; it encodes vp8, av1"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.nightly
@pytest.mark.parametrize("codec", ["vp9", "h264", "av1"])
async def test_every_codec_that_the_browser_offers_can_be_measured(
    tmp_path: Path, codec: str
) -> None:
    command = chromium.find(os.environ)
    assert command is not None
    why_not = (await ask(command)).why_not(codec)
    if why_not:
        pytest.skip(why_not)
    text = passthrough(codec, warmup=3, duration=4) + BROWSER + f"publish: {{codec: {codec}}}\n"
    run = await asyncio.wait_for(run_async(loads(text), out=tmp_path), 90)
    (trial,) = run.trials
    assert_sound(trial.result)
    stats = trial.rtcstats()
    for end in ("outbound", "inbound"):
        assert stats[f"{end}.mime_type"].dropna().str.lower().unique() == [f"video/{codec}"]
