"""A real service in this process, with real rooms and workers, and clients that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed

from g2gbench.service.app import STREAM_PATH, Service, ServiceSettings
from g2gbench.service.host import HostSettings
from g2gbench.service.models import Picture

MODEL = "lucy-2.1"
KEY = "a-key"
SIZE = (320, 192)
LONG_S = 30.0


def host_settings(log_dir: Path | None = None, **worker: Any) -> HostSettings:
    plan = {
        "transform": "passthrough",
        "marker": "v2",
        "output_size": list(SIZE),
        "fps": 30,
        "codec": "vp8",
        "max_bitrate_bps": 500_000,
        "processing": {},
        "seed": 1,
        **worker,
    }
    return HostSettings(plan, {"start_bitrate_kbps": 500}, log_dir)


class Running:
    """A service that listens, and what it and its processes say."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.service = Service(settings, self.said.put_nowait)
        self.port = 0

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def lost(self) -> dict[str, Any]:
        """The next loss of a process."""
        async with asyncio.timeout(LONG_S):
            while "lost" not in (message := await self.said.get()):
                pass
        return message

    async def told(self, event: str) -> dict[str, Any]:
        """The next event of a name."""
        async with asyncio.timeout(LONG_S):
            while (message := await self.said.get()).get("event") != event:
                pass
        return message

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
