"""The measured client: a realtime session in a process of its own.

``python -m g2gbench.client.process`` reads its plan, gets ready, says so, and waits for the word.
Whatever it sees goes to its parent at once, one journal record a line: what crashes in native code
ends one trial and loses nothing.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from g2gbench import marker
from g2gbench.client import frame_source, stamp_sizes, vmaf
from g2gbench.client.drain import Tail
from g2gbench.client.frame_sampler import Keeper, Kept, pairs, score
from g2gbench.client.journal_events import PHASES, detail
from g2gbench.client.live_page import LiveMedia
from g2gbench.client.media import BrowserMedia, Media, NativeMedia
from g2gbench.client.plan import (
    ClientCommand,
    ClientPlan,
    ClientReady,
    Finish,
    Go,
    PlannedPrompt,
    Restyle,
)
from g2gbench.client.settling import Settling
from g2gbench.client.warm_up import until_settled
from g2gbench.errors import G2GBenchError, InputError, UnreachableError
from g2gbench.measure import fidelity
from g2gbench.measure.records import (
    STALL,
    WARMED_UP,
    Cause,
    Counters,
    Ended,
    Event,
    Reached,
    Record,
    Started,
    Stats,
    encode,
)
from g2gbench.media.marker_reader import Receiver
from g2gbench.process.child import Parent, run
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
from g2gbench.sources import LiveSource, Source, mirror
from g2gbench.sources.elsewhere import ElsewhereSource

log = logging.getLogger(__name__)
FIRST_MARKER_TIMEOUT_S = 20.0
TAIL_S = 1.0  # frames go on for so long once one of after measuring is back, or is overdue
_OVERDUE_S = 10.0  # no number means a frame of longer ago


class SessionFailed(G2GBenchError):  # noqa: N818 - says what happened
    """The session was connected, and broke; ``cause`` is what kind of failure that is."""

    def __init__(self, message: str, cause: Cause = "") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class Stopped(SessionFailed):
    """A person ended the session before anything of it was measured."""


class Client:
    """One trial, from the connect attempt to the goodbye."""

    def __init__(self, plan: ClientPlan, media: Media, journal: Callable[[Record], None]) -> None:
        self._plan = plan
        self._media = media
        self._settling = Settling(journal)
        self._journal = self._settling.take if plan.warmup_s is None else journal
        self._loop = asyncio.get_running_loop()
        self._marker = marker.get(plan.marker)
        self._first_number = marker.random_start(plan.marker, secrets.randbelow)
        self._tail = Tail(self._first_number, self._marker.bits)
        source = frame_source.make(plan.source, plan.seed)
        self._is_camera = isinstance(source, LiveSource | ElsewhereSource)
        self.local = media.local(
            source,
            mirrored=frame_source.mirrored(plan.source),
            marker=self._marker,
            first_number=self._first_number,
            on_record=self._journal,
            on_frame_id=self._captured,
            on_lost=self._source_lost,
        )
        self._agreed = getattr(source, "agreed", None)
        captured = (source.width, source.height)
        self._size = stamp_sizes.finder(plan, captured, self._marker, self._tail, self._event)
        frames = self.local.fps * plan.duration_s
        every = fidelity.stride(self.local.fps, plan.duration_s, source.width * source.height)
        self._no_pictures = plan.no_fidelity
        self._kept: list[Kept] = []
        room = 0 if self._no_pictures else math.ceil(frames / every) + 1
        self._shelf = media.shelf(room)
        self._keeper = Keeper(self._first_number, self._marker.bits, every, room, self._shelf)
        self._receiver = Receiver(self._size, self._journal, self._number_read, self._keeper.take)
        self._session: Session | None = None
        self._streams: list[RemoteStream] = []
        self._reached: set[str] = set()
        self._live = asyncio.Event()
        self._measuring = False
        self._tail_is_back = asyncio.Event()
        self._finished = asyncio.Event()
        self._restyling: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] = self._loop.create_future()
        self._lock = threading.Lock()
        self._decoded = 0
        media.listen(lambda name, detail: self._event(name, **detail), self._break)

    async def run(self, url: str) -> None:
        """Measure. Raises UnreachableError, SessionFailed."""
        plan = self._plan
        self._receiver.start()
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
                self._session = await self._unless_broken(
                    client.connect(self._options(), self.local)
                )
            except RealtimeError as error:
                raise UnreachableError(str(error)) from None
            await self._until_live()
            if plan.warmup_s is not None:
                await self._wait(plan.warmup_s)
            else:
                longest_s = plan.longest_warmup_s
                seconds, settled = await until_settled(self._settling, self._wait, longest_s)
                self._event(WARMED_UP, seconds=seconds, settled=settled)
            self._measuring = True
            self._reach("measure")
            if not self._no_pictures:
                self._keeper.begin()
            await self._measure(time.monotonic_ns(), plan.duration_s, plan.prompts)
            self._reach("measured")
            self._keeper.end()
            self._tail.begin()
            await self._until(self._tail_is_back, _OVERDUE_S)
            await self._wait(TAIL_S)
        finally:
            await self._leave(client)

    def finish(self) -> None:
        """A person ends the session: what is measured ends as if its time were over."""
        if not self._measuring:
            self._give_up(Stopped("it was stopped before the warm-up was over"))
        self._finished.set()

    def restyle(self, asked: Restyle) -> None:
        """A person asks for another prompt or image."""
        task = asyncio.ensure_future(self._restyle(asked))
        self._restyling.add(task)
        task.add_done_callback(self._restyling.discard)

    async def score(self) -> None:
        """Hold the pictures that were kept against their source; the session is over by now."""
        plan, kept = self._plan, self._kept
        if self._no_pictures or not kept:
            reason = self._no_pictures or "no frame of the steady state came back"
            self._event("fidelity", reason=reason)
            return
        scored = 0
        try:
            source = frame_source.make(plan.source, plan.seed)
            if frame_source.mirrored(plan.source):
                source = mirror.mirrored(source)
            assert not isinstance(source, LiveSource)
            for record in score(kept, source, self._marker, self._first_number):
                self._journal(record)
                scored += 1
                await asyncio.sleep(0)  # the parent may be gone
        except InputError as error:  # a file that was there before
            self._event("fidelity", reason=f"the source could not be had again: {error}")
            return
        except Exception as error:  # whatever it is, the session was measured
            log.exception("pictures could not be compared")
            self._event("fidelity", reason=f"pictures could not be compared: {error}")
            return
        facts = {"every": self._keeper.stride, "kept": len(kept), "scored": scored}
        self._event("fidelity", reason="", **facts)
        if plan.vmaf:
            await self._score_by_vmaf(kept, source)

    async def _score_by_vmaf(self, kept: list[Kept], source: Source) -> None:
        executable = vmaf.find()
        try:
            if executable is None:
                raise RuntimeError(f"no FFmpeg has it: {vmaf.ENABLE}")
            shown = pairs(kept, source, self._marker, self._first_number)
            found = await asyncio.to_thread(vmaf.score, shown, executable)
        except RuntimeError as error:
            self._event("vmaf", reason=str(error))
        else:
            self._event("vmaf", reason="", model=vmaf.MODEL, **asdict(found))

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
            on_event=self._heard,
        )

    def _captured(self, frame_id: int) -> None:
        """On the thread that captures."""
        self._tail.captured(frame_id)
        self._keeper.captured(frame_id)

    # -- what the session tells

    def _heard(self, event: events.Event) -> None:
        if isinstance(event, events.RtcStats):
            self._journal(Stats(event.at_ns, dict(event.values)))
            self._decoded = int(event.values.get("inbound.frames_decoded") or 0)
            self._check_codec(event.values)
        elif isinstance(event, events.RemoteStreamChanged):
            self._streams.append(event.stream)
            event.stream.add_sink(self._receiver.offer)
        elif isinstance(event, events.PhaseTiming) and event.success and event.phase in PHASES:
            self._reach(PHASES[event.phase], event.at_ns)
        elif isinstance(event, events.FirstFrame):
            self._reach("first_frame", event.at_ns)
        told = detail(event)
        if told is not None:
            name, facts = told
            self._journal(Event(event.at_ns, name, facts))
        if (
            isinstance(event, events.StateChanged)
            and event.state is events.ConnectionState.DISCONNECTED
            and self._session is not None
        ):
            self._loop.call_soon(self._gone)

    def _gone(self) -> None:
        """The session has ended, and not because it was left."""
        error = self._session.error if self._session is not None else None
        if error is not None:
            self._break(str(error))

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
            came = "first_frame" in self._reached
            what = "remote video came" if came else "no remote video came"
            what += f", {self._decoded} frames were decoded"
            what += f"; markers of these sizes were looked for: {self._size.words}"
            message = f"no readable marker within {FIRST_MARKER_TIMEOUT_S:g} s; {what}"
            raise SessionFailed(message, "no_marker" if came else "no_video")

    async def _until(self, event: asyncio.Event, timeout_s: float) -> bool:
        """Wait for the event for so long, unless the session breaks; whether it happened."""
        happens = asyncio.ensure_future(event.wait())
        try:
            waits: set[asyncio.Future[Any]] = {happens, self._broken}
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happens.cancel()
        if self._broken.done():
            self._broken.result()
        return event.is_set()

    async def _unless_broken(self, work: Coroutine[Any, Any, Session]) -> Session:
        """The session that ``work`` gives, unless it is given up before."""
        task = asyncio.ensure_future(work)
        try:
            waits: set[asyncio.Future[Any]] = {task, self._broken}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._broken.result()
            return await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _wait(self, seconds: float) -> None:
        """Wait, unless the session breaks."""
        await asyncio.wait({self._broken}, timeout=seconds)
        if self._broken.done():
            self._broken.result()

    async def _measure(
        self, start_ns: int, duration_s: float, prompts: Sequence[PlannedPrompt]
    ) -> None:
        for planned in prompts:
            before_s = max(0.0, planned.at_s - (time.monotonic_ns() - start_ns) / 1e9)
            if await self._until(self._finished, before_s):
                return
            image = Path(planned.image) if planned.image else None
            await self._restyle(Restyle(planned.prompt, image, planned.image))
        left_s = max(0.0, duration_s - (time.monotonic_ns() - start_ns) / 1e9)
        await self._until(self._finished, left_s)

    async def _restyle(self, asked: Restyle) -> None:
        """Ask for it; what became of it is in the journal, and ends nothing."""
        facts = {"text": asked.prompt, "image": asked.name}
        self._event("prompt", **facts)
        session = self._session
        try:
            if session is None:
                raise RealtimeError(ErrorCode.INVALID_INPUT, "the session does not stand yet")
            if asked.image is not None:
                await session.set_image(asked.image, asked.prompt)
            elif asked.prompt is not None:
                await session.set_prompt(asked.prompt)
        except RealtimeError as error:
            self._event("prompt_failed", **facts, error=str(error), code=error.code.value)
        else:
            self._event("prompt_ack", **facts)

    def _check_codec(self, values: Mapping[str, object]) -> None:
        """The SDK publishes VP8 in place of a codec that it cannot encode, without a word."""
        wanted, found = self._plan.publish.codec, values.get("outbound.mime_type")
        if found and str(found).lower() != f"video/{wanted}":
            reason = f"{wanted} was asked for, but {found} is sent: it cannot be encoded here"
            self._break(reason, "codec")

    async def _leave(self, client: RealtimeClient) -> None:
        self.local.dispose()
        if self._session is not None:
            await self._session.sample()
        if self._broken.done():
            self._broken.exception()
        else:
            self._broken.cancel()  # from here on, an end is no loss
        self._receiver.end()
        counts = {
            "stream_dropped": sum(stream.dropped for stream in self._streams),
            "reader_dropped": self._receiver.dropped,
        }
        self._journal(Counters(time.monotonic_ns(), "client", counts))
        await client.release()
        self._reach("disconnected")
        if "measured" in self._reached and not self._no_pictures:
            try:
                self._kept = await self._shelf.pictures(self._keeper.kept)
            except UnreachableError as error:
                self._no_pictures = f"the pictures are lost: {error}"
        await self._media.close()

    # -- telling

    def _source_lost(self, reason: str) -> None:
        self._event("source_lost", reason=reason)
        self._break(reason, "camera" if self._is_camera else "")

    def _break(self, reason: str, cause: Cause = "") -> None:
        self._give_up(SessionFailed(reason, cause))

    def _give_up(self, error: SessionFailed) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)

    def _reach(self, phase: str, at_ns: int | None = None) -> None:
        with self._lock:  # phases are reached on two threads; each counts once
            if phase in self._reached:
                return
            self._reached.add(phase)
        self._journal(Reached(time.monotonic_ns() if at_ns is None else at_ns, phase))

    def _event(self, name: str, **detail: str | int | float | bool | None) -> None:
        self._journal(Event(time.monotonic_ns(), name, detail))


async def _main(plan: ClientPlan, parent: Parent[ClientCommand]) -> None:
    def journal(record: Record) -> None:
        parent.write(encode(record))

    def stalled(end_ns: int, seconds: float) -> None:
        journal(Event(end_ns, STALL, {"process": "client", "seconds": seconds}))

    parent.on_stall = lambda *_: None  # its lines are records, of the session alone
    refusal = ""
    media: Media | None = None
    try:
        media = await _media(plan)
        client = Client(plan, media, journal)
    except (InputError, UnreachableError) as error:  # what was there when the run began, and is
        refusal = str(error)  # not any more
    gc.collect()
    gc.freeze()  # what is here stays: no collection may walk it while frames are timed
    parent.tell(ClientReady("" if media is None else media.address))
    go = await parent.commands.get()
    assert isinstance(go, Go)  # nobody asks for anything before
    if media is not None and not refusal:
        try:
            await media.ready()
        except UnreachableError as error:
            refusal = str(error)
    if refusal or media is None:
        journal(Ended(time.monotonic_ns(), "failed", refusal))
        if media is not None:
            await media.close()
        return
    local = client.local
    journal(
        Started(
            at_ns=time.monotonic_ns(),
            wall_time=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            client=media.kind,
            marker=plan.marker,
            fps=local.fps,
            width=local.width,
            height=local.height,
            versions=media.versions,
            playout_delay_ms=plan.playout_delay_ms,
            display=plan.display,
            max_framerate=plan.publish.max_framerate,
        )
    )
    reason, message = "interrupted", ""
    cause: Cause = ""
    parent.on_stall = stalled
    steering = asyncio.ensure_future(_steered(client, parent))
    try:
        await client.run(go.url)
        reason = "complete"
        parent.on_stall = lambda *_: None  # nothing is timed any more
        await client.score()
    except Stopped as error:
        message = str(error)
    except UnreachableError as error:
        reason, message = "unreachable", str(error)
    except SessionFailed as error:
        reason, message, cause = "failed", str(error), error.cause
    finally:
        steering.cancel()
        journal(Ended(time.monotonic_ns(), reason, message, cause))
        await media.close()


async def _steered(client: Client, parent: Parent[ClientCommand]) -> None:
    """Do what a person asks for while the session runs."""
    while True:
        command = await parent.commands.get()
        if isinstance(command, Restyle):
            client.restyle(command)
        elif isinstance(command, Finish):
            client.finish()


async def _media(plan: ClientPlan) -> Media:
    """What the plan asks for; raises InputError, UnreachableError."""
    if plan.client == "native":
        return NativeMedia()
    stamped = stamp_sizes.corner_size(plan)
    kind = LiveMedia if plan.client == "live" else BrowserMedia
    return await kind.start(stamped, display=plan.display, content_hint=plan.content_hint)


if __name__ == "__main__":
    run(_main, ClientPlan, (Go, Finish, Restyle))
