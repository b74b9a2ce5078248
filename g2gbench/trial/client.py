"""The native measured client: a LiveKit SDK participant in a process of its own.

``python -m g2gbench.trial.client`` reads its plan, gets ready, says so, and waits for the word.
Whatever it sees goes to its parent at once, one journal record a line: what crashes in native code
ends one trial and loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gc
import importlib.metadata
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from livekit import rtc

import g2gbench
from g2gbench import marker
from g2gbench.errors import G2GBenchError, UnreachableError
from g2gbench.measure.records import (
    Counters,
    Ended,
    Event,
    Reached,
    Record,
    Started,
    Stats,
    encode,
)
from g2gbench.process.child import Parent, Plan, run
from g2gbench.realtime import protocol
from g2gbench.realtime.publisher import Publisher
from g2gbench.realtime.receiver import Arrival, Receiver
from g2gbench.realtime.signalling import Signalling
from g2gbench.rtc import stats, video
from g2gbench.sources import SyntheticSource
from g2gbench.trial.tail import Tail

log = logging.getLogger(__name__)
STATS_S = 1.0
CONNECT_TIMEOUT_S = 20.0
FIRST_MARKER_TIMEOUT_S = 20.0
TAIL_S = 1.0  # frames go on for so long once one of after measuring is back, or is overdue
_OVERDUE_S = 10.0  # no number means a frame of longer ago
_STATS_TIMEOUT_S = 2.0
_GOODBYE_S = 2.0


class SessionFailed(G2GBenchError):  # noqa: N818 - says what happened
    """The session stood, and broke."""


class Client:
    """One trial, from the connect attempt to the goodbye."""

    def __init__(self, plan: Plan, journal: Callable[[Record], None]) -> None:
        self._plan = plan
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._marker = marker.get(plan["marker"])
        first_number = marker.random_start(plan["marker"], secrets.randbelow)
        source = plan["source"]
        self._source = SyntheticSource(
            source["content"], source["width"], source["height"], source["fps"], plan["seed"]
        )
        self._video = rtc.VideoSource(self._source.width, self._source.height)
        self._publisher = Publisher(
            self._source, self._marker, first_number, self._hand_over, journal
        )
        stamped = plan["stamped_size"]
        self._receiver = Receiver(
            self._marker, (stamped[0], stamped[1]), journal, self._number_read
        )
        self._first_number = first_number
        self._tail = Tail(first_number, self._marker.bits)
        self._room = rtc.Room()
        self._signalling: Signalling | None = None
        self._streams: dict[str, tuple[video.FrameStream, asyncio.Task[None]]] = {}
        self._opened: list[video.FrameStream] = []
        self._closing: list[asyncio.Future[None]] = []
        self._reached: set[str] = set()
        self._live = asyncio.Event()
        self._tail_is_back = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._broken: asyncio.Future[None] = self._loop.create_future()
        self._lock = threading.Lock()
        self._decoded = 0

    async def run(self, url: str) -> None:
        """Measure. Raises UnreachableError, SessionFailed."""
        plan = self._plan
        self._receiver.start()
        polling: asyncio.Task[None] | None = None
        try:
            await self._connect(url)
            polling = asyncio.ensure_future(self._poll())
            await self._until_live()
            await self._wait(plan["warmup_s"])
            self._reach("measure")
            await self._measure(time.monotonic_ns(), plan["duration_s"], plan["prompts"])
            self._reach("measured")
            self._tail.begin()
            await self._until(self._tail_is_back, _OVERDUE_S)
            await self._wait(TAIL_S)
        finally:
            if polling is not None:
                polling.cancel()
                await asyncio.gather(polling, return_exceptions=True)
            await self._leave()

    # -- connecting, in the order of the protocol

    async def _connect(self, url: str) -> None:
        plan = self._plan
        self._reach("connect")
        address = protocol.stream_url(
            url,
            plan["api_key"],
            plan["model"],
            pixel_latency=plan["pixel_latency"],
            resolution=plan["resolution"],
            user_agent=f"g2gbench/{g2gbench.__version__}",
        )
        self._signalling = signalling = await Signalling.open(address)
        signalling.on_message = self._service_says
        self._reach("websocket")
        prompt = plan["prompt"]
        initial = protocol.prompt(prompt) if prompt else protocol.passthrough()
        ack = signalling.expect_ack(prompt or None)
        room_info = await signalling.join(initial)
        self._reach("room_info")
        timeout_s = protocol.PROMPT_TIMEOUT_S if prompt else protocol.IMAGE_TIMEOUT_S
        await asyncio.gather(self._acknowledge(ack, timeout_s), self._join_room(room_info))

    async def _acknowledge(self, ack: asyncio.Future[None], timeout_s: float) -> None:
        try:
            await asyncio.wait_for(ack, timeout_s)
        except TimeoutError:
            raise UnreachableError(f"no ack of the initial state within {timeout_s:g} s") from None
        self._event("initial_state_ack")
        self._acknowledged.set()

    async def _join_room(self, info: protocol.RoomInfo) -> None:
        room = self._room
        room.on("track_published", self._track_published)
        room.on("track_subscribed", self._track_subscribed)
        room.on("track_unsubscribed", self._track_unsubscribed)
        room.on("disconnected", lambda *_: self._break("the room disconnected"))
        for name in ("reconnecting", "reconnected", "local_track_republished"):
            room.on(name, lambda *_, name=name: self._event(f"room_{name}"))
        # After a full reconnect the SDK announces no tracks of those who were there before.
        room.on("reconnected", lambda *_: self._subscribe_to_all())
        # Its first remote frames must not meet the SDK at work on its own track: it may then hand
        # over no frame for a whole session, although it decodes them all.
        options = rtc.RoomOptions(auto_subscribe=False)
        try:
            joining = room.connect(info.livekit_url, info.token, options)
            await asyncio.wait_for(joining, CONNECT_TIMEOUT_S)
        except (rtc.ConnectError, TimeoutError) as error:
            # The SDK's own words may hold the token.
            raise UnreachableError(
                f"the room could not be joined ({type(error).__name__})"
            ) from None
        self._reach("room")
        self._publisher.start()
        publish = self._plan["publish"]
        track = rtc.LocalVideoTrack.create_video_track("camera", self._video)
        sending = video.publish_options(
            publish["codec"], publish["max_bitrate_bps"], publish["max_framerate"]
        )
        publication = await room.local_participant.publish_track(track, sending)
        self._reach("publish")
        self._event("published", sid=publication.sid)
        self._subscribe_to_all()

    def _hand_over(self, buffer: bytearray, frame_id: int, captured_ns: int) -> None:
        self._tail.captured(frame_id)
        frame = rtc.VideoFrame(
            self._source.width, self._source.height, rtc.VideoBufferType.I420, buffer
        )
        self._video.capture_frame(
            frame, timestamp_us=captured_ns // 1000, metadata=video.metadata(frame_id)
        )

    # -- what comes back

    def _subscribe_to_all(self) -> None:
        for who in list(self._room.remote_participants.values()):
            for theirs in list(who.track_publications.values()):
                self._track_published(theirs, who)

    def _track_published(
        self, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        if "publish" in self._reached and _is_models_video(publication.kind, who):
            publication.set_subscribed(True)

    def _track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        who: rtc.RemoteParticipant,
    ) -> None:
        if not _is_models_video(track.kind, who):
            return
        self._reach("subscribe")
        self._event("subscribed", sid=track.sid, width=publication.width, height=publication.height)
        stream = video.FrameStream(track)
        self._opened.append(stream)
        self._streams[track.sid] = stream, asyncio.ensure_future(self._receive(stream))

    def _track_unsubscribed(self, track: rtc.Track, *_: object) -> None:
        self._event("unsubscribed", sid=track.sid)
        found = self._streams.pop(track.sid, None)
        if found is not None:  # the SDK would go on feeding it with the next track's frames
            found[1].cancel()
            self._closing.append(asyncio.ensure_future(found[0].aclose()))

    async def _receive(self, stream: video.FrameStream) -> None:
        # The first frame that a caller sees is already transformed.
        await self._acknowledged.wait()
        async for event in stream:
            received_ns = time.monotonic_ns()
            if "first_frame" not in self._reached:
                self._reach("first_frame", received_ns)
            self._receiver.offer(
                Arrival(video.luma(event.frame), received_ns, video.witness(event))
            )
        self._event("stream_ended")

    def _number_read(self, number: int, received_ns: int) -> None:
        """On the receiver's thread."""
        if self._tail.is_behind(number):
            self._loop.call_soon_threadsafe(self._tail_is_back.set)
        if "first_marker" in self._reached:
            return
        mask = (1 << self._marker.bits) - 1
        # Only a number of this session: another sender's or a misread one starts no clock.
        if (number - self._first_number) & mask < mask >> 1:
            self._reach("first_marker", received_ns)
            self._loop.call_soon_threadsafe(self._live.set)

    # -- measuring

    async def _until_live(self) -> None:
        await self._until(self._live, FIRST_MARKER_TIMEOUT_S)
        if not self._live.is_set():
            what = "remote video came" if "first_frame" in self._reached else "no remote video came"
            what += f", {self._decoded} frames were decoded"
            raise SessionFailed(f"no readable marker within {FIRST_MARKER_TIMEOUT_S:g} s; {what}")

    async def _until(self, event: asyncio.Event, timeout_s: float) -> None:
        """Wait for the event for so long, unless the session breaks."""
        happens = asyncio.ensure_future(event.wait())
        try:
            waits: set[asyncio.Future[Any]] = {happens, self._broken}
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happens.cancel()
        if self._broken.done():
            self._broken.result()

    async def _wait(self, seconds: float) -> None:
        """Wait, unless the session breaks."""
        await asyncio.wait({self._broken}, timeout=seconds)
        if self._broken.done():
            self._broken.result()

    async def _measure(
        self, start_ns: int, duration_s: float, prompts: list[dict[str, object]]
    ) -> None:
        signalling = self._signalling
        for entry in prompts:
            at_s, text = float(str(entry["at_s"])), str(entry["prompt"])
            await self._wait(max(0.0, at_s - (time.monotonic_ns() - start_ns) / 1e9))
            self._event("prompt", text=text)
            if signalling is not None:
                await signalling.set_prompt(text)
                self._event("prompt_ack", text=text)
        await self._wait(max(0.0, duration_s - (time.monotonic_ns() - start_ns) / 1e9))

    async def _poll(self) -> None:
        while True:
            at_ns = time.monotonic_ns()
            try:
                values = await asyncio.wait_for(stats.snapshot(self._room), _STATS_TIMEOUT_S)
            except (RuntimeError, TimeoutError) as error:
                self._event("stats_failed", error=type(error).__name__)
            else:
                self._journal(Stats(at_ns, values))
                self._decoded = int(values.get("inbound.frames_decoded") or 0)
                self._check_codec(values)
            await asyncio.sleep(STATS_S)

    def _check_codec(self, values: Mapping[str, stats.Scalar]) -> None:
        """The SDK publishes VP8 in place of a codec that it cannot encode, without a word."""
        wanted, found = self._plan["publish"]["codec"], values.get("outbound.mime_type")
        if found and str(found).lower() != f"video/{wanted}":
            self._break(f"{wanted} was asked for, but {found} is sent: it cannot be encoded here")

    async def _leave(self) -> None:
        if self._publisher.is_alive():
            self._publisher.end()
        with contextlib.suppress(RuntimeError, TimeoutError):
            at_ns = time.monotonic_ns()
            values = await asyncio.wait_for(stats.snapshot(self._room), _STATS_TIMEOUT_S)
            self._journal(Stats(at_ns, values))
        for stream, task in self._streams.values():
            task.cancel()
            self._closing.append(asyncio.ensure_future(stream.aclose()))
        self._receiver.end()
        counts = {
            "stream_dropped": sum(stream.dropped for stream in self._opened),
            "reader_dropped": self._receiver.dropped,
        }
        self._journal(Counters(time.monotonic_ns(), "client", counts))
        if self._broken.done():
            self._broken.exception()
        else:
            self._broken.cancel()  # from here on, an end is no loss
        for goodbye in (self._room.disconnect(), *self._closing):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(goodbye, _GOODBYE_S)
        if self._signalling is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._signalling.close(), _GOODBYE_S)
        self._reach("disconnected")

    # -- telling

    def _service_says(self, message: protocol.Message) -> None:
        if isinstance(message, protocol.ServiceError):
            self._event("service_error", error=message.message)
            self._break(f"the service says: {message.message}")
        elif isinstance(message, protocol.Unreadable):
            self._event("signalling_error", reason=message.reason)
        elif isinstance(message, protocol.Generation) and message.what != "tick":
            self._event(f"generation_{message.what}", reason=message.reason)
        elif isinstance(message, protocol.QueuePosition):
            self._event("queue_position", position=message.position, size=message.size)

    def _break(self, reason: str) -> None:
        if not self._broken.done():
            self._broken.set_exception(SessionFailed(reason))

    def _reach(self, phase: str, at_ns: int | None = None) -> None:
        with self._lock:  # phases are reached on two threads; each counts once
            if phase in self._reached:
                return
            self._reached.add(phase)
        self._journal(Reached(time.monotonic_ns() if at_ns is None else at_ns, phase))

    def _event(self, name: str, **detail: str | int | float | bool | None) -> None:
        self._journal(Event(time.monotonic_ns(), name, detail))


def _is_models_video(kind: rtc.TrackKind.ValueType, who: rtc.RemoteParticipant) -> bool:
    return kind == rtc.TrackKind.KIND_VIDEO and who.identity.startswith(protocol.INFERENCE_IDENTITY)


async def _main(plan: Plan, parent: Parent) -> None:
    def journal(record: Record) -> None:
        parent.write(encode(record))

    client = Client(plan, journal)
    gc.collect()
    gc.freeze()  # what is here stays: no collection may walk it while frames are timed
    parent.tell({"ready": True})
    go = await parent.commands.get()
    source = plan["source"]
    journal(
        Started(
            at_ns=time.monotonic_ns(),
            wall_time=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            client="native",
            marker=plan["marker"],
            fps=source["fps"],
            width=source["width"],
            height=source["height"],
            versions={"livekit": importlib.metadata.version("livekit")},
            playout_delay_ms=plan["playout_delay_ms"],
        )
    )
    reason, message = "interrupted", ""
    try:
        await client.run(go["url"])
        reason = "complete"
    except UnreachableError as error:
        reason, message = "unreachable", str(error)
    except SessionFailed as error:
        reason, message = "failed", str(error)
    finally:
        journal(Ended(time.monotonic_ns(), reason, message))


if __name__ == "__main__":
    run(_main)
