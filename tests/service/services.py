"""A real service in this process, with real rooms and workers, and clients that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed

from g2gbench.process.message import Lost
from g2gbench.service.app import STREAM_PATH, Service, ServiceSettings
from g2gbench.service.models import Picture
from g2gbench.service.plan import (
    EmbeddedRoom,
    HostSettings,
    ProcessReport,
    RoomChoice,
    ServiceEvent,
    WorkerSettings,
)

E = TypeVar("E", bound=ServiceEvent)
MODEL = "lucy-2.1"
KEY = "a-key"
SIZE = (320, 192)
LONG_S = 30.0


def host_settings(
    log_dir: Path | None = None, room: RoomChoice | None = None, **worker: Any
) -> HostSettings:
    """A host of small pictures, but for these fields of its worker."""
    usual = WorkerSettings("passthrough", "v2", SIZE, 30, "vp8", 500_000)
    room = room or EmbeddedRoom(start_bitrate_kbps=500)
    return HostSettings(replace(usual, **worker), room, log_dir)


class Running:
    """A service that listens, and what happens in it."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.said: asyncio.Queue[ServiceEvent] = asyncio.Queue()
        self.service = Service(settings, self.said.put_nowait)
        self.port = 0

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def lost(self) -> ProcessReport:
        """The next loss of a process."""
        async with asyncio.timeout(LONG_S):
            while not isinstance((report := await self.told(ProcessReport)).message, Lost):
                pass
        return report

    async def told(self, kind: type[E]) -> E:
        """The next event of a kind."""
        async with asyncio.timeout(LONG_S):
            while not isinstance(event := await self.said.get(), kind):
                pass
        return event

    @contextlib.asynccontextmanager
    async def client(
        self, key: str = KEY, model: str | None = MODEL, origin: str | None = None, **query: str
    ) -> AsyncIterator[User]:
        given = {"api_key": key, **({} if model is None else {"model": model}), **query}
        url = f"ws://127.0.0.1:{self.port}{STREAM_PATH}?{urlencode(given)}"
        headers = {} if origin is None else {"Origin": origin}
        async with websockets.asyncio.client.connect(
            url, proxy=None, additional_headers=headers
        ) as socket:
            yield User(socket)

    async def seats_one(self) -> bool:
        """Whether a client that joins, and leaves again, is let in."""
        async with self.client() as user:
            with contextlib.suppress(ConnectionClosed):
                await user.say("livekit_join")
            return bool((await user.hear())["type"] != "error")


class User:
    """A client's socket."""

    def __init__(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        self.socket = socket

    async def say(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def join(self, **fields: Any) -> dict[str, Any]:
        """Join; the room info, which is all that comes, unless the last client is just leaving."""
        await self.say("livekit_join", **fields)
        while (message := await self.hear())["type"] == "queue_position":
            pass
        assert message["type"] == "livekit_room_info"
        return message

    async def frame(self) -> str | bytes:
        """The next frame, whatever it holds."""
        return await asyncio.wait_for(self.socket.recv(), LONG_S)

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        message = json.loads(await self.frame())
        assert isinstance(message, dict)
        return message

    async def hear_of(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """One message of each kind, in any order, and none of another kind."""
        heard: dict[str, dict[str, Any]] = {}
        for _ in kinds:
            message = await self.hear()
            heard[message["type"]] = message
        assert sorted(heard) == sorted(kinds), heard
        return heard

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; those before it are skipped."""
        while (message := await self.hear())["type"] != kind:
            pass
        return message

    async def closed(self) -> int | None:
        """Wait for the end of the socket; its close code, None when it was cut."""
        await asyncio.wait_for(self.socket.wait_closed(), LONG_S)
        assert self.socket.protocol.close_rcvd is None or self.socket.close_code is not None
        return None if self.socket.protocol.close_rcvd is None else self.socket.close_code

    async def refusal(self) -> str:
        """The error that is said before the service closes the socket."""
        message = await self.hear()
        assert message["type"] == "error"
        await self.closed()
        return str(message["error"])


@contextlib.asynccontextmanager
async def running(host: HostSettings | None = None, **settings: Any) -> AsyncIterator[Running]:
    """A service from its start to its stop; it runs one model, of a small picture."""
    settings.setdefault("models", {MODEL: Picture(*SIZE, 30.0)})
    one = Running(ServiceSettings(host or host_settings(), **settings))
    try:
        one.port = await one.service.start()
        yield one
    finally:
        await one.service.stop()
