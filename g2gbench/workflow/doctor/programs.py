"""Programs that some sessions need and most do not: a browser, a livekit-server."""

from __future__ import annotations

import asyncio
from typing import Final

from g2gbench.browser import chromium, offers
from g2gbench.browser.page import PageFailed
from g2gbench.errors import UnreachableError
from g2gbench.media import livekit_video
from g2gbench.process.environment import ENVIRONMENT, for_child
from g2gbench.service.room import livekit_server
from g2gbench.workflow.doctor.finding import Finding

_TIMEOUT_S: Final = 5.0


async def find_chromium() -> list[Finding]:
    """A browser, for who measures through a page: the native client needs none."""
    path = chromium.find(ENVIRONMENT)
    if path is None:
        detail = (
            f"neither on PATH nor in ${chromium.COMMAND_VARIABLE}; the native client needs none"
        )
        return [Finding("chromium", "missing", detail, chromium.ENABLE)]
    try:
        version = await _output(path, "--version")
    except (OSError, TimeoutError):
        version = ""
    if not version:
        return [Finding("chromium", "warning", f"{path} says no version", chromium.ENABLE)]
    return [Finding("chromium", "ok", f"{version}, {path}"), await _browser_codecs(path)]


async def _browser_codecs(path: str) -> Finding:
    """Return the codecs of the browser's page; only the browser itself knows."""
    name = "codecs of chromium"
    try:
        offered = await offers.ask(path)
    except (PageFailed, UnreachableError) as error:
        mend = "run it by hand: what it prints says why"
        return Finding(name, "warning", f"its page did not come up: {error}", mend)
    encodes, decodes = ", ".join(offered.encodes), ", ".join(offered.decodes)
    detail = f"encodes {encodes or 'none'}; decodes {decodes or 'none'}"
    missing = {codec: why for codec in livekit_video.CODECS if (why := offered.why_not(codec))}
    if "vp8" in missing:
        mend = "choose another codec with client.kind: browser, or another build"
        return Finding(name, "warning", detail, mend)
    if missing:
        detail += f"; not for a scenario: {', '.join(missing)}"
    return Finding(name, "ok", detail)


async def find_livekit_server() -> Finding:
    """A real server, for who wants one behind the loopback: the embedded room needs none."""
    name, path = livekit_server.COMMAND, livekit_server.find(None, ENVIRONMENT)
    if path is None:
        where = f"neither on PATH nor in ${livekit_server.COMMAND_VARIABLE}"
        detail = f"{where}; the embedded room needs none"
        return Finding(name, "missing", detail, livekit_server.ENABLE)
    try:
        version = await _output(path, "--version")
    except (OSError, TimeoutError):
        version = ""
    if not version:
        return Finding(name, "warning", f"{path} says no version", livekit_server.ENABLE)
    return Finding(name, "ok", f"{version}, {path}")


async def _output(*command: str) -> str:
    """Return the standard output of a short command."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=for_child(),
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return out.decode(errors="replace").strip()
