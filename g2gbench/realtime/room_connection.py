"""The media of one attempt by the LiveKit package: its room, its tracks, its statistics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from g2gbench.media import livekit_stats, livekit_video
from g2gbench.realtime.connection import Connection, Hooks
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.options import VideoConfig
from g2gbench.realtime.protocol import INFERENCE_IDENTITY, RoomInfo
from g2gbench.realtime.session_state import SessionStateMachine
from g2gbench.realtime.streams import LocalStream, PublishedStream, RemoteStream

_STATS_TIMEOUT_S = 2.0


class RoomConnection(Connection):
    """An attempt whose media goes through the LiveKit package."""

    def __init__(self, number: int, machine: SessionStateMachine, hooks: Hooks) -> None:
        super().__init__(number, machine, hooks)
        self.room = rtc.Room()
        self._streams: list[RemoteStream] = []
        self._pumps: dict[str, asyncio.Future[None]] = {}
        self._may_subscribe = False

    @property
    def streams(self) -> list[RemoteStream]:
        """The remote streams so far; the newest is the last."""
        return self._streams

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

    def publish(self, local: PublishedStream | None, sending: VideoConfig) -> None:
        """Publish the local track, then take the remote one; without a local one, take it now."""
        self._later(self._publish(local, sending))

    async def _publish(self, local: PublishedStream | None, sending: VideoConfig) -> None:
        if local is not None:
            if not isinstance(local, LocalStream):
                raise TypeError(f"{type(local).__name__}: LiveKit publishes a LocalStream alone")
            local.start()
            track = rtc.LocalVideoTrack.create_video_track("camera", local.video_source)
            options = livekit_video.publish_options(
                sending.preferred_codec.lower(),
                sending.max_bitrate,
                sending.max_framerate,
                simulcast=sending.simulcast,
            )
            try:
                await self.room.local_participant.publish_track(track, options)
            except (PublishTrackError, RuntimeError) as error:
                self._not_published(f" ({type(error).__name__})")
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
        self._streams.append(RemoteStream(track.sid, track, self.room))
        self._feed(self._machine.remote_arrived)

    def _track_unsubscribed(self, track: rtc.Track, *_: object) -> None:
        for stream in self._streams:
            if stream.sid == track.sid and not stream.ended.is_set():
                # The SDK would go on feeding it with the next track's frames.
                self._stop(stream)

    def deliver(self) -> None:
        """Read the newest remote stream from now on."""
        stream = self._streams[-1]
        pump = self._later(stream.pump(self._received, time.monotonic_ns))
        self._pumps[stream.sid] = pump

    def _stop(self, stream: RemoteStream) -> None:
        pump = self._pumps.pop(stream.sid, None)
        if pump is not None:
            pump.cancel()
        self._later(stream.aclose())

    # -- statistics

    async def sample(self) -> None:
        """Take one snapshot of the statistics now."""
        at_ns = time.monotonic_ns()
        try:
            # Not wait_for: it swallows a cancellation that comes together with the answer.
            async with asyncio.timeout(_STATS_TIMEOUT_S):
                values = await livekit_stats.snapshot(self.room)
        except (RuntimeError, TimeoutError) as error:
            self._hooks.sampling_failed(type(error).__name__)
        else:
            self._hooks.sampled(at_ns, values)

    def _goodbyes(self) -> list[Awaitable[object]]:
        return [*(stream.aclose() for stream in self._streams), self.room.disconnect()]


def _room_lost() -> RealtimeError:
    return RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, "the room disconnected")


def _is_models_video(kind: rtc.TrackKind.ValueType, who: rtc.RemoteParticipant) -> bool:
    return kind == rtc.TrackKind.KIND_VIDEO and who.identity.startswith(INFERENCE_IDENTITY)
