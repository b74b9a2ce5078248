"""The edge of one attempt: its signalling socket, its room, its tracks, its statistics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import websockets.asyncio.client
from livekit import rtc
from livekit.rtc.participant import PublishTrackError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from g2gbench.realtime import protocol
from g2gbench.realtime.actions import Action
from g2gbench.realtime.errors import ErrorCode, RealtimeError, from_status
from g2gbench.realtime.machine import Machine
from g2gbench.realtime.options import VideoConfig
from g2gbench.realtime.protocol import INFERENCE_IDENTITY, RoomInfo
from g2gbench.realtime.streams import LocalStream, RemoteFrame, RemoteStream
from g2gbench.rtc import stats, video

log = logging.getLogger(__name__)
STATS_S = 1.0
_STATS_TIMEOUT_S = 2.0
_GOODBYE_S = 2.0
_MAX_MESSAGE = 1 << 24

# At level DEBUG the library logs the request line, and with it the key.
_NO_LOG = logging.getLogger("g2gbench.realtime.socket")
_NO_LOG.disabled = True


@dataclass(frozen=True, slots=True)
class Hooks:
    """What an attempt tells its session beside the machine's inputs."""

    feed: Callable[[list[Action]], None]
    sampled: Callable[[int, dict[str, stats.Scalar]], None]
    sampling_failed: Callable[[str], None]
    frame: Callable[[RemoteFrame], None]
    room_changed: Callable[[str], None]


class Connection:
    """One attempt. Every outcome is fed to the machine under the attempt's number."""

    def __init__(self, number: int, machine: Machine, hooks: Hooks) -> None:
        self.room = rtc.Room()
        self.streams: list[RemoteStream] = []
        self._number = number
        self._machine = machine
        self._hooks = hooks
        self._socket: websockets.asyncio.client.ClientConnection | None = None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._pumps: dict[str, asyncio.Future[None]] = {}
        self._may_subscribe = False
        self._seen = False
        self._closing = False

    @property
    def stream(self) -> RemoteStream | None:
        """The remote stream that is there now."""
        return self.streams[-1] if self._pumps or self.streams else None

    # -- signalling

    def open(self, url: str) -> None:
        """Open the socket; ``url`` holds the key and is written nowhere."""
        self._later(self._signal(url))

    def send(self, message: dict[str, Any]) -> None:
        """Send one message, after those before it."""
        self._outbox.put_nowait(json.dumps(message))

    async def _signal(self, url: str) -> None:
        try:
            self._socket = socket = await websockets.asyncio.client.connect(
                url,
                open_timeout=None,  # the machine's
                ping_interval=protocol.PING_S,
                max_size=_MAX_MESSAGE,
                proxy=None,
                logger=_NO_LOG,
            )
        except InvalidHandshake as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            self._fail(
                from_status(status)
                if status
                else _socket_error(f"the service could not be reached: {type(error).__name__}")
            )
            return
        except (OSError, TimeoutError, InvalidURI, ConnectionClosed) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
            self._fail(
                _socket_error(f"the service could not be reached: {reason or type(error).__name__}")
            )
            return
        self._feed(self._machine.socket_opened)
        self._later(self._write(socket))
        reason = ""
        try:
            async for frame in socket:
                self._feed(self._machine.received, frame)
        except ConnectionClosed as closed:
            reason = closed.rcvd.reason if closed.rcvd is not None else ""
        words = f": {reason}" if reason else ""
        self._fail(_socket_error(f"the signalling connection was closed{words}"))

    async def _write(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # whoever reads hears of it
            while True:
                await socket.send(await self._outbox.get())

    # -- the room

    def join(self, info: RoomInfo) -> None:
        """Join the room."""
        self._later(self._join(info.livekit_url, info.token))

    async def _join(self, url: str, token: str) -> None:
        room = self.room
        room.on("track_published", self._track_published)
        room.on("track_subscribed", self._track_subscribed)
        room.on("track_unsubscribed", self._track_unsubscribed)
        room.on("disconnected", lambda *_: self._fail(_room_lost()))
        for name in ("reconnecting", "reconnected", "local_track_republished"):
            room.on(name, lambda *_, name=name: self._hooks.room_changed(name))
        # After a full reconnect the SDK announces no tracks of those who were there before.
        room.on("reconnected", lambda *_: self._subscribe_to_all())
        # Its first remote frames must not meet the SDK at work on its own track: it may then hand
        # over no frame for a whole session, although it decodes them all.
        options = rtc.RoomOptions(auto_subscribe=False)
        try:
            await room.connect(url, token, options)
        except rtc.ConnectError as error:
            # The SDK's own words may hold the token.
            self._fail(
                RealtimeError(
                    ErrorCode.WEBRTC_ICE_ERROR,
                    f"the room could not be joined ({type(error).__name__})",
                )
            )
            return
        self._later(self._poll())
        self._feed(self._machine.room_joined)

    def publish(self, local: LocalStream | None, sending: VideoConfig) -> None:
        """Publish the local track, then take the remote one; without a local one, take it now."""
        self._later(self._publish(local, sending))

    async def _publish(self, local: LocalStream | None, sending: VideoConfig) -> None:
        if local is not None:
            local.start()
            track = rtc.LocalVideoTrack.create_video_track("camera", local.video_source)
            options = video.publish_options(
                sending.preferred_codec.lower(),
                sending.max_bitrate,
                sending.max_framerate,
                simulcast=sending.simulcast,
            )
            try:
                await self.room.local_participant.publish_track(track, options)
            except (PublishTrackError, RuntimeError) as error:
                self._fail(
                    RealtimeError(
                        ErrorCode.WEBRTC_ICE_ERROR,
                        f"the local track could not be published ({type(error).__name__})",
                    )
                )
                return
            self._feed(self._machine.published)
        self._may_subscribe = True
        self._subscribe_to_all()

    def _subscribe_to_all(self) -> None:
        for who in list(self.room.remote_participants.values()):
            for theirs in list(who.track_publications.values()):
                self._track_published(theirs, who)

    def _track_published(
        self, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        if self._may_subscribe and _is_models_video(publication.kind, who):
            publication.set_subscribed(True)

    def _track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        who: rtc.RemoteParticipant,
    ) -> None:
        if self._closing or not _is_models_video(track.kind, who):
            return
        self.streams.append(RemoteStream(track, self.room))
        self._feed(self._machine.remote_arrived)

    def _track_unsubscribed(self, track: rtc.Track, *_: object) -> None:
        for stream in self.streams:
            if stream.track.sid == track.sid and not stream.ended.is_set():
                # The SDK would go on feeding it with the next track's frames.
                self._stop(stream)

    def deliver(self) -> None:
        """Read the newest remote stream from now on."""
        stream = self.streams[-1]
        pump = self._later(stream.pump(self._received, time.monotonic_ns))
        self._pumps[stream.track.sid] = pump

    def _received(self, frame: RemoteFrame) -> None:
        if not self._seen:
            self._seen = True
            height, width = frame.luma.shape
            actions = self._machine.first_frame(self._number, width, height, frame.received_ns)
            self._hooks.feed(actions)
        self._hooks.frame(frame)

    def _stop(self, stream: RemoteStream) -> None:
        pump = self._pumps.pop(stream.track.sid, None)
        if pump is not None:
            pump.cancel()
        self._later(stream.aclose())

    # -- statistics

    async def sample(self) -> None:
        """Take one snapshot of the statistics now."""
        at_ns = time.monotonic_ns()
        try:
            values = await asyncio.wait_for(stats.snapshot(self.room), _STATS_TIMEOUT_S)
        except (RuntimeError, TimeoutError) as error:
            self._hooks.sampling_failed(type(error).__name__)
        else:
            self._hooks.sampled(at_ns, values)

    async def _poll(self) -> None:
        while True:
            await self.sample()
            await asyncio.sleep(STATS_S)

    # -- the end

    async def close(self) -> None:
        """Leave the room and the service, and free everything."""
        self._closing = True
        for stream in self.streams:
            stream.ended.set()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        goodbyes = [stream.aclose() for stream in self.streams]
        goodbyes.append(self.room.disconnect())
        if self._socket is not None:
            goodbyes.append(self._socket.close())
        for goodbye in goodbyes:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(goodbye, _GOODBYE_S)

    def _feed(self, told: Callable[..., list[Action]], *detail: Any) -> None:
        if not self._closing:
            self._hooks.feed(told(self._number, *detail, time.monotonic_ns()))

    def _fail(self, error: RealtimeError) -> None:
        self._feed(self._machine.failed, error)

    def _later(self, work: Any) -> asyncio.Future[Any]:
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log.error("an internal task broke", exc_info=error)
            self._fail(
                RealtimeError(
                    ErrorCode.WEBRTC_SIGNALING_ERROR, f"an internal error: {type(error).__name__}"
                )
            )


def _socket_error(text: str) -> RealtimeError:
    return RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, text)


def _room_lost() -> RealtimeError:
    return RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, "the room disconnected")


def _is_models_video(kind: rtc.TrackKind.ValueType, who: rtc.RemoteParticipant) -> bool:
    return kind == rtc.TrackKind.KIND_VIDEO and who.identity.startswith(INFERENCE_IDENTITY)
