"""The model worker: a LiveKit participant that receives, transforms, re-stamps and sends back.

``python -m g2gbench.service.worker`` runs one as a process of its own. It does not know what kind
of room it is in, only whether it needs a ``SubscriptionGate``. Its frame log is the ground truth of
what the service did to each frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
from livekit import rtc

from g2gbench import marker
from g2gbench.errors import UnreachableError
from g2gbench.measure.records import ServiceFrame
from g2gbench.media import livekit_stats, livekit_video
from g2gbench.process.child import Parent, run
from g2gbench.process.message import Failed, Lost
from g2gbench.secrecy import MASK
from g2gbench.service.model_faults import FaultLine
from g2gbench.service.pipeline import Pipeline, Spacing
from g2gbench.service.plan import (
    Applied,
    FirstFrame,
    SetRestamp,
    SetStyle,
    StallOutput,
    WorkerCommand,
    WorkerPlan,
    WorkerReady,
    WorkerReport,
)
from g2gbench.service.subscription_gate import SubscriptionGate
from g2gbench.service.transforms import Size, Transform, coarsen, halved, planes

log = logging.getLogger(__name__)
# The SDK drops frames that come earlier than its framerate's schedule: a burst must fit under it.
_FRAMERATE_HEADROOM = 4
_BURST = 64  # frames of room beside those that come in the model's time: bounds memory
_STATS_S = 1.0
_GREY = 128


@dataclass(frozen=True, slots=True)
class _Taken:
    """A frame that the model has taken and transformed."""

    record: ServiceFrame
    buffer: bytearray
    size: Size
    metadata: rtc.FrameMetadata | None


@dataclass(frozen=True, slots=True)
class _Held:
    """A frame that the model holds until its time."""

    due_ns: int
    frame: _Taken


class FrameLog:
    """Appends one line of JSON a frame; a line is with the operating system when written."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("a", encoding="utf-8") if path else None

    def write(self, record: ServiceFrame) -> None:
        """Append one record."""
        if self._file is not None:
            self._file.write(json.dumps(asdict(record), separators=(",", ":")) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


class Model(threading.Thread):
    """Model worker: transforms a frame, holds it for its time, hands it to ``source``.

    A thread of its own, so that pixel work is never in the way of what arrives.
    """

    def __init__(self, plan: WorkerPlan, parent: Parent[WorkerCommand]) -> None:
        settings, processing = plan.settings, plan.settings.processing
        super().__init__(daemon=True, name="model")
        self.counts = {"received": 0, "superseded": 0, "sent": 0, "refused": 0}
        self._parent = parent
        self._marker = marker.get(settings.marker)
        self._restamp = False
        self._stalled_until_ns = 0
        out = settings.output_size
        self._transform = Transform(settings.transform, out)
        self._pixels_pass = settings.transform == "passthrough"
        chance = random.Random(settings.seed)
        self._pipeline = Pipeline(processing, chance.random)
        self._spacing = Spacing(settings.fps)
        self._faults: FaultLine[_Taken] = FaultLine(settings.faults)
        self._out_size = out
        self._log = FrameLog(plan.frame_log)
        self._source = rtc.VideoSource(*out)
        self._sent_size: Size | None = None
        # A model with a limited rate skips to the newest; one without has room for a burst.
        self._waiting: deque[tuple[rtc.VideoFrameEvent, int]] = deque()
        self._superseded: deque[tuple[rtc.VideoFrameEvent, int]] = deque()
        in_its_time = math.ceil((processing.mean_s + processing.spread_s) * settings.fps)
        self._room = _BURST + in_its_time
        self._depth = 1 if processing.max_fps is not None else self._room
        self._held: deque[_Held] = deque()
        self._wake = threading.Condition()
        self._ending = False

    @property
    def source(self) -> rtc.VideoSource:
        """Source to publish."""
        return self._source

    def expect(self, size: Size) -> None:
        """The size at which the client stamps its frames, from its track's announcement."""
        self._sent_size = size

    def set_style(self, prompt: str | None, image: str | None) -> None:
        """Change the picture's style; both None: pass the picture through."""
        self._transform.set_style(prompt, image)

    def set_restamp(self, wanted: bool) -> None:
        """Stamp each output frame with the number that its input carried, or leave it be."""
        self._restamp = wanted

    def stall(self, seconds: float) -> None:
        """Take frames but send none of them for so long."""
        self._stalled_until_ns = time.monotonic_ns() + round(seconds * 1e9)

    def offer(self, event: rtc.VideoFrameEvent, received_ns: int) -> None:
        """A frame has arrived. The oldest of too many that wait is superseded."""
        with self._wake:
            self.counts["received"] += 1
            if len(self._waiting) >= self._depth:
                self.counts["superseded"] += 1
                self._superseded.append(self._waiting.popleft())
            self._waiting.append((event, received_ns))
            self._wake.notify()

    def end(self) -> None:
        """Stop; what is still held is logged as such."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        self.join(timeout=2.0)

    def run(self) -> None:
        """The model's life."""
        try:
            while self._step():
                pass
            for frame in (*(held.frame for held in self._held), *self._faults.held):
                self._log.write(replace(frame.record, dropped="shutdown"))
            for waiting in self._waiting:
                self._log.write(self._record(*waiting, dropped="shutdown"))
        except Exception as error:
            log.exception("the model broke")
            # A worker without its model is lost, and must be seen to be.
            self._parent.send(Lost(f"the model broke ({type(error).__name__})"))
            self._parent.detach()
        finally:
            self._log.close()

    def _step(self) -> bool:
        while self._superseded:  # their numbers are read here, not on the event loop
            self._log.write(self._record(*self._superseded.popleft(), dropped="superseded"))
        taken = None
        with self._wake:
            if self._ending:
                return False
            now_ns = time.monotonic_ns()
            wait_ns = self._wait_ns(now_ns)
            if wait_ns is None or wait_ns > 0:
                self._wake.wait(None if wait_ns is None else wait_ns / 1e9)
                return True
            room = self._waiting and len(self._held) < self._room
            if room and not self._pipeline.wait_ns(now_ns):
                taken = self._waiting.popleft()
        if taken is not None:
            self._take(*taken)
        while self._held and self._departs_ns() <= time.monotonic_ns():
            self._send(self._held.popleft().frame)
        return True

    def _wait_ns(self, now_ns: int) -> int | None:
        """Until there is something to do; None: until something arrives."""
        waits = [self._departs_ns() - now_ns] if self._held else []
        if self._waiting and len(self._held) < self._room:
            waits.append(self._pipeline.wait_ns(now_ns))
        return max(0, min(waits)) if waits else None

    def _departs_ns(self) -> int:
        """Return when the frame that has been held for longest may leave."""
        return self._spacing.due_ns(self._held[0].due_ns)

    def _record(
        self, event: rtc.VideoFrameEvent, received_ns: int, dropped: str = ""
    ) -> ServiceFrame:
        frame = event.frame
        reading = self._marker.examine(livekit_video.luma(frame), sent_size=self._sent_size)
        return ServiceFrame(
            received_ns=received_ns,
            number_in=reading.number,
            witness=livekit_video.witness(event),
            width=frame.width,
            height=frame.height,
            dropped=dropped,
        )

    def _take(self, event: rtc.VideoFrameEvent, received_ns: int) -> None:
        frame = event.frame
        size: Size = (frame.width, frame.height)
        if time.monotonic_ns() < self._stalled_until_ns:
            self._log.write(self._record(event, received_ns, dropped="injected"))
            return
        record = self._record(event, received_ns)
        restamp = self._restamp  # once: the event loop may change it meanwhile
        if self._pixels_pass and not restamp:
            buffer, out = bytearray(frame.data), size
        else:
            buffer, out = self._transform(frame.data, size), self._out_size
        if restamp and record.number_in is not None:
            self._marker.stamp(planes(buffer, out)[0], record.number_in)
            record = replace(record, number_out=record.number_in)
        elif not restamp:
            record = replace(record, number_out=record.number_in)
        record = self._spoil(record, buffer, out)
        now_ns = time.monotonic_ns()
        record, buffer, out = self._degrade(record, buffer, out, now_ns)
        passed = self._faults.take(_Taken(record, buffer, out, event.metadata), now_ns)
        for taken in passed.dropped:
            self._log.write(replace(taken.record, number_out=None, dropped="injected"))
        for taken in passed.sent:
            due_ns = self._pipeline.admit(taken.record.received_ns, now_ns)
            self._held.append(_Held(due_ns, taken))

    def _spoil(self, record: ServiceFrame, buffer: bytearray, size: Size) -> ServiceFrame:
        """Make the marker wrong where a fault asks for it."""
        if self._faults.misstamps and record.number_in is not None:
            wrong = (record.number_in + 1) % (1 << self._marker.bits)
            self._marker.stamp(planes(buffer, size)[0], wrong)
            record = replace(record, number_out=wrong)
        if self._faults.blanks:
            planes(buffer, size)[0][:] = _GREY
            record = replace(record, number_out=None)
        return record

    def _degrade(
        self, record: ServiceFrame, buffer: bytearray, size: Size, now_ns: int
    ) -> tuple[ServiceFrame, bytearray, Size]:
        """Make the picture worse where a fault asks for it at first."""
        made = []
        if self._faults.coarsens(now_ns):
            coarsen(buffer, size)
            made.append("coarse")
        if self._faults.shrinks(now_ns):
            buffer, size = halved(buffer, size)
            made.append("small")
        return replace(record, degraded=" ".join(made)) if made else record, buffer, size

    def _send(self, held: _Taken) -> None:
        frame = rtc.VideoFrame(*held.size, rtc.VideoBufferType.I420, held.buffer)
        sent_ns = time.monotonic_ns()
        self._spacing.handed_over(sent_ns)
        try:
            self._source.capture_frame(frame, timestamp_us=sent_ns // 1000, metadata=held.metadata)
        except Exception:
            log.exception("a frame was refused by the SDK")
            self.counts["refused"] += 1
            self._log.write(replace(held.record, dropped="refused"))
            return
        self.counts["sent"] += 1
        self._log.write(replace(held.record, sent_ns=sent_ns))
        if self.counts["sent"] == 1:
            self._parent.send(FirstFrame())


async def _main(plan: WorkerPlan, parent: Parent[WorkerCommand]) -> None:
    model = Model(plan, parent)
    room = rtc.Room()
    readers: dict[str, tuple[livekit_video.FrameStream, asyncio.Task[None]]] = {}

    opened: list[livekit_video.FrameStream] = []
    gate: SubscriptionGate | None = None

    def counts() -> dict[str, int]:
        return {**model.counts, "stream_dropped": sum(stream.dropped for stream in opened)}

    async def read(stream: livekit_video.FrameStream) -> None:
        async for event in stream:
            model.offer(event, time.monotonic_ns())

    @room.on("track_published")
    def _(publication: rtc.RemoteTrackPublication, _: rtc.RemoteParticipant) -> None:
        # No client knows the room before this worker is ready.
        if gate is not None and publication.kind == rtc.TrackKind.KIND_VIDEO:
            gate.open()

    @room.on("track_subscribed")
    def _(
        track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            log.info("receiving %s of %s", track.sid, who.identity)
            model.expect((publication.width, publication.height))
            stream = livekit_video.FrameStream(track)
            opened.append(stream)
            readers[track.sid] = stream, asyncio.ensure_future(read(stream))

    @room.on("track_unsubscribed")
    def _(track: rtc.Track, *_: object) -> None:
        found = readers.pop(track.sid, None)
        if found is not None:
            found[1].cancel()
            closing.append(asyncio.ensure_future(found[0].aclose()))

    closing: list[asyncio.Future[None]] = []
    left: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @room.on("disconnected")
    def _(reason: rtc.DisconnectReason.ValueType) -> None:
        if not left.done():
            left.set_result(rtc.DisconnectReason.Name(reason))

    try:
        await room.connect(plan.url, plan.token)
    except rtc.ConnectError as error:
        # The SDK's own words may hold the token.
        words = str(error).replace(plan.token, MASK)
        parent.send(Failed(f"the room could not be joined: {words}"))
        raise UnreachableError("the room could not be joined") from None
    if plan.gate_subscriptions:
        gate = SubscriptionGate(room.local_participant)
    track = rtc.LocalVideoTrack.create_video_track("transformed", model.source)
    sent = plan.settings
    framerate = _FRAMERATE_HEADROOM * sent.fps
    options = livekit_video.publish_options(sent.codec, sent.max_bitrate_bps, framerate)
    publication = await room.local_participant.publish_track(track, options)
    model.start()
    parent.send(WorkerReady(publication.mime_type))
    tasks = [
        asyncio.ensure_future(_obey(parent, model)),
        asyncio.ensure_future(_report(parent, counts, room)),
    ]
    try:
        parent.send(Lost(f"the worker lost its room ({await left})"))
    finally:
        for task in [*tasks, *(r[1] for r in readers.values())]:
            task.cancel()
        parent.send(WorkerReport(counts()))
        model.end()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room.disconnect(), 2.0)


async def _obey(parent: Parent[WorkerCommand], model: Model) -> None:
    """Take prompts and reference images, whether to stamp, and when to stall."""
    while True:
        command = await parent.commands.get()
        if isinstance(command, SetRestamp):
            model.set_restamp(command.wanted)
        elif isinstance(command, StallOutput):
            model.stall(command.seconds)
        elif isinstance(command, SetStyle):
            model.set_style(command.prompt, command.image)
            parent.send(Applied(command.ticket))


async def _report(
    parent: Parent[WorkerCommand], counts: Callable[[], dict[str, int]], room: rtc.Room
) -> None:
    """Counters and statistics once a second: what the SDK skipped shows only there."""
    while True:
        await asyncio.sleep(_STATS_S)
        with contextlib.suppress(RuntimeError):
            parent.send(WorkerReport(counts(), dict(await livekit_stats.snapshot(room))))


if __name__ == "__main__":
    cv2.setNumThreads(1)  # a second thread takes a fifth more of the cores that the codecs need
    run(_main, WorkerPlan, (SetStyle, SetRestamp, StallOutput))
