"""The vendor's JavaScript SDK, unmodified, in a browser, through a session with the service."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from g2gbench.marker import v1
from tests.e2e.livekit import needs_livekit_server
from tests.e2e.vendor import browser
from tests.e2e.vendor.provided import MODULES, ROOMS, needs_javascript_sdk
from tests.e2e.vendor.served import KEY, Served, serving

pytestmark = [pytest.mark.session, pytest.mark.slow, needs_javascript_sdk]
SIZE = (1088, 624)
FIRST = 5000
GREY = 120
STYLED = {"a forest": 109}  # what the emulated model makes of that grey
LONG_S = 60.0
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK as one script for a page."""
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "node_modules").symlink_to(MODULES)
    entry = folder / "entry.js"
    entry.write_text((HERE / "entry.js").read_text())
    command = [str(MODULES / ".bin" / "esbuild"), str(entry), "--bundle"]
    out = folder / "sdk.js"
    options = ["--format=iife", "--global-name=decart", f"--outfile={out}", "--log-level=warning"]
    subprocess.run([*command, *options], check=True, timeout=120)
    return out


class Seen:
    """What the page has collected, numbers read from its pixels."""

    def __init__(self, page: browser.Page) -> None:
        self.page = page
        self.now: dict[str, Any] = {}
        self.numbers: list[int] = []
        self.viewed: list[int] = []
        self.greys: list[int] = []

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG_S):
            while True:
                self.now = await self.page.run("fresh()")
                for strip in self.now["strips"]:
                    number = _number(strip)
                    if number is not None:
                        self.numbers.append(number)
                        self.greys.append(strip["middle"])
                numbers = map(_number, self.now["viewed"])
                self.viewed += [number for number in numbers if number is not None]
                if enough():
                    return


def _number(strip: dict[str, Any]) -> int | None:
    """The number in the bottom-left corner of a frame, of which the page returned that much."""
    assert strip["format"] in ("I420", "NV12")
    rows, stride = strip["rows"], strip["stride"]
    pixels = np.frombuffer(base64.b64decode(strip["luma"]), np.uint8).reshape(rows, stride)
    luma = np.zeros((strip["height"], strip["width"]), np.uint8)
    luma[-rows:, :stride] = pixels
    return v1.read(luma, sent_size=SIZE)


def _given(served: Served, **more: Any) -> dict[str, Any]:
    return {"key": KEY, "http": served.http, "websocket": served.websocket, **more}


@pytest.mark.parametrize("room", ROOMS)
async def test_a_session_runs_from_connect_to_disconnect(
    room: str, sdk: Path, tmp_path: Path
) -> None:
    options = ("--queue", "2", "--queue-seconds", "0.2")
    async with serving(room, *options) as served, browser.page(sdk, tmp_path / "p") as page:
        seen = Seen(page)
        # Another origin than the page's: the token and the viewer need CORS.
        token = await page.run("token(given)", **_given(served))
        assert token["apiKey"].startswith("ek_")
        assert token["permissions"]["models"] == ["lucy-2.1"]
        given = _given(served, prompt="a forest")
        given["key"] = token["token"]
        connected = await page.run("connect(given)", **given)
        assert connected["connected"] is True
        await seen.until(lambda: len(seen.numbers) >= 20)
        styled = STYLED[given["prompt"]]  # from the first frame on
        assert all(abs(grey - styled) <= 4 for grey in seen.greys[:5])
        await page.run("seen.session.setPrompt('räuberisch 🏙', {enhance: false})")
        await page.run("seen.session.setImage(await picture(), {prompt: 'a hat'})")
        await page.run("seen.session.set({prompt: 'a beach'})")
        await page.run("seen.session.setImage(null)")
        await seen.until(lambda: abs(seen.greys[-1] - GREY) <= 4)
        await seen.until(lambda: len(seen.now["ticks"]) >= 3)
        assert await page.run("look(given)", **_given(served)) is True
        await seen.until(lambda: len(seen.viewed) >= 5)
        assert await page.run("seen.session.getConnectionState()") == "generating"
        await page.run("(seen.viewer.disconnect(), seen.session.disconnect())")
        await seen.until(lambda: seen.now["states"][-1] == "disconnected")
        now = seen.now
    sent = range(FIRST, FIRST + now["sent"])
    assert all(number in sent for number in [*seen.numbers, *seen.viewed])
    assert sorted(seen.numbers) == seen.numbers
    assert now["queue"] == [{"position": n, "queueSize": 2} for n in (2, 1)]
    assert now["ticks"] == sorted(set(now["ticks"]))
    assert now["states"][0] == "connecting"
    assert now["states"][-2:] == ["generating", "disconnected"]
    assert now["errors"] == []
    assert [line for line in served.said if "started: lucy-2.1, 1088x624" in line]
    assert [line for line in served.said if line.endswith("client left")]


@pytest.mark.parametrize(
    ("room", "codec"),
    [
        ("embedded", "vp8"),
        pytest.param("livekit-server", "h264", marks=needs_livekit_server),
        pytest.param("embedded", "h264", marks=pytest.mark.nightly),
        pytest.param("livekit-server", "vp8", marks=[needs_livekit_server, pytest.mark.nightly]),
    ],
)
async def test_without_a_prompt_the_picture_passes_in_either_codec(
    room: str, codec: str, sdk: Path, tmp_path: Path
) -> None:
    async with serving(room) as served, browser.page(sdk, tmp_path / "p") as page:
        seen = Seen(page)
        await page.run("connect(given)", **_given(served, codec=codec))
        await seen.until(lambda: len(seen.numbers) >= 20)
        assert all(abs(grey - GREY) <= 4 for grey in seen.greys[:5])
        await page.run("seen.session.disconnect()")
    assert all(number in range(FIRST, FIRST + seen.now["sent"]) for number in seen.numbers)
    assert seen.now["errors"] == []


@pytest.mark.nightly
async def test_a_wrong_key_is_refused_once(sdk: Path, tmp_path: Path) -> None:
    refused = "connect(given).then(() => '', error => error.message)"
    async with serving("embedded") as served, browser.page(sdk, tmp_path / "p") as page:
        said = await page.run(refused, **{**_given(served), "key": "wrong"})
        token = "token(given).then(() => '', error => error.message)"
        assert "401" in await page.run(token, **{**_given(served), "key": "wrong"})
    assert "Invalid API key" in said
    assert served.said.count("a client was refused: Invalid API key") == 1
