"""A service that shares no code with the client: signalling, echo model and HTTP routes by hand."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import WSMsgType, web
from livekit import api, rtc

KEY = "APIforeign"
SECRET = "a-foreign-secret-of-at-least-32-characters"
USER_KEY = "sk-hidden-from-everybody-4711"


class Echo:
    """A model that sends back what it gets, through the LiveKit SDK alone."""

    def __init__(self, width: int, height: int) -> None:
        self.room = rtc.Room()
        self._source = rtc.VideoSource(width, height)
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, url: str, token: str) -> None:
        self.room.on("track_subscribed", self._subscribed)
        await self.room.connect(url, token)
        track = rtc.LocalVideoTrack.create_video_track("echo", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
        await self.room.local_participant.publish_track(track, options)

    def _subscribed(self, track: rtc.Track, *_: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._tasks.append(asyncio.ensure_future(self._send_back(track)))

    async def _send_back(self, track: rtc.Track) -> None:
        stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
        async for event in stream:
            self._source.capture_frame(event.frame)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()


class ForeignService:
    """Takes one client after the other into rooms of a livekit-server.

    ``heard``: every message of a client. ``queries``: the query of each connection. ``silent``:
    kinds of messages that get no ack; ``refused``: those whose ack says no.
    """

    def __init__(self, livekit_url: str, size: tuple[int, int]) -> None:
        self.heard: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.silent: set[str] = set()
        self.refused: set[str] = set()
        self.greeting: list[str | bytes] = []  # frames before the room info
        self.sockets: list[web.WebSocketResponse] = []
        self.rooms: list[str] = []
        self.queue: list[int] = []
        self.port = 0
        self._livekit_url = livekit_url
        self._size = size
        self._echoes: list[Echo] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/stream", self._stream),
                web.post("/watch-stream/{room}", self._watch),
                web.post("/v1/client/tokens", self._tokens),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        for socket in self.sockets:
            await socket.close()
        for echo in self._echoes:
            await echo.leave()
        if self._runner is not None:
            await self._runner.cleanup()

    async def say(self, message: dict[str, Any] | str | bytes) -> None:
        """Say something to the client that came last."""
        socket = self.sockets[-1]
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_str(message if isinstance(message, str) else json.dumps(message))

    def _token(self, identity: str, room: str) -> str:
        grants = api.VideoGrants(room_join=True, room=room, can_publish=identity != "viewer")
        return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for frame in socket:
            if frame.type != WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            self.heard.append(message)
            if message["type"] == "livekit_join":
                await self._admit()
                message = message.get("initial_state") or {"type": "nothing"}
            await self._acknowledge(message)
        return socket

    async def _admit(self) -> None:
        for position in self.queue:
            await self.say(
                {"type": "queue_position", "position": position, "queue_size": len(self.queue)}
            )
        for frame in self.greeting:
            await self.say(frame)
        room = f"foreign-{len(self.sockets)}"
        self.rooms.append(room)
        echo = Echo(*self._size)
        self._echoes.append(echo)
        await echo.join(self._livekit_url, self._token("inference-server-foreign", room))
        await self.say(
            {
                "type": "livekit_room_info",
                "livekit_url": self._livekit_url,
                "token": self._token("user", room),
                "room_name": room,
                "session_id": f"session-{len(self.sockets)}",
            }
        )

    async def _acknowledge(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind not in ("prompt", "set_image") or kind in self.silent:
            return
        success = kind not in self.refused
        ack: dict[str, Any] = {"type": f"{kind}_ack", "success": success}
        ack["error"] = None if success else "not today"
        if kind == "prompt":
            ack["prompt"] = message["prompt"]
        await self.say(ack)

    async def _watch(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        if request.headers.get("x-api-key") != USER_KEY:
            return web.Response(status=401, text=f"no such key: {request.headers.get('x-api-key')}")
        if room not in self.rooms:
            return web.Response(status=404, text="no such room")
        return web.json_response(
            {
                "livekit_url": self._livekit_url,
                "token": self._token("viewer", room),
                "room_name": room,
            }
        )

    async def _tokens(self, request: web.Request) -> web.Response:
        if request.headers.get("x-api-key") != USER_KEY:
            return web.Response(status=401, text="Invalid API key")
        body = await request.json()
        packed = base64.b64encode(json.dumps(body).encode()).decode()
        answer = {"apiKey": "ek_" + packed, "expiresAt": "2026-01-01T00:00:00Z"}
        if "constraints" in body:
            answer["constraints"] = body["constraints"]
        return web.json_response(answer)


@contextlib.asynccontextmanager
async def foreign_service(
    livekit_url: str = "ws://127.0.0.1:9", size: tuple[int, int] = (320, 192)
) -> AsyncIterator[ForeignService]:
    """A foreign service that listens."""
    service = ForeignService(livekit_url, size)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
