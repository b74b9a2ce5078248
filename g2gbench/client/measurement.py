"""One measured session, from the connect attempt to the goodbye."""

from __future__ import annotations

import asyncio
import math
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from g2gbench import marker
from g2gbench.client import frame_source, stamp_sizes
from g2gbench.client.drain import DrainTracker
from g2gbench.client.frame_sampler import FrameSampler, SampledFrame
from g2gbench.client.journal_events import PHASES, capture_record, detail, seen_record
from g2gbench.client.media import Journal, Media
from g2gbench.client.picture_scoring import score_session
from g2gbench.client.plan import ChangePrompt, ClientPlan, PlannedPrompt
from g2gbench.client.session_guard import SessionFailed, SessionGuard, Stopped
from g2gbench.client.settling import Settling
from g2gbench.client.warm_up import until_settled
from g2gbench.errors import UnreachableError
from g2gbench.measure import fidelity
from g2gbench.measure.records import WARMED_UP, Cause, Counters, Event, Reached, Stats
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.media.frames import CaptureEvent, ExaminedFrame
from g2gbench.media.marker_reader import MarkerReader
from g2gbench.realtime import events
from g2gbench.realtime.client import RealtimeClient
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.options import (
    ConnectOptions,
    InitialPrompt,
    RealtimeModel,
    Resolution,
    VideoConfig,
)
from g2gbench.realtime.session import Session
from g2gbench.realtime.streams import RemoteStream
from g2gbench.sources import LiveSource
from g2gbench.sources.page_camera import PageCameraSource

FIRST_MARKER_TIMEOUT_S = 20.0
TAIL_S = 1.0  # frames go on for so long once one of after measuring is back, or is overdue
_OVERDUE_S = 10.0  # no number means a frame of longer ago


class Measurement:
    """Runs the session of one trial and journals what it sees.

    Args:
        plan: what to do.
        media: carries it.
        journal: takes each record, on any thread.

    """

    def __init__(self, plan: ClientPlan, media: Media, journal: Journal) -> None:
        self._plan = plan
        self._media = media
        self._marker = marker.get(plan.marker)
        self._settling = Settling(self._marker.bits, journal)
        self._journal = self._settling.take if plan.warmup_s is None else journal
        self._loop = asyncio.get_running_loop()
        self._first_number = marker.random_start(plan.marker, secrets.randbelow)
        self._drain = DrainTracker(self._first_number, self._marker.bits)
        source = frame_source.make(plan.source, plan.seed)
        self._is_camera = isinstance(source, LiveSource | PageCameraSource)
        self.local = media.local(
            source,
            CaptureOptions(
                mirrored=frame_source.mirrored(plan.source),
                marker=self._marker,
                first_number=self._first_number,
                on_capture=self._capture_event,
                on_frame_id=self._captured,
                on_lost=self._source_lost,
            ),
        )
        self._agreed = getattr(source, "agreed", None)
        captured = (source.width, source.height)
        self._size = stamp_sizes.finder(plan, captured, self._marker, self._drain, self._event)
        frames = self.local.fps * plan.duration_s
        stride = fidelity.stride(self.local.fps, plan.duration_s, source.width * source.height)
        self._no_pictures = plan.no_fidelity
        self._kept: list[SampledFrame] = []
        self._first: list[SampledFrame] = []
        room = 0 if self._no_pictures else math.ceil(frames / stride) + 1
        self._store = media.frame_store(room)
        first_s = [] if self._no_pictures else fidelity.first_times(source.width * source.height)
        self._sampler = FrameSampler(
            self._first_number,
            self._marker.bits,
            stride,
            room,
            self._store,
            [round(seconds * 1e9) for seconds in first_s],
        )
        self._reader = MarkerReader(
            self._size, self._examined, self._number_read, self._sampler.take
        )
        self._session: Session | None = None
        self._streams: list[RemoteStream] = []
        self._reached: set[str] = set()
        self._live = asyncio.Event()
        self._measuring = False
        self._drained = asyncio.Event()
        self._finished = asyncio.Event()
        self._changing_prompts: set[asyncio.Task[None]] = set()
        self._guard = SessionGuard()
        self._lock = threading.Lock()
        self._decoded = 0
        media.listen(self._journal, self._break)

    async def run(self, url: str) -> None:
        """Measure. Raises UnreachableError, SessionFailed."""
        plan, guard = self._plan, self._guard
        self._reader.start()
        if self._agreed is not None:
            self._event("camera", **self._agreed)
        key: str = plan.api_key
        connector = self._media.connector
        client = RealtimeClient(key, base_url=url, http_base_url=plan.http_url, connector=connector)
        try:
            try:
                if plan.ephemeral:
                    key = (await client.create_token()).api_key
                    self._event("ephemeral_key")
                    client = RealtimeClient(key, base_url=url, connector=connector)
                self._reach("connect")
                self._session = await guard.result_of(client.connect(self._options(), self.local))
            except RealtimeError as error:
                raise UnreachableError(str(error)) from None
            await self._until_live()
            if plan.warmup_s is not None:
                await guard.wait(plan.warmup_s)
            else:
                longest_s = plan.longest_warmup_s
                seconds, settled = await until_settled(self._settling, guard.wait, longest_s)
                self._event(WARMED_UP, seconds=seconds, settled=settled)
            self._measuring = True
            self._reach("measure")
            if not self._no_pictures:
                self._sampler.begin()
            await self._measure(time.monotonic_ns(), plan.duration_s, plan.prompts)
            self._reach("measured")
            self._sampler.end()
            self._drain.begin()
            await guard.until(self._drained, _OVERDUE_S)
            await guard.wait(TAIL_S)
        finally:
            await self._leave(client)

    def finish(self) -> None:
        """End the session at a person's word: as if the time of what is measured were over."""
        if not self._measuring:
            self._guard.fail(Stopped("it was stopped before the warm-up was over"))
        self._finished.set()

    def change_prompt(self, asked: ChangePrompt) -> None:
        """Ask for another prompt or image at a person's word."""
        task = asyncio.ensure_future(self._change_prompt(asked))
        self._changing_prompts.add(task)
        task.add_done_callback(self._changing_prompts.discard)

    async def score(self) -> None:
        """Score the pictures that were kept; the session is over by now."""
        if self._no_pictures or not self._kept:
            reason = self._no_pictures or "no frame of the steady state came back"
            self._event("fidelity", reason=reason)
            return
        await score_session(
            self._plan,
            self._kept,
            self._first,
            self._sampler.stride,
            self._marker,
            self._first_number,
            self._journal,
        )

    def _options(self) -> ConnectOptions:
        plan = self._plan
        publish, local, prompt = plan.publish, self.local, plan.prompt
        return ConnectOptions(
            model=RealtimeModel(plan.model, local.width, local.height, local.fps),
            initial_prompt=InitialPrompt(prompt) if prompt else None,
            initial_image=Path(plan.image) if plan.image else None,
            resolution=Resolution(plan.resolution) if plan.resolution else None,
            video=VideoConfig(
                publish.codec,
                publish.max_bitrate_bps,
                publish.max_framerate or local.peak_fps + 1,
                publish.simulcast,
            ),
            pixel_latency=plan.pixel_latency,
            on_event=self._session_event,
        )

    # -- frames

    def _capture_event(self, event: CaptureEvent) -> None:
        self._journal(capture_record(event))

    def _captured(self, frame_id: int) -> None:
        """On the thread that captures."""
        self._drain.captured(frame_id)
        self._sampler.captured(frame_id)

    def _examined(self, examined: ExaminedFrame) -> None:
        """On the marker reader's thread."""
        self._journal(seen_record(examined))

    def _number_read(self, number: int, received_ns: int) -> None:
        """On the marker reader's thread."""
        if self._drain.is_behind(number):
            self._loop.call_soon_threadsafe(self._drained.set)
        if "first_marker" in self._reached:
            return
        mask = (1 << self._marker.bits) - 1
        # Only a number of this session: another sender's or a misread one starts no clock.
        if (number - self._first_number) & mask < mask >> 1:
            self._reach("first_marker", received_ns)
            self._loop.call_soon_threadsafe(self._live.set)

    def _source_lost(self, reason: str) -> None:
        self._event("source_lost", reason=reason)
        self._break(reason, "camera" if self._is_camera else "")

    # -- the session

    def _session_event(self, event: events.Event) -> None:
        if isinstance(event, events.RtcStats):
            self._journal(Stats(event.at_ns, dict(event.values)))
            self._decoded = int(event.values.get("inbound.frames_decoded") or 0)
            self._check_codec(event.values)
        elif isinstance(event, events.RemoteStreamChanged):
            self._streams.append(event.stream)
            event.stream.add_sink(self._reader.offer)
        elif isinstance(event, events.PhaseTiming) and event.success and event.phase in PHASES:
            self._reach(PHASES[event.phase], event.at_ns)
        elif isinstance(event, events.FirstFrame):
            self._reach("first_frame", event.at_ns)
        kept = detail(event)
        if kept is not None:
            name, facts = kept
            self._journal(Event(event.at_ns, name, facts))
        if (
            isinstance(event, events.StateChanged)
            and event.state is events.ConnectionState.DISCONNECTED
            and self._session is not None
        ):
            self._loop.call_soon(self._disconnected)

    def _disconnected(self) -> None:
        """The session has ended, and not because it was left."""
        error = self._session.error if self._session is not None else None
        if error is not None:
            self._break(str(error))

    def _check_codec(self, values: Mapping[str, object]) -> None:
        """The SDK publishes VP8 in place of a codec that it cannot encode, without a word."""
        wanted, found = self._plan.publish.codec, values.get("outbound.mime_type")
        if found and str(found).lower() != f"video/{wanted}":
            reason = f"{wanted} was asked for, but {found} is sent: it cannot be encoded here"
            self._break(reason, "codec")

    async def _until_live(self) -> None:
        await self._guard.until(self._live, FIRST_MARKER_TIMEOUT_S)
        if not self._live.is_set():
            came = "first_frame" in self._reached
            what = "remote video came" if came else "no remote video came"
            what += f", {self._decoded} frames were decoded"
            what += f"; markers of these sizes were looked for: {self._size.words}"
            message = f"no readable marker within {FIRST_MARKER_TIMEOUT_S:g} s; {what}"
            raise SessionFailed(message, "no_marker" if came else "no_video")

    async def _measure(
        self, start_ns: int, duration_s: float, prompts: Sequence[PlannedPrompt]
    ) -> None:
        for planned in prompts:
            before_s = max(0.0, planned.at_s - (time.monotonic_ns() - start_ns) / 1e9)
            if await self._guard.until(self._finished, before_s):
                return
            image = Path(planned.image) if planned.image else None
            await self._change_prompt(ChangePrompt(planned.prompt, image, planned.image))
        left_s = max(0.0, duration_s - (time.monotonic_ns() - start_ns) / 1e9)
        await self._guard.until(self._finished, left_s)

    async def _change_prompt(self, asked: ChangePrompt) -> None:
        """Ask for it; what became of it is in the journal, and ends nothing."""
        facts = {"text": asked.prompt, "image": asked.name}
        self._event("prompt", **facts)
        session = self._session
        try:
            if session is None:
                raise RealtimeError(ErrorCode.INVALID_INPUT, "the session is not connected yet")
            if asked.image is not None:
                await session.set_image(asked.image, asked.prompt)
            elif asked.prompt is not None:
                await session.set_prompt(asked.prompt)
        except RealtimeError as error:
            self._event("prompt_failed", **facts, error=str(error), code=error.code.value)
        else:
            self._event("prompt_ack", **facts)

    async def _leave(self, client: RealtimeClient) -> None:
        self.local.dispose()
        if self._session is not None:
            await self._session.sample()
        self._guard.close()  # from here on, an end is no loss
        self._reader.end()
        counts = {
            "stream_dropped": sum(stream.dropped for stream in self._streams),
            "reader_dropped": self._reader.dropped,
        }
        self._journal(Counters(time.monotonic_ns(), "client", counts))
        await client.release()
        self._reach("disconnected")
        if "measured" in self._reached and not self._no_pictures:
            try:
                self._first = await self._store.pictures(self._sampler.first)
                self._kept = await self._store.pictures(self._sampler.kept)
            except UnreachableError as error:
                self._no_pictures = f"the pictures are lost: {error}"
        await self._media.close()

    # -- the journal

    def _break(self, reason: str, cause: Cause = "") -> None:
        self._guard.fail(SessionFailed(reason, cause))

    def _reach(self, phase: str, at_ns: int | None = None) -> None:
        with self._lock:  # phases are reached on two threads; each counts once
            if phase in self._reached:
                return
            self._reached.add(phase)
        self._journal(Reached(time.monotonic_ns() if at_ns is None else at_ns, phase))

    def _event(self, name: str, **detail: str | int | float | bool | None) -> None:
        self._journal(Event(time.monotonic_ns(), name, detail))
