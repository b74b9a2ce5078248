"""Pictures that the page draws: bit for bit those of the native client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from aiohttp import web

from g2gbench import marker
from g2gbench.browser import chromium, draw_commands
from g2gbench.browser.frame_feed import FrameFeed, LayeredFrames, WholeFrames
from g2gbench.browser.page import HOST, STATIC
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.sources import SyntheticSource

FIRST_NUMBER = 65_500  # wraps within a trial
# Cars and people leave on both sides; the pan turns; a blink; hours later.
FRAMES = [0, 1, 2, 3, 117, 118, 364, 720, 1439, 100_003]
# Draws what it is given, and gives it back.
SCRIPT = """
const given = async (name) => (await fetch(name)).arrayBuffer();
(async () => {
  for (let number = 0; number < CASES; number += 1) {
    const drawing = new Drawing(await given(`/layers/${number}`));
    const drawn = [];
    for (const order of orders(await given(`/orders/${number}`)))
      drawn.push(drawing.draw(order).slice());
    await fetch(`/drawn/${number}`, { method: "POST", body: new Blob(drawn) });
  }
})().catch((error) => fetch("/failed", { method: "POST", body: String(error) }));
"""


class Case(NamedTuple):
    content: str
    size: tuple[int, int]
    mirrored: bool
    version: marker.Version = "v2"

    def feeds(self) -> tuple[FrameFeed, FrameFeed]:
        """Of laid pictures, and of the same ones drawn here."""
        source = SyntheticSource(self.content, *self.size, 30, 7)
        options = CaptureOptions(
            mirrored=self.mirrored,
            marker=marker.get(self.version),
            first_number=FIRST_NUMBER,
            on_capture=lambda _: None,
        )
        laid = source.layered
        assert laid is not None
        return (
            LayeredFrames(source, laid, options),
            WholeFrames(source, options),
        )


CASES = [
    *(
        Case(content, size, mirrored)
        for content, size, mirrored in product(
            ("street", "talking-head"), ((640, 360), (222, 98)), (False, True)
        )
    ),
    Case("street", (160, 96), mirrored=False),  # too small for a marker
    Case("street", (320, 200), mirrored=False, version="v1"),
]


async def _draw(command: str) -> dict[Case, bytes]:
    """Have all cases drawn by one browser."""
    feeds = [case.feeds()[0] for case in CASES]
    drawn: dict[Case, bytes] = {}
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def page(_: web.Request) -> web.Response:
        script = SCRIPT.replace("CASES", str(len(CASES)))
        text = f"<!doctype html><script src=drawing.js></script><script>{script}</script>"
        return web.Response(text=text, content_type="text/html")

    async def script(_: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "drawing.js")

    async def layers(request: web.Request) -> web.Response:
        return web.Response(body=feeds[int(request.match_info["number"])].opening())

    async def orders(request: web.Request) -> web.Response:
        (message,) = feeds[int(request.match_info["number"])].frames(FRAMES)
        return web.Response(body=message)

    async def keep(request: web.Request) -> web.Response:
        drawn[CASES[int(request.match_info["number"])]] = await request.read()
        if len(drawn) == len(CASES):
            over.set_result(None)
        return web.Response()

    async def fail(request: web.Request) -> web.Response:
        over.set_exception(AssertionError(await request.text()))
        return web.Response()

    app = web.Application(client_max_size=1 << 26)
    app.router.add_get("/", page)
    app.router.add_get("/drawing.js", script)
    app.router.add_get("/layers/{number}", layers)
    app.router.add_get("/orders/{number}", orders)
    app.router.add_post("/drawn/{number}", keep)
    app.router.add_post("/failed", fail)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    browser = await chromium.Chromium.start(command, f"http://{HOST}:{runner.addresses[0][1]}/")
    try:
        await asyncio.wait_for(over, 60)
    finally:
        await browser.end()
        await runner.cleanup()
    return drawn


@pytest.fixture(scope="module")
def drawn() -> dict[Case, bytes]:
    command = chromium.find(os.environ)
    if command is None:
        pytest.skip(f"no Chromium; to enable: {chromium.ENABLE}")
    return asyncio.run(_draw(command))


def pictures(feed: FrameFeed) -> Iterator[bytes]:
    for message in feed.frames(FRAMES):
        yield message[16:]


@pytest.mark.session
@pytest.mark.parametrize("case", CASES)
def test_the_page_draws_the_same_pictures_bit_for_bit(case: Case, drawn: dict[Case, bytes]) -> None:
    expected = list(pictures(case.feeds()[1]))
    size = len(expected[0])
    assert len(drawn[case]) == size * len(FRAMES)
    assert len(set(expected)) == len(FRAMES)
    found = [drawn[case][i * size : (i + 1) * size] for i in range(len(FRAMES))]
    wrong = [frame for frame, *two in zip(FRAMES, found, expected, strict=True) if two[0] != two[1]]
    assert wrong == []


def test_a_marker_is_sent_as_it_is_stamped() -> None:
    stamps = draw_commands.Stamps(marker.get("v2"), 640, 360)
    luma = np.full((360, 640), 99, np.uint8)
    marker.get("v2").stamp(luma, 1234)
    assert (luma[-32:, :192] == stamps(1234)).all()
    assert draw_commands.Stamps(marker.get("v2"), 190, 360)(1234).size == 0


def test_a_picture_that_is_laid_takes_a_hundredth_of_its_pixels() -> None:
    laid, whole = Case("street", (1088, 624), mirrored=False).feeds()
    (orders,) = laid.frames([5])
    (picture,) = whole.frames([5])
    assert len(orders) < len(picture) / 100


@pytest.mark.parametrize("content", ["noise", "flat"])
def test_what_is_not_laid_has_no_steps(content: str) -> None:
    source = SyntheticSource(content, 64, 48, 30, 1)
    assert source.layered is None
    with pytest.raises(TypeError, match="not laid from layers"):
        source.steps(0)
