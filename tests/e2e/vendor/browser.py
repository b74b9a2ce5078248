"""A page that has the service's own JavaScript SDK, in a headless Chromium."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from tests.e2e.devtools import FAKE_CAMERA, LONG_S, Page, browser, tab

__all__ = ["LONG_S", "Page", "page"]
_HERE = Path(__file__).parent
_PAGE = """<!doctype html><meta charset="utf-8"><title>session</title>
<script src="sdk.js"></script><script src="session.js"></script>"""


@contextlib.asynccontextmanager
async def page(sdk: Path, profile: Path) -> AsyncIterator[Page]:
    """A page that has the bundled SDK."""
    async with (
        _site(sdk) as url,
        browser(profile, *FAKE_CAMERA) as devtools,
        tab(devtools, url) as one,
    ):
        yield one


@contextlib.asynccontextmanager
async def _site(sdk: Path) -> AsyncIterator[str]:
    async def document(_: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def bundle(_: web.Request) -> web.FileResponse:
        return web.FileResponse(sdk)

    async def session(_: web.Request) -> web.FileResponse:
        return web.FileResponse(_HERE / "session.js")

    app = web.Application()
    app.add_routes(
        [web.get("/", document), web.get("/sdk.js", bundle), web.get("/session.js", session)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
