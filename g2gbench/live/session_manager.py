"""The sessions of one page, one after the other: each is a run of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from g2gbench import marker
from g2gbench.client.plan import ChangePrompt, StopSession
from g2gbench.errors import ExitCode, G2GBenchError, InputError
from g2gbench.live.live_metrics import LiveMetrics, Message
from g2gbench.live.requests import Asked, Network, Prompt, Refused, Start
from g2gbench.measure.checks import COMPLETE
from g2gbench.measure.records import Record
from g2gbench.report import REPORT_HTML
from g2gbench.report.text.headline import headline
from g2gbench.scenario import NetworkSection, Scenario, cells, label
from g2gbench.store.origin import Origin
from g2gbench.store.reading import Run
from g2gbench.trial.control import ChangeNetwork, SessionControl
from g2gbench.trial.link_plan import directions, link_at_start
from g2gbench.workflow.benchmark import run_async
from g2gbench.workflow.trial_series import Progress

log = logging.getLogger(__name__)
SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"client.kind": "browser", "repeat": "1", "session.duration": "60min"}
)
"""Defaults of a live session, by path; an hour, if nobody stops it."""

POINTS_S: Final = 0.2
"""How often single frames are sent to the page."""


class SessionManager:
    """Begins, steers and ends sessions for whoever sits at the page.

    Args:
        scenario: what a session is; read with ``settings``, and checked.
        origin: what it was read from.
        out: where run directories are made.
        send: takes a message for the page.
        done: called with every run that is over.

    """

    def __init__(
        self,
        scenario: Scenario,
        origin: Origin,
        out: Path,
        send: Callable[[Message], None],
        done: Callable[[Run], None],
    ) -> None:
        self.scenario = scenario
        self.runs: list[Run] = []
        self._origin = origin
        self._out = out
        self._send = send
        self._done = done
        self._steering: SessionControl | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._phase = ""
        self._ended: Message | None = None
        (cell,) = cells(scenario)
        self._emulates = link_at_start(cell.scenario) is not None

    @property
    def networks(self) -> list[str]:
        """The networks that can be chosen; none where no link is in front of the client."""
        return list(self.scenario.all_profiles) if self._emulates else []

    @property
    def steering(self) -> SessionControl | None:
        """Of the session that runs; None while none does."""
        return self._steering

    def facts(self) -> Message:
        """The message for a page that has just connected."""
        scenario = self.scenario
        width, height = scenario.frame_size
        return {
            "hello": {
                "name": scenario.name,
                "target": scenario.target.kind,
                "model": scenario.target.model,
                "size": [width, height],
                "fps": scenario.fps,
                "codec": scenario.publish.codec,
                "warmup_s": scenario.session.usual_warmup,
                "network": label(scenario.network),
                "networks": self.networks,
                "prompt": scenario.session.prompt,
                "source": scenario.source.kind,
                "phase": self._phase,
            },
            **(self._ended or {}),
        }

    def ask(self, asked: Asked) -> None:
        """Do it. Raises Refused, whose words are for the person."""
        if isinstance(asked, Start):
            self._start(asked)
            return
        steering = self._running()
        if isinstance(asked, Prompt):
            steering.submit(ChangePrompt(asked.text))
        elif isinstance(asked, Network):
            self._switch(steering, asked.name)
        else:
            steering.submit(StopSession())

    def change_prompt(self, prompt: str | None, image: Path, name: str) -> None:
        """Another reference image, called ``name``. Raises Refused."""
        self._running().submit(ChangePrompt(prompt, image, name))

    async def close(self) -> bool:
        """End whatever runs; whether something did. What it has measured is kept."""
        task = self._task
        if task is None or task.done():
            return False
        self._stop.set()
        await task
        return True

    def _running(self) -> SessionControl:
        if self._steering is None:
            raise Refused("no session is running: start one first")
        return self._steering

    def _switch(self, steering: SessionControl, name: str) -> None:
        network = NetworkSection(profile=name)
        links = self.scenario.links(network)
        impaired = any(link.impaired for link in links)
        steering.submit(ChangeNetwork(label(network), directions(links), impaired))

    def _start(self, asked: Start) -> None:
        if self._task is not None and not self._task.done():
            raise Refused("a session is running, or is being evaluated: wait for its report")
        self._ended = None
        self._steering = SessionControl(camera=asked.camera, routed=asked.routed)
        self._task = asyncio.ensure_future(self._run(self._steering))

    async def _run(self, steering: SessionControl) -> None:
        watching = _Watching(self.scenario, self._on_message)
        attaching = asyncio.ensure_future(self._attach(steering))
        showing = asyncio.ensure_future(self._show(watching.figures))
        self._on_message({"phase": "starting", "at_s": 0})
        try:
            run = await run_async(
                self.scenario,
                out=self._out,
                progress=watching,
                stop=self._stop,
                origin=self._origin,
                steering=steering,
            )
        except (G2GBenchError, OSError) as error:
            ended = _broken(str(error))
        except Exception:
            log.exception("the session broke")
            ended = _broken("g2gbench broke: its terminal says where")
        else:
            self.runs.append(run)
            self._done(run)
            ended = {"ended": outcome(run)}
        finally:
            self._steering = None
            self._phase = ""
            for task in (attaching, showing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._ended = ended
        self._send(ended)

    async def _attach(self, steering: SessionControl) -> None:
        """Have the page come once the session's client waits for it."""
        await steering.media_url
        self._send({"attach": True})

    async def _show(self, figures: LiveMetrics) -> None:
        while True:
            await asyncio.sleep(POINTS_S)
            points = figures.points()
            if points:
                self._send({"frames": points})

    def _on_message(self, message: Message) -> None:
        self._phase = message.get("phase", self._phase)
        self._send(message)


class _Watching(Progress):
    """A run's progress as the page's messages."""

    def __init__(self, scenario: Scenario, send: Callable[[Message], None]) -> None:
        bits = marker.get(scenario.marker_version).bits
        self.figures = LiveMetrics(bits, scenario.judging)
        self._send = send

    def record(self, record: Record) -> None:
        """Tell what it means, where it means something."""
        message = self.figures.take(record)
        if message is not None:
            self._send(message)


def settings(overrides: Sequence[str]) -> tuple[str, ...]:
    """The overrides, with those of every live session that they do not replace before them."""
    given = {override.partition("=")[0].strip() for override in overrides}
    usual = (f"{path}={value}" for path, value in SETTINGS.items() if path not in given)
    return (*usual, *overrides)


def check(scenario: Scenario) -> None:
    """Raise InputError for what is no single session of a page."""
    if scenario.client.kind != "browser" or scenario.repeat != 1:
        raise InputError(
            f"client.kind is {scenario.client.kind}, repeat is {scenario.repeat}; a live session "
            "has client.kind browser and repeat 1"
        )
    count = len(cells(scenario))
    if count > 1:
        raise InputError(
            f"this scenario's matrix makes {count} cells, a live session measures one: name a "
            "scenario without a matrix"
        )


def outcome(run: Run) -> dict[str, object]:
    """Return a run's outcome for the page."""
    result = run.result
    head = headline(result, run.planned)
    (cell,) = result.cells
    messages = [trial.message for trial in cell.trials if trial.message]
    reasons = [
        check.text
        for trial in cell.trials
        for check in trial.checks
        # The check of a session that ended early repeats its message.
        if not check.ok and not (trial.message and COMPLETE.has(check))
    ]
    # Where nothing was expected, nothing has passed: what the session came to is its quality.
    expected = any(e.holds is not None for e in cell.expectations)
    measured = head.status == "pass" and not expected
    quality = cell.quality
    suffix = f"; quality {quality}" if quality else ""
    return {
        "status": "measured" if measured else head.status,
        "sentence": f"the scenario expects nothing{suffix}"
        if measured
        else f"{head.sentence}{suffix}",
        "quality": quality,
        "what_to_do": list(head.advice),
        "because": list(dict.fromkeys([*messages, *reasons])),
        "report": f"report/{run.path.name}",
        "path": str(run.path / REPORT_HTML),
    }


def _broken(sentence: str) -> Message:
    return {"ended": {"status": "failed", "sentence": sentence, "because": []}}


def exit_code(runs: list[Run], interrupted: bool) -> int:
    """Of the last run; 0 when nothing was measured."""
    if interrupted:
        return ExitCode.INTERRUPTED
    return runs[-1].result.exit_code if runs else ExitCode.PASS
