"""A whole session of the vendor's Python SDK, run by a Python that has it; not a test by itself.

Reads what to do from stdin, as JSON, and prints what came of it, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import struct
import sys
import zlib
from collections import Counter
from importlib import import_module
from typing import Any

import numpy as np

from g2gbench.marker import v1

decart: Any = import_module("decart")
realtime: Any = import_module("decart.realtime")
decart_types: Any = import_module("decart.types")
rtc: Any = import_module("livekit.rtc")

WIDTH, HEIGHT, FPS = 1280, 720, 15
FIRST = 5000
LONG_S = 60.0
GREY = 150
# What the emulated model makes of that grey under these prompts.
STYLED = {"a cyberpunk city": 137, "a hat": 162, "a city of glass": 143}


class Camera:
    """Grey pictures with numbers; a stripe that moves gives the encoder something to do."""

    def __init__(self) -> None:
        self.source = rtc.VideoSource(WIDTH, HEIGHT)
        self.track = rtc.LocalVideoTrack.create_video_track("camera", self.source)
        self.sent = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            buffer = np.full(WIDTH * HEIGHT * 3 // 2, 128, np.uint8)
            luma = buffer[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
            luma[:] = GREY
            luma[:100, self.sent * 16 % WIDTH :] = 90
            v1.stamp(luma, FIRST + self.sent)
            frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, buffer.tobytes())
            self.source.capture_frame(frame)
            self.sent += 1
            await asyncio.sleep(max(0.0, begun + self.sent / FPS - loop.time()))


class Screen:
    """Reads the numbers and the grey of what is shown."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.greys: list[int] = []
        self.sizes: set[tuple[int, int]] = set()
        self.unread: Counter[str] = Counter()
        self._more = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()

    def show(self, track: Any) -> None:
        self._reading.add(asyncio.ensure_future(self._read(track)))

    async def _read(self, track: Any) -> None:
        stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
        async for event in stream:
            frame = event.frame
            size = (frame.width, frame.height)
            luma = np.frombuffer(frame.data, np.uint8)[: size[0] * size[1]].reshape(size[::-1])
            number = v1.read(luma, sent_size=(WIDTH, HEIGHT))
            if number is None:  # the SDK sends black ones before the first
                self.unread[f"{size[0]}x{size[1]}, grey {luma[size[1] // 2, size[0] // 2]}"] += 1
            else:
                self.sizes.add(size)
                self.greys.append(int(luma[size[1] // 2, size[0] // 2]))
                self.numbers.append(number)
            self._more.set()

    async def until_read(self, count: int) -> None:
        try:
            async with asyncio.timeout(LONG_S):
                while len(self.numbers) < count:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            sizes, unread = sorted(self.sizes), dict(self.unread)
            raise TimeoutError(f"read {self.numbers} at {sizes}; not read: {unread}") from None

    async def until_grey(self, grey: int) -> None:
        """Until the middle has this grey, as nearly as a codec keeps it."""
        async with asyncio.timeout(LONG_S):
            while not self.greys or abs(self.greys[-1] - grey) > 3:
                self._more.clear()
                await self._more.wait()


def _picture() -> bytes:
    """A small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes([x * 8, 100, 200]) * 32 for x in range(32))
    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    out.write(chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)))
    out.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return out.getvalue()


async def _session(client: Any, key: str, prompt: str | None) -> dict[str, Any]:
    camera, screen = Camera(), Screen()
    states: list[str] = []
    ticks: list[int] = []
    errors: list[str] = []
    ticked = asyncio.Event()

    def tick(message: Any) -> None:
        ticks.append(message.seconds)
        ticked.set()

    running = asyncio.ensure_future(camera.run())
    state = None
    if prompt is not None:
        state = decart_types.ModelState(prompt=decart_types.Prompt(text=prompt, enhance=True))
    session = await realtime.RealtimeClient.connect(
        base_url=client.realtime_base_url,
        api_key=key,
        local_track=camera.track,
        options=realtime.RealtimeConnectOptions(
            model=decart.models.realtime("lucy-2.5"),
            on_remote_stream=screen.show,
            initial_state=state,
        ),
    )
    session.on("connection_change", states.append)
    session.on("generation_tick", tick)
    session.on("error", lambda error: errors.append(str(error)))
    try:
        await screen.until_read(20)
        first_greys = screen.greys[:5]
        await session.set_prompt("räuberisch 🏙", enhance=False)
        await session.set_image(_picture(), prompt="a hat")
        await screen.until_grey(STYLED["a hat"])
        await session.set(realtime.SetInput(prompt="a city of glass"))
        await screen.until_grey(STYLED["a city of glass"])
        await session.set_image(None)
        await screen.until_grey(GREY)
        async with asyncio.timeout(LONG_S):
            while len(ticks) < 3:
                ticked.clear()
                await ticked.wait()
        viewed = await _watch(client, session.subscribe_token)
        return {
            "session_id": session.session_id,
            "numbers": screen.numbers,
            "sent": camera.sent,
            "sizes": sorted(screen.sizes),
            "first_greys": first_greys,
            "ticks": ticks,
            "states": states,
            "state": session.get_connection_state(),
            "errors": errors,
            "viewed": viewed,
        }
    finally:
        await session.disconnect()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _watch(client: Any, token: str) -> list[int]:
    screen = Screen()
    viewer = await realtime.RealtimeClient.subscribe(
        base_url=client.realtime_base_url,
        api_key=client.api_key,
        options=realtime.SubscribeOptions(token=token, on_remote_stream=screen.show),
    )
    try:
        await screen.until_read(5)
        return screen.numbers
    finally:
        await viewer.disconnect()


async def _refusal(asked: dict[str, Any]) -> str:
    """The answer to a wrong key."""
    client = decart.DecartClient(
        api_key="wrong", base_url=asked["http"], realtime_base_url=asked["websocket"]
    )
    try:
        await _session(client, "wrong", None)
    except Exception as error:
        return str(error)
    finally:
        with contextlib.suppress(AttributeError):
            await client.close()
    return ""


async def _main(asked: dict[str, Any]) -> dict[str, Any]:
    client = decart.DecartClient(
        api_key=asked["key"], base_url=asked["http"], realtime_base_url=asked["websocket"]
    )
    try:
        token = await client.tokens.create(
            expires_in=300,
            allowed_models=["lucy-2.5"],
            constraints={"realtime": {"maxSessionDuration": 300}},
        )
        claims = client.tokens.decode(token.token)
        key = {"key": asked["key"], "token": token.token}[asked["connect_with"]]
        return {
            "token": {
                "api_key": token.api_key,
                "permissions": token.permissions,
                "constraints": token.constraints,
                "models": claims.allowed_models,
            },
            "session": await _session(client, key, asked["prompt"]),
            "refusal": await _refusal(asked),
        }
    finally:
        await client.close()


if __name__ == "__main__":
    json.dump(asyncio.run(_main(json.load(sys.stdin))), sys.stdout)
