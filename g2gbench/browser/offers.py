"""Video codecs that a browser offers, asked of the browser itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from g2gbench.browser.chromium import Chromium
from g2gbench.browser.page import Page
from g2gbench.errors import UnreachableError

# What WebRTC lists among the codecs and is none: retransmission and error correction.
_NO_CODECS: Final = ("rtx", "red", "ulpfec", "flexfec-03")


@dataclass(frozen=True, slots=True)
class Offers:
    """Codecs that a browser encodes and decodes, as scenarios name them, in the browser's order."""

    version: str
    encodes: tuple[str, ...]
    decodes: tuple[str, ...]

    def why_not(self, codec: str) -> str:
        """Return why the codec cannot be measured with this browser; empty where it can."""
        for verb, offered in (("encode", self.encodes), ("decode", self.decodes)):
            if codec not in offered:
                known = ", ".join(offered) or "no video"
                return f"Chromium {self.version} does not {verb} {codec}; it {verb}s {known}"
        return ""


def version_of(agent: str) -> str:
    """The version in a user agent; the whole of it where it names none."""
    found = re.search(r"Chrom\w*/([\d.]+)", agent)
    return found[1] if found else agent


def offers_of(hello: Mapping[str, Any]) -> Offers:
    """From what the page says of itself."""
    return Offers(
        version_of(str(hello["agent"])), _names(hello["codecs"]), _names(hello["decodes"])
    )


async def ask(command: str) -> Offers:
    """Start the browser for a moment and ask it.

    Raises UnreachableError when it cannot be started or ends, PageFailed when its page does not
    come up.
    """
    page = Page(lambda *_: None, lambda _: None, lambda _: None)
    chromium: Chromium | None = None
    waiting: list[asyncio.Future[Any]] = []
    try:
        chromium = await Chromium.start(command, await page.serve(), quiet=True)
        ready = asyncio.ensure_future(page.ready())
        waiting = [ready, asyncio.ensure_future(chromium.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise UnreachableError("the browser ended before its page was there")
        return offers_of(ready.result())
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await page.close()
        if chromium is not None:
            await chromium.end()


def _names(types: Iterable[str]) -> tuple[str, ...]:
    """``video/VP8`` as scenarios say it, each once: a codec has an entry for every profile."""
    names = (one.lower().removeprefix("video/") for one in types)
    return tuple(dict.fromkeys(name for name in names if name not in _NO_CODECS))
