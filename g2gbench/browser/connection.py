"""One attempt whose media goes through the page: the room's signalling here, WebRTC there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from typing import Any, Final

from livekit.protocol import models, rtc

from g2gbench.browser import page_stats
from g2gbench.browser.marker_crops import Corner
from g2gbench.browser.page import Page, PageFailed
from g2gbench.browser.page_stream import PageStream
from g2gbench.browser.room import RoomFailed, RoomSignalling, Theirs, candidate_init, videos_of
from g2gbench.media.frames import RemoteFrame
from g2gbench.realtime.connection import Connection, Hooks
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.options import VideoConfig
from g2gbench.realtime.protocol import INFERENCE_IDENTITY, RoomInfo
from g2gbench.realtime.session_state import SessionStateMachine
from g2gbench.realtime.streams import PublishedStream, RemoteStream

ANSWER_S: Final = 10.0
_PUBLISHER: Final = rtc.SignalTarget.PUBLISHER


class PageConnection(Connection):
    """An attempt through ``page``.

    ``stamped_size``: (width, height) at which the markers of what comes back were stamped; None:
    not known. ``display``: the page shows what comes back. ``keeps``: it can be asked for pictures.
    ``content_hint``: of the track that it sends, as the W3C names them; none: it gives no hint.
    """

    def __init__(
        self,
        number: int,
        machine: SessionStateMachine,
        hooks: Hooks,
        page: Page,
        stamped_size: tuple[int, int] | None,
        *,
        display: bool = False,
        content_hint: str = "none",
        keeps: bool = False,
    ) -> None:
        super().__init__(number, machine, hooks)
        self._page = page
        self._stamped_size = stamped_size
        self._display = display
        self._keeps = keeps
        self._content_hint = "" if content_hint == "none" else content_hint
        self._signalling = RoomSignalling(self._on_message, self._room_lost)
        self._streams: list[RemoteStream] = []
        self._shown: dict[str, str] = {}  # sid of a track -> its media section
        self._videos: dict[str, Theirs] = {}
        self._wanted: set[str] = set()
        self._may_subscribe = False
        self._answers: asyncio.Queue[rtc.SessionDescription] = asyncio.Queue()
        self._published: dict[str, asyncio.Future[None]] = {}
        self._negotiating = asyncio.Lock()
        self._offers = 0

    @property
    def streams(self) -> list[RemoteStream]:
        """The remote streams so far; the newest is the last."""
        return self._streams

    # -- what the page tells

    def happened(self, name: str, detail: dict[str, object]) -> None:
        """An event of the page's."""
        if name == "candidate":
            trickle = rtc.TrickleRequest(
                target=_PUBLISHER, candidateInit=json.dumps(detail["init"])
            )
            self._signalling.send(trickle=trickle)
        elif name == "connection" and detail["state"] == "failed":
            self._room_lost("its media connection failed")

    def arrived(self, corner: Corner) -> None:
        """The corner of a remote frame."""
        stream = self._stream_at(str(corner.mid))
        if stream is None or stream.ended.is_set():
            return
        frame = RemoteFrame(
            corner.luma(),
            self._page.clock.ns(corner.at_ms),
            rtp_timestamp=corner.rtp_timestamp or None,
        )
        self._received(frame)
        stream.show(frame)

    def _stream_at(self, mid: str) -> RemoteStream | None:
        found = (s for s in reversed(self._streams) if self._shown.get(s.sid) == mid)
        return next(found, None)

    # -- the room

    def join(self, info: RoomInfo) -> None:
        """Join the room."""
        self._later(self._join(info.livekit_url, info.token))

    async def _join(self, url: str, token: str) -> None:
        try:
            welcome = await self._signalling.join(url, token)
            servers = [
                {"urls": list(s.urls), "username": s.username, "credential": s.credential}
                for s in welcome.ice_servers
                if s.urls
            ]
            await self._page.call("open", servers=servers)
        except (RoomFailed, PageFailed) as error:
            self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, str(error)))
            return
        self._know(welcome.other_participants)
        self._later(self._poll())
        self._feed(self._machine.room_joined)

    def publish(self, local: PublishedStream | None, sending: VideoConfig) -> None:
        """Publish the local track, then take the remote one; without a local one, take it now."""
        self._later(self._publish(local, sending))

    async def _publish(self, local: PublishedStream | None, sending: VideoConfig) -> None:
        if local is not None:
            if not isinstance(local, PageStream):
                raise TypeError(f"{type(local).__name__}: a page publishes a PageStream alone")
            try:
                await self._send_track(local, sending)
            except (PageFailed, TimeoutError) as error:
                self._not_published(f": {str(error) or 'the room did not answer in time'}")
                return
            self._feed(self._machine.published)
        self._may_subscribe = True
        self._subscribe_to_all()

    async def _send_track(self, local: PageStream, sending: VideoConfig) -> None:
        codec, page = sending.preferred_codec.lower(), self._page
        width, height = local.width, local.height
        await page.call("start", interval=local.interval_ms, width=width, height=height)
        local.start()
        answer = await page.call(
            "publish",
            codec=codec,
            maxBitrate=sending.max_bitrate,
            contentHint=self._content_hint,
            # Chromium cuts a fraction off, and would then drop frames before it encodes them.
            maxFramerate=-int(-sending.max_framerate // 1),
        )
        cid = str(answer["id"])
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._published[cid] = done
        self._signalling.send(
            add_track=rtc.AddTrackRequest(
                cid=cid,
                name="camera",
                type=models.TrackType.VIDEO,
                source=models.TrackSource.CAMERA,
                layers=[
                    models.VideoLayer(
                        quality=models.VideoQuality.HIGH,
                        bitrate=sending.max_bitrate,
                        width=width,
                        height=height,
                    )
                ],
                simulcast_codecs=[rtc.SimulcastCodec(codec=codec, cid=cid)],
                width=width,
                height=height,
            )
        )
        async with asyncio.timeout(ANSWER_S):
            await done
        await self._negotiate()

    async def _negotiate(self) -> None:
        """Offer what the page has, and take the room's answer. Raises PageFailed, TimeoutError."""
        async with self._negotiating:
            offer = await self._page.call("offer")
            self._offers += 1
            self._signalling.send(
                offer=rtc.SessionDescription(type="offer", sdp=offer["sdp"], id=self._offers)
            )
            async with asyncio.timeout(ANSWER_S):
                answer = await self._answers.get()
            await self._page.call("answer", sdp=answer.sdp)
            for mid, sid in answer.mid_to_track_id.items():
                self._show(sid, mid)

    def _show(self, sid: str, mid: str) -> None:
        theirs = self._videos.get(sid)
        if theirs is None or self._shown.get(sid) == mid or self._closing:
            return
        self._shown[sid] = mid
        self._streams.append(RemoteStream(sid))
        self._feed(self._machine.remote_arrived)

    def deliver(self) -> None:
        """Read the newest remote stream from now on."""
        mid = self._shown[self._streams[-1].sid]
        self._later(self._deliver(mid))

    async def _deliver(self, mid: str) -> None:
        try:
            sent, keeps = self._stamped_size, self._keeps
            await self._page.call("deliver", mid=mid, sent=sent, keeps=keeps)
            if self._display:
                await self._page.call("display", mid=mid)
        except PageFailed as error:
            self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, str(error)))

    # -- what the room says

    def _on_message(self, kind: str, message: Any) -> None:
        if kind == "answer":
            self._answers.put_nowait(message)
        elif kind == "trickle":
            init = candidate_init(message)
            if init is not None:
                self._later(self._candidate(init))
        elif kind == "update":
            self._know(message.participants)
            self._subscribe_to_all()
        elif kind == "track_published":
            done = self._published.get(message.cid)
            if done is not None and not done.done():
                done.set_result(None)
        elif kind == "media_sections_requirement":
            self._later(self._receive(message.num_videos))

    def _know(self, participants: Any) -> None:
        for theirs in videos_of(participants):
            if theirs.identity.startswith(INFERENCE_IDENTITY):
                self._videos[theirs.sid] = theirs
        gone = {one.sid for one in participants if one.state == models.ParticipantInfo.DISCONNECTED}
        for stream in self._streams:
            theirs_now = self._videos.get(stream.sid)
            if theirs_now is not None and theirs_now.participant_sid in gone:
                stream.ended.set()

    def _subscribe_to_all(self) -> None:
        for theirs in self._videos.values() if self._may_subscribe else ():
            if theirs.sid in self._wanted:
                continue
            self._wanted.add(theirs.sid)
            tracks = models.ParticipantTracks(
                participant_sid=theirs.participant_sid, track_sids=[theirs.sid]
            )
            self._signalling.send(
                subscription=rtc.UpdateSubscription(
                    track_sids=[theirs.sid], subscribe=True, participant_tracks=[tracks]
                )
            )

    async def _receive(self, videos: int) -> None:
        """The room wants more media sections: offer them."""
        try:
            if videos:
                await self._page.call("receive", count=videos)
            await self._negotiate()
        except (PageFailed, TimeoutError) as error:
            words = str(error) or "the room did not answer an offer in time"
            self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, words))

    async def _candidate(self, init: dict[str, object]) -> None:
        try:
            await self._page.call("candidate", init=init)
        except PageFailed as error:
            self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, str(error)))

    def _room_lost(self, reason: str) -> None:
        self._fail(RealtimeError(ErrorCode.WEBRTC_ICE_ERROR, f"the room disconnected: {reason}"))

    # -- statistics and the end

    async def sample(self) -> None:
        """Take one snapshot of the statistics now."""
        try:
            found = await self._page.call("stats")
        except PageFailed as error:
            self._hooks.sampling_failed(str(error))
        else:
            at_ns = self._page.clock.ns(found["at"]) if found.get("at") else time.monotonic_ns()
            self._hooks.sampled(at_ns, page_stats.flatten(found["stats"]))

    def _goodbyes(self) -> list[Awaitable[object]]:
        closing = [] if self._page.gone.is_set() else [self._page.call("close")]
        return [self._signalling.leave(), *closing]
