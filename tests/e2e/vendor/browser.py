"""A headless Chromium with one page from loopback, driven over the DevTools protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.e2e.vendor.provided import CHROMIUM

LONG_S = 90.0
_HERE = Path(__file__).parent
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",  # media permission: host candidates go by address
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # nothing but loopback
    "--remote-debugging-port=0",
)
_PAGE = """<!doctype html><meta charset="utf-8"><title>session</title>
<script src="sdk.js"></script><script src="session.js"></script>"""
_LOADED = """new Promise(resolve => document.readyState === "complete"
  ? resolve() : addEventListener("load", resolve))"""


class Page:
    """The page; ``run`` evaluates an expression in it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def run(self, expression: str, **given: Any) -> Any:
        """The value of ``expression``, awaited where it is a promise; ``given`` is an object."""
        source = f"(async given => ({expression}))({json.dumps(given)})"
        result = await self.call(
            "Runtime.evaluate", expression=source, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def call(self, method: str, **parameters: Any) -> Any:
        """One command of the DevTools protocol; its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(LONG_S):
            while (said := await self._socket.receive_json()).get("id") != number:
                pass
        assert "error" not in said, said["error"]
        return said["result"]


@contextlib.asynccontextmanager
async def page(sdk: Path, profile: Path) -> AsyncIterator[Page]:
    """A page that has the bundled SDK."""
    async with (
        _site(sdk) as url,
        _chromium(profile) as devtools,
        aiohttp.ClientSession() as http,
    ):
        async with http.get(f"{devtools}/json/list") as answer:
            targets = await answer.json()
        (target,) = (one for one in targets if one["type"] == "page")
        async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            one = Page(socket)
            await one.call("Page.navigate", url=url)
            await one.run(_LOADED)
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


@contextlib.asynccontextmanager
async def _chromium(profile: Path) -> AsyncIterator[str]:
    """Its DevTools' HTTP address."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_FLAGS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(profile)},
        start_new_session=True,
    )
    assert process.stderr is not None
    draining = None
    try:
        async with asyncio.timeout(LONG_S):
            while True:
                line = await process.stderr.readline()
                assert line, "chromium ended as it started"
                found = re.search(rb"DevTools listening on ws://([^/]+)/", line)
                if found:
                    break
        draining = asyncio.ensure_future(process.stderr.read())
        yield f"http://{found[1].decode()}"
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()
        if draining is not None:
            await draining
