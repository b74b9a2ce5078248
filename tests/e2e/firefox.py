"""A headless Firefox with one page from loopback, driven over WebDriver BiDi."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.devtools import LOADED, Page, listening

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


class FirefoxPage(Page):
    """Its page, over another protocol."""

    _context = ""

    async def open(self, url: str) -> None:
        """Begin the session, and show this address."""
        await self.call("session.new", capabilities={})
        await self.call("session.subscribe", events=["log.entryAdded"])
        tree = await self.call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")
        await self.run(LOADED)

    async def run(self, expression: str, **given: Any) -> Any:
        """The value of ``expression``, as JSON has it."""
        source = f"(async given => JSON.stringify(await ({expression})))({json.dumps(given)})"
        result = await self.call(
            "script.evaluate",
            expression=source,
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    def _heard(self, said: dict[str, Any]) -> None:
        if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
            self.errors.append(said["params"]["text"])


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
    flags = ("--headless", "--no-remote", "--remote-debugging-port=0")
    command = (FIREFOX, *flags, "--profile", str(profile), "about:blank")
    async with (
        listening(command, profile, r"BiDi listening on (ws://\S+)") as address,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
    ):
        page = FirefoxPage(socket)
        await page.open(url)
        yield page
