"""What this machine can do: each finding says ok, missing or warning, and how to mend it."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import importlib.metadata
import logging
import platform
import secrets
import selectors
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

import psutil
from livekit import api, rtc

import g2gbench
from g2gbench.browser import chromium, offers
from g2gbench.browser.page import PageFailed
from g2gbench.errors import UnreachableError
from g2gbench.process.environment import ENVIRONMENT, for_child
from g2gbench.process.priority import ALLOW, go_first
from g2gbench.rtc import video
from g2gbench.service.room import livekit_server
from g2gbench.service.room.pairing import RoomSettings
from g2gbench.service.room.server import RoomServer

_NEEDED_CORES = 2
_BUSY_SHARE = 0.25
_TIMER_ROUNDS = 200
_TIMER_LATE_MS = 1.0
_CONNECT_S = 10.0
_PUBLISH_S = 5.0
_SAYS_S = 5.0
_PACKAGES = ("livekit", "livekit-protocol", "numpy", "opencv-python", "pylibsrtp", "pyopenssl")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. ``needed``: no run works without it."""

    name: str
    status: Literal["ok", "missing", "warning"]
    detail: str
    mend: str = ""
    needed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


async def examine() -> list[Finding]:
    """All checks, in the order in which they are shown."""
    return [
        _versions(),
        _machine(),
        _clock(),
        await _timers(),
        *await _room_and_codecs(),
        await _livekit_server(),
        *await _chromium(),
        _cameras(),
    ]


def _versions() -> Finding:
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "versions", "ok", f"g2gbench {g2gbench.__version__}, Python {python}, {packages}"
    )


def _machine() -> Finding:
    cores = psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total / 2**30
    busy = psutil.cpu_percent(interval=0.5) / 100
    detail = f"{cores} cores, {memory:.0f} GiB, {platform.system()}, {busy:.0%} busy now"
    if cores < _NEEDED_CORES:
        mend = f"a loopback trial needs {_NEEDED_CORES} cores: expect invalid trials"
        return Finding("machine", "warning", detail, mend)
    if busy > _BUSY_SHARE:
        return Finding("machine", "warning", detail, "close what else runs here before a run")
    return Finding("machine", "ok", detail)


def _clock() -> Finding:
    steps = []
    for _ in range(1000):
        start = now = time.monotonic_ns()
        while now == start:
            now = time.monotonic_ns()
        steps.append(now - start)
    step = statistics.median(steps)
    info = time.get_clock_info("monotonic")
    detail = f"{info.implementation}, {step:.0f} ns between two readings"
    if step > 1_000_000:
        return Finding("clock", "warning", detail, "g2g cannot be finer than this clock")
    return Finding("clock", "ok", detail)


async def _timers() -> Finding:
    """Lateness of the event loop that links run on, as they run on it."""
    with ThreadPoolExecutor(1) as alone:  # its thread ends with what it was given
        first, late = await asyncio.get_running_loop().run_in_executor(alone, _loop_lateness)
    p50, p99 = statistics.median(late), sorted(late)[round(0.99 * len(late)) - 1]
    how = "" if first else "out"
    detail = (
        f"{_TIMER_ROUNDS} timers of 2 ms late by {p50:.2f} ms (p50), {p99:.2f} ms (p99), "
        f"with{how} real-time scheduling"
    )
    if p99 > _TIMER_LATE_MS:
        mend = "an emulated link will be late by as much: close what else runs here"
        return Finding("timers", "warning", detail, mend if first else f"{mend}, or {ALLOW}")
    return Finding("timers", "ok", detail)


def _loop_lateness() -> tuple[bool, list[float]]:
    """Whether this thread may go first, and by how many ms each timer was late."""
    first = go_first()

    async def measure() -> list[float]:
        late = []
        for _ in range(_TIMER_ROUNDS):
            due = time.monotonic() + 0.002
            await asyncio.sleep(0.002)
            late.append((time.monotonic() - due) * 1000)
        return late

    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        return first, runner.run(measure())


async def _room_and_codecs() -> list[Finding]:
    """Join an embedded room for real and publish with every codec: only the offer tells."""
    key, secret = "doctor", secrets.token_hex(32)
    server = RoomServer(RoomSettings(), key, secret)
    # What the SDK logs when it is made to leave at once is no finding.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    try:
        url = f"ws://127.0.0.1:{await server.start()}"
        grants = api.VideoGrants(room_join=True, room=server.pairing.settings.name)
        token = api.AccessToken(key, secret).with_identity("doctor").with_grants(grants).to_jwt()
        start = time.monotonic()
        offered = {name: await _offered(server, url, token, name) for name in video.CODECS}
        took_ms = (time.monotonic() - start) * 1000 / len(offered)
        detail = f"joined, published and left in {took_ms:.0f} ms"
        return [Finding("embedded room", "ok", detail), *map(_codec, offered, offered.values())]
    except (rtc.ConnectError, TimeoutError, OSError) as error:
        mend = "no interface but lo? the SDK needs one more with any address"
        detail = f"could not be joined ({type(error).__name__})"
        return [Finding("embedded room", "missing", detail, mend, needed=True)]
    finally:
        await server.stop()


async def _offered(server: RoomServer, url: str, token: str, codec: str) -> str:
    """The codec that the SDK puts first when it is asked for one; "" when it offers none."""
    room, source = rtc.Room(), rtc.VideoSource(320, 180)
    await asyncio.wait_for(room.connect(url, token), _CONNECT_S)
    try:
        track = rtc.LocalVideoTrack.create_video_track(codec, source)
        options = video.publish_options(codec, 500_000, 30)
        await asyncio.wait_for(room.local_participant.publish_track(track, options), _PUBLISH_S)
        async with asyncio.timeout(_PUBLISH_S):
            while True:
                participant = server.pairing.named("doctor")
                tracks = participant.tracks.values() if participant else ()
                for one in tracks:
                    if one.section is not None:
                        return one.section.codecs[0].name.lower()
                await asyncio.sleep(0.005)
    except (rtc.participant.PublishTrackError, TimeoutError):
        return ""
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room.disconnect(), _PUBLISH_S)
        await source.aclose()


def _codec(name: str, offered: str) -> Finding:
    if offered == name:
        return Finding(f"codec {name}", "ok", "the SDK offers it, the embedded room forwards it")
    return Finding(
        f"codec {name}",
        "missing",
        f"asked for it, the SDK offers {offered or 'nothing'}",
        "choose another codec: this build of the livekit package cannot encode it",
        needed=name == "vp8",
    )


async def _chromium() -> list[Finding]:
    """A browser, for who measures through a page: the native client needs none."""
    path = chromium.find(ENVIRONMENT)
    if path is None:
        detail = (
            f"neither on PATH nor in ${chromium.COMMAND_VARIABLE}; the native client needs none"
        )
        return [Finding("chromium", "missing", detail, chromium.ENABLE)]
    try:
        version = await _says(path, "--version")
    except (OSError, TimeoutError):
        version = ""
    if not version:
        return [Finding("chromium", "warning", f"{path} says no version", chromium.ENABLE)]
    return [Finding("chromium", "ok", f"{version}, {path}"), await _browser_codecs(path)]


async def _browser_codecs(path: str) -> Finding:
    """What its page can be measured with; only the browser itself knows."""
    name = "codecs of chromium"
    try:
        offered = await offers.ask(path)
    except (PageFailed, UnreachableError) as error:
        mend = "run it by hand: what it prints says why"
        return Finding(name, "warning", f"its page did not come up: {error}", mend)
    encodes, decodes = ", ".join(offered.encodes), ", ".join(offered.decodes)
    detail = f"encodes {encodes or 'none'}; decodes {decodes or 'none'}"
    missing = {codec: why for codec in video.CODECS if (why := offered.why_not(codec))}
    if "vp8" in missing:
        mend = "choose another codec with client.kind: browser, or another build"
        return Finding(name, "warning", detail, mend)
    if missing:
        detail += f"; not for a scenario: {', '.join(missing)}"
    return Finding(name, "ok", detail)


async def _livekit_server() -> Finding:
    """A real server, for who wants one behind the loopback: the embedded room needs none."""
    name, path = livekit_server.COMMAND, livekit_server.find(None, ENVIRONMENT)
    if path is None:
        where = f"neither on PATH nor in ${livekit_server.COMMAND_VARIABLE}"
        detail = f"{where}; the embedded room needs none"
        return Finding(name, "missing", detail, livekit_server.ENABLE)
    try:
        version = await _says(path, "--version")
    except (OSError, TimeoutError):
        version = ""
    if not version:
        return Finding(name, "warning", f"{path} says no version", livekit_server.ENABLE)
    return Finding(name, "ok", f"{version}, {path}")


async def _says(*command: str) -> str:
    """What a short command says on its standard output."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=for_child(),
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), _SAYS_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return out.decode(errors="replace").strip()


def _cameras() -> Finding:
    found = sorted(glob.glob("/dev/video*"))
    if found:
        return Finding("cameras", "ok", ", ".join(found))
    detail = "none under /dev/video*; the synthetic source needs none"
    return Finding("cameras", "missing", detail, "support for cameras comes with a later version")
