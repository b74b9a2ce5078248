"""Pages that a test plays: one that takes what is sent, and one at the end of a WebSocket."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from typing import Any

import aiohttp

from g2gbench.browser.clock import PageClock
from g2gbench.browser.page import Page, PageFailed


class Taking:
    """A page that takes whatever is sent."""

    clock = PageClock(0.0)

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_gone = False
        self.sent: asyncio.Event | None = None

    async def send_frame(self, data: bytes) -> None:
        if self.is_gone:
            raise PageFailed("the page is gone")
        self.messages.put_nowait(bytes(data))
        if self.sent is not None:
            await self.sent.wait()

    async def kind(self) -> int:
        return int(struct.unpack_from("<I", await asyncio.wait_for(self.messages.get(), 10))[0])


class Played:
    """A page that answers pings at once and commands as told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.answers: dict[str, dict[str, Any]] = {"hello": {"result": {"agent": "played"}}}
        self.asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: list[bytes] = []
        self.answers_pings = True
        self._task = asyncio.create_task(self._play())

    async def _play(self) -> None:
        async for message in self.socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.frames.append(message.data)
                continue
            said = json.loads(message.data)
            if "ping" in said:
                if not self.answers_pings:
                    continue
                at = time.monotonic_ns() / 1e6 + 1000
                await self.socket.send_json({"pong": said["ping"], "at": at})
                continue
            self.asked.put_nowait(said)
            answer = self.answers.get(said.get("command", ""))
            if answer is not None:
                await self.socket.send_json({"id": said["id"], **answer})

    async def close(self) -> None:
        self._task.cancel()
        await self.socket.close()


async def play(page: Page, session: aiohttp.ClientSession) -> Played:
    url, _, token = (await page.serve()).partition("#")
    return Played(await session.ws_connect(f"{url}socket?token={token}"))
