"""A headless Firefox with one page from loopback, driven over WebDriver BiDi."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.devtools import LOADED, LONG_S, UNTIL

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ENABLE = "apt-get install firefox-esr"
_PREFERENCES: dict[str, object] = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,  # where a page asks for a camera
    "media.autoplay.default": 0,
    # Nothing but loopback: whatever else it wants goes to a port where nobody is.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}


class FirefoxPage:
    """Its page. ``errors`` are those of the page's scripts."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._context = ""
        self._numbers = itertools.count(1)

    async def open(self, url: str) -> None:
        """Begin the session, and show this address."""
        await self.call("session.new", capabilities={})
        await self.call("session.subscribe", events=["log.entryAdded"])
        tree = await self.call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")
        await self.run(LOADED)

    async def run(self, expression: str) -> Any:
        """The value of ``expression``, awaited where it is a promise: as JSON has it."""
        result = await self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def until(self, condition: str) -> None:
        """Until the condition holds; it is looked at whenever the document changes."""
        await self.run(UNTIL % condition)

    async def click(self, selector: str) -> None:
        """Click the element."""
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def screenshot(self) -> bytes:
        """A picture of its window (PNG)."""
        shot = await self.call("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])

    async def call(self, method: str, **parameters: Any) -> Any:
        """One command of WebDriver BiDi; its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(LONG_S):
            while (said := await self._socket.receive_json()).get("id") != number:
                entry = said.get("params", {})
                if said.get("method") == "log.entryAdded" and entry["level"] == "error":
                    self.errors.append(entry["text"])
        assert said["type"] == "success", said
        return said["result"]


def _prepare(profile: Path) -> None:
    profile.mkdir()
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in _PREFERENCES.items()
    )
    (profile / "user.js").write_text("\n".join(lines))


@contextlib.asynccontextmanager
async def firefox(profile: Path, url: str) -> AsyncIterator[FirefoxPage]:
    """A browser of its own at this address."""
    assert FIREFOX is not None
    _prepare(profile)
    process = await asyncio.create_subprocess_exec(
        FIREFOX,
        *("--headless", "--no-remote", "--remote-debugging-port=0"),
        *("--profile", str(profile), "about:blank"),
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
                assert line, "firefox ended as it started"
                found = re.search(rb"BiDi listening on (ws://\S+)", line)
                if found:
                    break
        draining = asyncio.ensure_future(process.stderr.read())
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{found[1].decode()}/session", max_msg_size=0) as socket,
        ):
            page = FirefoxPage(socket)
            await page.open(url)
            yield page
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
