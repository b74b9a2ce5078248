"""One trial from outside: its processes, its journal, its time limit.

The parent of every process is the one that runs this; each of them dies with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import psutil

from g2gbench.analysis.trials import TrialStatus
from g2gbench.client.plan import ClientReady, Go
from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.measure.records import (
    STALL,
    Counters,
    Ended,
    Event,
    Pressure,
    Reached,
    Record,
    Usage,
    decode,
    encode,
)
from g2gbench.process.message import Lost, Message, Stalled
from g2gbench.process.spawn import Child, ChildLost
from g2gbench.process.waiting import Waiting, pressure_s
from g2gbench.process.watch import EVERY_S, StoppedProcesses
from g2gbench.realtime.protocol import BASE_URL
from g2gbench.scenario import ServiceTarget, label
from g2gbench.service.plan import SERVICE_ANSWERS, ProcessReport, ServiceReady, WorkerReport
from g2gbench.trial import machine_watch
from g2gbench.trial import plan as planning
from g2gbench.trial.control import ChangeNetwork, SessionControl
from g2gbench.trial.link_plan import impaired, link_at_start, link_changes
from g2gbench.trial.machine_watch import MachineMonitor
from g2gbench.trial.plan import PlannedTrial

R = TypeVar("R", bound=Message)
USAGE_S = 1.0
CLOCK_STEP_MS = 10.0  # from which on a step is worth an event
READY_S = 60.0
_STOP_S = 12.0
_WORKER_STATS = ("source.frames", "outbound.frames_encoded", "inbound.frames_decoded")


class Journal(Protocol):
    """File of a trial's lines; a line is safe when ``write`` returns."""

    def write(self, line: str) -> None:
        """Append one line, without its newline."""


class TrialRunner:
    """Runs one planned trial.

    Args:
        trial: what to run.
        journal: takes every record, the client's as it wrote them.
        log_dir: takes each process's log.
        frame_log: where the model worker writes its ground truth.
        packet_log: where the link writes what it did to each packet.
        on_record: called with every record, for whoever shows progress.
        steering: by whom the session is steered while it runs; None: by its scenario alone.

    """

    def __init__(
        self,
        trial: PlannedTrial,
        journal: Journal,
        log_dir: Path,
        frame_log: Path,
        packet_log: Path,
        on_record: Callable[[Record], None] = lambda _: None,
        steering: SessionControl | None = None,
    ) -> None:
        self._trial = trial
        self._steering = steering
        self._journal = journal
        self._log_dir = log_dir
        self._frame_log = frame_log
        self._packet_log = packet_log
        self._on_record = on_record
        self._children: dict[str, Child[Any]] = {}
        self._trees: dict[str, list[int]] = {}  # by process: itself, and a browser's below it
        self._pids: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._worker: dict[str, int] = {}
        self._link: dict[str, int] = {}
        self._host = MachineMonitor()
        self._ended: Ended | None = None
        self._over = asyncio.Event()
        self._ending = False
        self._broken = ""
        self._listener_error: Exception | None = None
        self.broken_as: TrialStatus = "failed"
        target = trial.scenario.target
        faults = None if isinstance(target, ServiceTarget) else target.service.faults
        self._loss_is_asked = faults is not None and faults.kill_worker_after is not None

    async def run(self, stop: asyncio.Event) -> str:
        """Run it to its end, or until ``stop``.

        Whatever goes wrong is in the journal. The answer is what broke the trial from outside: a
        process that was lost, a time limit. It is empty when the client ended by itself, and when
        the user stopped it. ``broken_as`` is the trial's status then. An error of ``on_record``
        ends the trial, and is raised once everything is in the journal.
        """
        stopping = asyncio.ensure_future(stop.wait())
        try:
            try:
                await self._start()
            except (ChildLost, OSError) as error:
                self._broken = self._broken or f"an instrument cannot start: {error}"
                self.broken_as = "fault"
                return self._broken
            self._tasks = [
                asyncio.ensure_future(self._sample_usage()),
                asyncio.ensure_future(self._watch_stops()),
                asyncio.ensure_future(self._change_link()),
                asyncio.ensure_future(self._steer()),
            ]
            over = asyncio.ensure_future(self._over.wait())
            await asyncio.wait(
                {over, stopping},
                timeout=self._trial.limit_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            over.cancel()
            if not self._over.is_set() and not stop.is_set():
                self._broken = f"the trial did not end within {self._trial.limit_s:.0f} s"
                self._event("time_limit", seconds=self._trial.limit_s)
            return self._broken
        finally:
            stopping.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._end_all()
            if self._listener_error is not None:
                raise self._listener_error

    async def _start(self) -> None:
        trial = self._trial
        directions = link_at_start(trial.scenario)
        outside = planning.reached(trial.scenario)
        client = await self._spawn(
            "client",
            "g2gbench.client.process",
            planning.client_plan(
                trial,
                live=self._steering is not None,
                camera=self._steering is not None and self._steering.camera,
            ),
            ClientReady,
            outside if directions is None else (),  # else all it talks to is the link
        )
        client.on_line = self._on_client_line
        service = await self._spawn_service(outside)
        # Like the others, it loads its libraries while they do: its plan comes once it can be made.
        link = None
        if directions is not None:
            link = await self._spawn(
                "link", "g2gbench.link.relay", None, LinkReady, outside, (LinkCounts,)
            )
        url = getattr(trial.scenario.target, "url", None) or BASE_URL
        if service is not None:
            ready = await service.ready(READY_S)
            url = ready.url
            self._pids |= ready.pids
        if link is not None and directions is not None:
            url = await self._open_link(link, directions, url)
        waits_at = (await client.ready(READY_S)).address
        if self._steering is not None:
            self._steering.media_url.set_result(waits_at)
        self._event("processes", **self._pids)
        client.send(Go(url))

    async def _spawn_service(self, outside: tuple[str, ...]) -> Child[ServiceReady] | None:
        """Start the target where the trial brings it along."""
        plan = planning.service_plan(self._trial, self._log_dir, self._frame_log)
        if plan is None:
            return None
        service = await self._spawn(
            "service", "g2gbench.service.app", plan, ServiceReady, outside, SERVICE_ANSWERS
        )
        service.on_message = self._on_service_line
        return service

    async def _open_link(self, link: Child[LinkReady], directions: Directions, url: str) -> str:
        """Give the link its plan; the URL at which it then is the target."""
        link.on_message = self._on_link_line
        routed = self._steering is not None and self._steering.routed
        seed = self._trial.seed
        link.send(LinkPlan(directions, seed, url, self._packet_log, routed=routed))
        ready = await link.ready(READY_S)
        scenario = self._trial.scenario
        self._event(
            "link",
            label=label(scenario.network),
            impaired=impaired(scenario),
            varies=any(one.trace is not None for one in scenario.links()),
        )
        return ready.url

    async def _spawn(
        self,
        name: str,
        module: str,
        plan: Message | None,
        ready: type[R],
        reaches: tuple[str, ...] = (),
        answers: Sequence[type[Message]] = (),
    ) -> Child[R]:
        log_path = self._log_dir / f"{name}.log"
        child = await Child.start(
            name, module, plan, log_path, reaches, ready=ready, answers=answers
        )
        child.on_end = lambda status: self._lost(name, status)
        self._children[name] = child
        self._pids[name] = child.pid
        return child

    # -- what the processes say

    def _on_client_line(self, line: str) -> None:
        self._write(line)
        try:
            record = decode(line)
        except ValueError:
            return
        if isinstance(record, Ended):
            self._ended = record
        self._notify(record)

    def _stood_still(self, process: str, at_ns: int, seconds: float) -> None:
        self._record(Event(at_ns, STALL, {"process": process, "seconds": seconds}))

    def _on_service_line(self, message: Message) -> None:
        process = "service"
        if isinstance(message, ProcessReport):
            process, message = message.process, message.message
        if isinstance(message, Stalled):
            self._stood_still(process, message.at_ns, message.seconds)
        elif isinstance(message, WorkerReport):
            values = message.stats
            known = {k: int(v) for k in _WORKER_STATS if (v := values.get(k)) is not None}
            self._worker |= message.counts | known
        elif isinstance(message, Lost):
            self._event("process_lost", process=process, reason=message.reason)
            if not self._loss_is_asked:  # what follows says nothing of the target
                self._broken = self._broken or message.reason
                self._over.set()

    def _on_link_line(self, message: Message) -> None:
        if isinstance(message, Stalled):
            self._stood_still("link", message.at_ns, message.seconds)
        elif isinstance(message, LinkCounts):
            self._link |= message.counts

    def _lost(self, name: str, status: int) -> None:
        if name == "client" and self._ended is not None:
            self._over.set()
            return
        if not self._ending and not self._broken:
            self._broken = self._children[name].end_in_words(status)
            self._event("process_lost", process=name, reason=self._broken)
        self._over.set()

    # -- what goes on beside the session

    async def _sample_usage(self) -> None:
        known = {name: psutil.Process(pid) for name, pid in self._pids.items()}
        browser = self._trial.scenario.client.kind == "browser"
        waiting = Waiting()
        while True:
            for name, process in known.items():
                with contextlib.suppress(psutil.Error):
                    whole = browser and name == "client"
                    seconds, memory = (
                        machine_watch.usage_of_tree(process)
                        if whole
                        else machine_watch.usage(process)
                    )
                    pids = machine_watch.tree(process) if whole else [process.pid]
                    self._trees[name] = pids
                    waited_s = waiting.seconds(name, pids)
                    self._record(Usage(time.monotonic_ns(), name, seconds, memory, waited_s))
            pressed_s = pressure_s()
            if pressed_s is not None:
                self._record(Pressure(time.monotonic_ns(), pressed_s))
            step_ms = self._host.clock_step_ms()
            if abs(step_ms) > CLOCK_STEP_MS:
                self._event("clock_step", step_ms=step_ms)
            await asyncio.sleep(USAGE_S)

    async def _watch_stops(self) -> None:
        """Notice what cannot notice it itself: a livekit-server or a browser that is held."""
        stopped = StoppedProcesses()
        try:
            while True:
                now_ns = time.monotonic_ns()
                for name, seconds in stopped.look(now_ns, self._trees):
                    self._stood_still(name, now_ns, seconds)
                await asyncio.sleep(EVERY_S)
        finally:
            now_ns = time.monotonic_ns()
            for name, seconds in stopped.held(now_ns):
                self._stood_still(name, now_ns, seconds)

    async def _change_link(self) -> None:
        """The timeline's changes of the network, counted from the end of the warm-up."""
        changes = link_changes(self._trial.scenario)
        link = self._children.get("link")
        if not changes or link is None:
            return
        measuring = asyncio.get_running_loop().create_future()
        on_record = self._on_record

        def listen(record: Record) -> None:
            if isinstance(record, Reached) and record.phase == "measure" and not measuring.done():
                measuring.set_result(record.at_ns)
            on_record(record)

        self._on_record = listen
        begun_with = link_at_start(self._trial.scenario)
        start_ns = await measuring
        for change in changes:
            await asyncio.sleep(max(0.0, change.at_s - (time.monotonic_ns() - start_ns) / 1e9))
            link.send(change.directions)
            restored = change.directions == begun_with
            self._event("network", at_s=change.at_s, label=change.label, restored=restored)

    async def _steer(self) -> None:
        """Carry out a person's commands as they come."""
        while self._steering is not None:
            command = await self._steering.commands.get()
            if isinstance(command, ChangeNetwork):
                self._switch(command)
            else:
                self._children["client"].send(command)

    def _switch(self, command: ChangeNetwork) -> None:
        link, begun_with = self._children.get("link"), link_at_start(self._trial.scenario)
        if link is None or begun_with is None:
            return  # nothing emulates a network here, and whoever asks knows it
        link.send(command.directions)
        restored = command.directions == begun_with
        self._event("network", label=command.label, impaired=command.impaired, restored=restored)

    # -- the end

    async def _end_all(self) -> None:
        """The client first: its goodbye goes through the link to the service."""
        self._ending = True  # from here on, an end is no loss
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3 * _STOP_S):
                for name in ("client", "link", "service"):
                    if name in self._children:
                        await self._children[name].end()
        if self._broken and self._ended is None:
            self._record(Ended(time.monotonic_ns(), self.broken_as, self._broken))
        now_ns = time.monotonic_ns()
        machine = {"swapped_bytes": self._host.swapped_bytes()}
        for source, counts in (
            ("worker", self._worker),
            ("link", self._link),
            ("machine", machine),
        ):
            if counts:
                self._record(Counters(now_ns, source, counts))

    def _event(self, name: str, **detail: str | float) -> None:
        self._record(Event(time.monotonic_ns(), name, dict(detail)))

    def _record(self, record: Record) -> None:
        self._write(encode(record))
        self._notify(record)

    def _notify(self, record: Record) -> None:
        """Hand a record on. A listener's error must not end the reading of what is measured."""
        try:
            self._on_record(record)
        except Exception as error:
            self._listener_error = self._listener_error or error
            self._over.set()

    def _write(self, line: str) -> None:
        """Append a line; a disk that takes no more ends the trial, with what it has."""
        try:
            self._journal.write(line)
        except OSError as error:
            self._broken = self._broken or f"the journal cannot be written: {error.strerror}"
            self._over.set()
