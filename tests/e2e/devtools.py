"""A headless Chromium with pages from loopback, driven over the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from g2gbench.browser import chromium

CHROMIUM = chromium.find(os.environ)
LONG_S = 45.0
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
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # nothing but loopback
    "--remote-debugging-port=0",
)
FAKE_CAMERA = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",  # media permission: host candidates go by address
)
LOADED = """new Promise(resolve => document.readyState === "complete"
  ? resolve() : addEventListener("load", resolve))"""
UNTIL = """new Promise((resolve) => {
  const check = () => { if (%s) { watch.disconnect(); resolve(); } };
  const watch = new MutationObserver(check);
  watch.observe(document,
    { subtree: true, childList: true, attributes: true, characterData: true });
  check();
})"""


class Page:
    """The page; ``run`` evaluates an expression in it. ``errors`` are those of its scripts."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)

    async def run(self, expression: str, **given: Any) -> Any:
        """The value of ``expression``, awaited where it is a promise; ``given`` is an object."""
        source = f"(async given => ({expression}))({json.dumps(given)})"
        result = await self.call(
            "Runtime.evaluate",
            expression=source,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, condition: str) -> None:
        """Until the condition holds; it is looked at whenever the document changes."""
        await self.run(UNTIL % condition)

    async def click(self, selector: str) -> None:
        """Click the element."""
        await self.run("document.querySelector(given.selector).click()", selector=selector)

    async def screenshot(self, width: int, height: int, *, dark: bool = False) -> bytes:
        """A picture of the page in a window of this size (PNG)."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=scheme)
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    async def call(self, method: str, **parameters: Any) -> Any:
        """One command of the DevTools protocol; its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(LONG_S):
            while (said := await self._socket.receive_json()).get("id") != number:
                self._heard(said)
        assert "error" not in said, said["error"]
        return said["result"]

    def _heard(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(said["params"]["exceptionDetails"]))
        elif said.get("method") == "Log.entryAdded":
            entry = said["params"]["entry"]
            if entry["level"] == "error":
                self.errors.append(f"{entry['text']} {entry.get('url', '')}")


@contextlib.asynccontextmanager
async def tab(devtools: str, url: str) -> AsyncIterator[Page]:
    """A new tab of the browser, at this address; closed at the end."""
    async with aiohttp.ClientSession() as http:
        async with http.put(f"{devtools}/json/new?about:blank") as answer:
            target = await answer.json()
        async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            one = Page(socket)
            await one.call("Runtime.enable")
            await one.call("Log.enable")
            await one.call("Page.navigate", url=url)
            await one.run(LOADED)
            yield one
        with contextlib.suppress(aiohttp.ClientError):  # it may be gone already
            async with http.get(f"{devtools}/json/close/{target['id']}"):
                pass


@contextlib.asynccontextmanager
async def opened(devtools: str) -> AsyncIterator[Page]:
    """The page that the browser has open."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{devtools}/json/list") as answer:
            (target,) = [one for one in await answer.json() if one["type"] == "page"]
        async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            yield Page(socket)


@contextlib.asynccontextmanager
async def browser(profile: Path, *flags: str) -> AsyncIterator[str]:
    """A browser; its DevTools' HTTP address."""
    assert CHROMIUM is not None
    command = (CHROMIUM, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank")
    async with listening(command, profile, r"DevTools listening on ws://([^/]+)/") as address:
        yield f"http://{address}"


@contextlib.asynccontextmanager
async def listening(command: Sequence[str], home: Path, says: str) -> AsyncIterator[str]:
    """A browser's process; the address that it says, where it says so."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(home)},
        start_new_session=True,
    )
    assert process.stderr is not None
    draining = None
    try:
        async with asyncio.timeout(LONG_S):
            while True:
                line = await process.stderr.readline()
                assert line, f"{command[0]} ended as it started"
                found = re.search(says, line.decode(errors="replace"))
                if found:
                    break
        draining = asyncio.ensure_future(process.stderr.read())
        yield found[1]
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
