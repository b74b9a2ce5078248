"""A read-only viewer of somebody else's session."""

from __future__ import annotations

import asyncio
import contextlib
import time

from livekit import rtc

from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.http import ViewerTicket
from g2gbench.realtime.protocol import INFERENCE_IDENTITY
from g2gbench.realtime.streams import RemoteStream

JOIN_TIMEOUT_S = 20.0
_GOODBYE_S = 2.0


class Viewer:
    """Sees what the model sends and sends nothing. Made by ``RealtimeClient.watch``."""

    def __init__(self, admission: ViewerTicket) -> None:
        self.room = rtc.Room()
        self.room_name = admission.room_name
        self.session_id = admission.session_id
        self.remote_stream: RemoteStream | None = None
        self._admission = admission
        self._there = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._streams: list[RemoteStream] = []
        self._left = False

    async def join(self) -> None:
        """Join the room. Raises RealtimeError, and frees everything."""
        self.room.on("track_subscribed", self._track_subscribed)
        self.room.on("track_unsubscribed", lambda track, *_: self._end_streams(track.sid))
        self.room.on("disconnected", lambda *_: self._end_streams())
        joining = self.room.connect(self._admission.livekit_url, self._admission.token)
        try:
            await asyncio.wait_for(joining, JOIN_TIMEOUT_S)
        except (rtc.ConnectError, TimeoutError) as error:
            await self.disconnect()
            # The SDK's own words may hold the token.
            raise RealtimeError(
                ErrorCode.WEBRTC_ICE_ERROR, f"the room could not be joined ({type(error).__name__})"
            ) from None

    async def wait_for_remote_stream(self, timeout: float = 20.0) -> RemoteStream:
        """The stream, as soon as there is one; ``timeout`` in seconds.

        Raises RealtimeError when none comes in time.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._there.wait(), timeout)
        if self.remote_stream is None:
            raise RealtimeError(
                ErrorCode.WEBRTC_TIMEOUT_ERROR, f"no remote video within {timeout:g} s"
            )
        return self.remote_stream

    async def disconnect(self) -> None:
        """Leave. Safe to call again."""
        if self._left:
            return
        self._left = True
        self._end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for goodbye in (*(s.aclose() for s in self._streams), self.room.disconnect()):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(goodbye, _GOODBYE_S)

    async def aclose(self) -> None:
        """Leave, as `disconnect`."""
        await self.disconnect()

    async def __aenter__(self) -> Viewer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    def _track_subscribed(self, track: rtc.Track, _: object, who: rtc.RemoteParticipant) -> None:
        theirs = who.identity.startswith(INFERENCE_IDENTITY)
        if self._left or track.kind != rtc.TrackKind.KIND_VIDEO or not theirs:
            return
        stream = RemoteStream(track.sid, track, self.room)
        self._streams.append(stream)
        self.remote_stream = stream
        self._tasks.append(asyncio.ensure_future(stream.pump(lambda _: None, time.monotonic_ns)))
        self._there.set()

    def _end_streams(self, sid: str | None = None) -> None:
        for stream in self._streams:
            if sid is None or stream.sid == sid:
                stream.ended.set()
