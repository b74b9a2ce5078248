"""Sessions of a live page: a browser opens it and clicks through it, as a person would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from g2gbench.browser import chromium
from g2gbench.errors import ExitCode
from g2gbench.store.reading import Run, open_run
from tests.e2e.devtools import CHROMIUM, FAKE_CAMERA, Page, browser, tab
from tests.e2e.firefox import ENABLE as ENABLE_FIREFOX
from tests.e2e.firefox import FIREFOX, firefox
from tests.e2e.sessions import all_gone, g2gbench, until
from tests.inconclusive import assert_sound

pytestmark = [
    pytest.mark.session,
    pytest.mark.usefixtures("reports"),
    pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"),
]
STATE = "document.getElementById('state').textContent"
OVER = f"{STATE}.startsWith('The session is over')"


@dataclass
class Live:
    """A running ``g2gbench live``."""

    process: asyncio.subprocess.Process
    url: str
    out: Path

    def run(self) -> Run:
        """The only run that it has made."""
        (path,) = self.out.iterdir()
        return open_run(path)

    def children(self) -> dict[str, int]:
        """The processes of the session that runs."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return {f"{one.name()} {one.pid}": one.pid for one in found}

    async def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it as a person would; its exit code."""
        os.kill(self.process.pid, number)
        async with asyncio.timeout(60):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@contextlib.asynccontextmanager
async def live(
    out: Path, warmup: str = "1s", display: str = "false", playout_delay: str = "0ms"
) -> AsyncIterator[Live]:
    """``g2gbench live``, where it has said its address."""
    settings = (
        f"session.warmup={warmup}",
        f"session.playout_delay={playout_delay}",
        f"client.display={display}",
    )
    options = [word for setting in settings for word in ("--set", setting)]
    process = await g2gbench("live", "--port", "0", "--out", str(out), *options)
    try:
        line = await until(process.stdout, "open http")
        found = re.search(r"http\S+", line)
        assert found
        yield Live(process, found[0], out)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def opened(
    folder: Path, *flags: str, query: str = "", **options: str
) -> AsyncIterator[tuple[Live, Page]]:
    """``g2gbench live``, and its page in a browser; it can start a session."""
    async with (
        live(folder / "out", **options) as served,
        browser(folder / "profile", *flags) as devtools,
        tab(devtools, served.url + query) as page,
    ):
        await ready(page)
        yield served, page


async def seconds(page: Page, count: int) -> None:
    """So many seconds with a figure, since the session began."""
    await page.until(f"plot.seconds.filter(([, value]) => value !== null).length >= {count}")


async def ready(page: Page) -> None:
    """The page can start a session."""
    await page.until("!document.getElementById('start').disabled")


async def measuring(page: Page) -> None:
    """A session has been started, and its warm-up is over."""
    await page.click("#start")
    await page.until(f"{STATE}.startsWith('Measuring')")


def told(run: Run, name: str) -> list[dict[str, object]]:
    """What the only trial's events of a name say."""
    return [dict(event.detail) for event in run.trials[0].session.events if event.name == name]


@pytest.mark.slow
async def test_a_person_starts_steers_and_stops_a_session_and_gets_its_report(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as (served, page):
        await measuring(page)
        pids = served.children()
        await page.run(
            "fetch('image?name=me.png', { method: 'POST', body: new Blob(['a picture']) })"
        )
        await page.until("document.getElementById('log').textContent.includes('me.png')")
        await page.run("document.getElementById('prompt').value = 'a sunny beach'")
        await page.click("#ask")
        await page.until("document.getElementById('log').textContent.includes('a sunny beach')")
        await page.run(
            "(box => { box.value = 'lte'; box.dispatchEvent(new Event('change')); })"
            "(document.getElementById('network'))"
        )
        await page.until("document.getElementById('log').textContent.includes('network: lte')")
        await seconds(page, 5)
        size = "[v.videoWidth, v.videoHeight]"
        for video in ("sent", "returned"):
            assert await page.run(f"(v => {size})(document.getElementById('{video}'))") == [
                640,
                360,
            ]
        await page.click("#stop")
        await page.until(OVER)
        run = served.run()
        (trial,) = run.trials
        assert_sound(trial.result)
        frames = trial.result.frames
        assert frames["captured"] > 60
        assert frames["delivered"] > 0.9 * frames["captured"]
        assert trial.session.started is not None
        assert trial.session.started.client == "live"
        assert 0 < (trial.result.metrics["g2g_ms.p50"].value or 0) < 1000
        assert told(run, "prompt") == [
            {"text": None, "image": "me.png"},
            {"text": "a sunny beach", "image": None},
        ]
        assert len(told(run, "prompt_ack")) == 2
        assert told(run, "network") == [{"label": "lte", "impaired": True, "restored": False}]
        assert len(trial.result.phases) == 4  # between what was asked for
        report = await page.run(
            "fetch(document.getElementById('report').href).then(answer => answer.text())"
        )
        assert report == (run.path / "report.html").read_text(encoding="utf-8")
        assert page.errors == []
        assert all_gone(pids)
        assert await served.end() in (ExitCode.PASS, ExitCode.INVALID)


@pytest.mark.slow
async def test_a_tab_that_is_closed_ends_the_session_with_the_reason_and_the_next_one_is_told(
    tmp_path: Path,
) -> None:
    async with (
        live(tmp_path / "out") as served,
        browser(tmp_path / "profile") as devtools,
    ):
        async with tab(devtools, served.url) as page:
            await ready(page)
            await measuring(page)
            pids = served.children()
            async with tab(devtools, served.url) as second:
                taken = "document.getElementById('taken').textContent"
                await second.until(f"{taken}.includes('open in another tab')")
        async with tab(devtools, served.url) as page:
            await page.until("!document.getElementById('outcome').hidden")
            because = await page.run("document.getElementById('because').textContent")
        assert "the page is gone: its tab was closed" in because
        (trial,) = served.run().trials
        assert trial.result.status == "failed"
        assert len(trial.frames()) > 10  # what was measured is kept
        assert all_gone(pids)
        assert await served.end() == ExitCode.INVALID


@pytest.mark.nightly
async def test_ctrl_c_interrupts_a_session_and_keeps_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (served, page):
        await measuring(page)
        pids = served.children()
        assert await served.end() == ExitCode.INTERRUPTED
        run = served.run()
        assert run.status == "interrupted"
        assert len(run.trials[0].frames()) > 10
        assert (run.path / "report.html").is_file()
        assert all_gone(pids)


@pytest.mark.nightly
async def test_what_is_stopped_before_its_warm_up_is_over_counts_for_nothing(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, *FAKE_CAMERA[:1], warmup="1min") as (served, page):
        origin = re.sub(r"(//[^/]+)/.*", r"\1", served.url)
        denied = {"permission": {"name": "camera"}, "setting": "denied", "origin": origin}
        await page.call("Browser.setPermission", **denied)
        await page.click("[value=camera]")
        await page.click("#start")
        await page.until("document.getElementById('words').textContent")
        assert "was refused" in await page.run("document.getElementById('words').textContent")
        assert not served.out.exists()  # nothing was begun
        await page.click("[value=synthetic]")
        await page.click("#start")
        await page.until(f"{STATE}.startsWith('Warming up')")
        await page.click("#stop")
        await page.until(OVER)
        (trial,) = served.run().trials
        assert trial.result.status == "interrupted"
        assert trial.result.message == "it was stopped before the warm-up was over"
        assert page.errors == []
        assert await served.end() != ExitCode.PASS


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("query", "source", "client"),
    [
        ("", "camera", "live"),
        ("?canvas", "camera", "live (canvas)"),
        ("?canvas", "synthetic", "live (canvas)"),
    ],
)
async def test_every_source_goes_through_every_path(
    tmp_path: Path, query: str, source: str, client: str
) -> None:
    # What is read from a display waits for its tick, for longer than no playout delay allows.
    given = {"display": "true", "playout_delay": "natural" if query else "0ms"}
    async with opened(tmp_path, *FAKE_CAMERA, query=query, **given) as (served, page):
        await page.click(f"[value={source}]")
        await measuring(page)
        await seconds(page, 5)
        await page.click("#stop")
        await page.until(OVER)
        assert await page.run("camera.stream") is None  # given back: its light is off
        run = served.run()
        (trial,) = run.trials
        assert_sound(trial.result)
        assert run.facts["scenario"]["source"]["kind"] == source
        assert trial.session.started is not None
        assert trial.session.started.client == client
        frames = trial.result.frames
        assert frames["captured"] > 30
        # What is read from a display misses what was never displayed.
        assert frames["delivered"] > (0.5 if "canvas" in client else 0.9) * frames["captured"]
        assert trial.result.readings["misread"] == 0
        assert (trial.result.metrics["g2g_displayed_ms.mean"].value or 0) > 0
        assert page.errors == []
        assert await served.end(signal.SIGTERM) in (ExitCode.PASS, ExitCode.INVALID)


@pytest.mark.slow
@pytest.mark.skipif(FIREFOX is None, reason=f"no Firefox; to enable: {ENABLE_FIREFOX}")
@pytest.mark.parametrize("source", ["synthetic", pytest.param("camera", marks=pytest.mark.nightly)])
async def test_firefox_is_measured_by_way_of_a_canvas(tmp_path: Path, source: str) -> None:
    """It takes no media at the loopback, and announces its track by an id of its own making.

    What it shows it holds for longer than no playout delay allows.
    """
    async with (
        live(tmp_path / "out", playout_delay="natural") as served,
        firefox(tmp_path / "profile", served.url) as page,
    ):
        await ready(page)
        assert "hands over no single frames" in await page.run("document.body.innerText")
        await page.click(f"[value={source}]")
        await measuring(page)
        await seconds(page, 5)
        await page.click("#stop")
        await page.until(OVER)
        (trial,) = served.run().trials
        assert_sound(trial.result)
        started = trial.session.started
        assert started is not None
        assert (started.client, list(started.versions)) == ("live (canvas)", ["firefox"])
        frames = trial.result.frames
        assert frames["captured"] > 30
        assert frames["delivered"] > 0.5 * frames["captured"]
        assert trial.result.readings["misread"] == 0
        assert page.errors == []
        assert await served.end(signal.SIGTERM) in (ExitCode.PASS, ExitCode.INVALID)
