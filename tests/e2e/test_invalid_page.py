"""Each reason that makes a trial through a page invalid, caused for real in its browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from g2gbench.browser import chromium
from g2gbench.scenario import loads
from g2gbench.store.reading import Run
from g2gbench.workflow.benchmark import run_async
from tests.e2e.devtools import CHROMIUM, Page, opened
from tests.e2e.sessions import Acting, passthrough

pytestmark = [
    pytest.mark.session,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"),
]
DISPLAY = "client: {kind: browser, display: true}\n"

# Every fourth batch of what came back is lost on its way out of the page.
LOSE_SEEN = """[...readers.values()].forEach((worker) => {
  const tell = worker.onmessage;
  let batch = 0;
  worker.onmessage = (event) => { batch += 1; if (batch % 4) tell(event); };
})"""
# What the encoder is asked for is cut behind our back, as a fraction once was.
LOSE_STAMPED = """(async () => {
  const parameters = sender.getParameters();
  parameters.encodings[0].maxFramerate = 20;
  await sender.setParameters(parameters);
})()"""


async def _run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Page], Awaitable[object]],
    text: str = "",
) -> tuple[Run, tuple[str, ...]]:
    """A run whose page something is done to as measuring begins; why its trial is invalid."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = tmp_path / "chromium"
    flags = f"--remote-debugging-port={port} --remote-allow-origins=*"
    command.write_text(f'#!/bin/sh\nexec {CHROMIUM} {flags} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv(chromium.COMMAND_VARIABLE, str(command))
    acting: list[asyncio.Task[None]] = []

    async def reach() -> None:
        async with opened(f"http://127.0.0.1:{port}") as page:
            await act(page)

    progress = Acting("measure", lambda _: acting.append(asyncio.ensure_future(reach())))
    scenario = loads(text or passthrough("page", warmup=1, duration=4) + DISPLAY)
    run = await asyncio.wait_for(run_async(scenario, out=tmp_path, progress=progress), 90)
    await acting[0]
    (trial,) = run.trials
    assert trial.result.status == "invalid", trial.result.message
    return run, trial.result.invalid_because


async def test_a_page_that_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hide(page: Page) -> None:
        window = (await page.call("Browser.getWindowForTarget"))["windowId"]
        await page.call(
            "Browser.setWindowBounds", windowId=window, bounds={"windowState": "minimized"}
        )
        await page.run("document.visibilityState === 'hidden' || Promise.reject()")

    run, because = await _run(tmp_path, monkeypatch, hide)
    assert any(reason.startswith("the page was hidden") for reason in because), because
    frames = run.trials[0].frames()
    behind = frames[frames["steady"] & frames["displayed_ns"].isna()]
    assert len(behind) > 60  # a hidden page gets no frame callbacks


@pytest.mark.nightly
async def test_frames_that_the_page_never_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, because = await _run(tmp_path, monkeypatch, lambda page: page.run(LOSE_SEEN))
    assert any("the page read" in reason and "decoded" in reason for reason in because), because


@pytest.mark.nightly
async def test_frames_that_the_browser_never_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, because = await _run(tmp_path, monkeypatch, lambda page: page.run(LOSE_STAMPED))
    assert any("the page stamped" in reason and "took" in reason for reason in because), because
