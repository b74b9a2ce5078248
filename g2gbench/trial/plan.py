"""Plans of the processes of one trial, derived from the scenario. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from g2gbench.client.plan import ClientPlan, PlannedPrompt, PublishPlan, SourcePlan
from g2gbench.realtime.protocol import BASE_URL
from g2gbench.scenario import (
    Cell,
    LivekitTarget,
    LoopbackTarget,
    Scenario,
    ServiceTarget,
    WorkerTarget,
    changes,
)
from g2gbench.secrecy import Unshown, revealed
from g2gbench.service.model_faults import ModelFaults
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import (
    EmbeddedRoom,
    HostSettings,
    LivekitServerRoom,
    RoomChoice,
    ServicePlan,
    UrlRoom,
    WorkerSettings,
)
from g2gbench.service.signalling_faults import SignallingFaults

# What the model worker sends: the service decides it, not the client.
SERVICE_MAX_BITRATE_BPS = 2_500_000
START_BITRATE_KBPS = 2 * SERVICE_MAX_BITRATE_BPS // 1000
"""The first bandwidth estimate, which the embedded room's answers ask of senders.

A pacer sends little faster than the estimate, and an encoder's first second exceeds its target:
from an estimate near the encoder's own limit, a queue builds up that takes seconds to drain.
"""
_SETUP_S = 75.0
_TEARDOWN_S = 20.0
LOOPBACK_KEY = "loopback"
_LIVE_KEEPS_NONE = "a person's browser hands over the marker's corner of a picture alone"


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One repetition of one cell.

    ``seed`` drives everything random of it that is no clock: the same for the same repeat of every
    cell, so that cells are compared under the same losses. ``attempt`` counts from 0: the same
    trial was begun so often before.
    """

    cell: Cell
    repeat: int
    seed: int
    attempt: int = 0

    @property
    def scenario(self) -> Scenario:
        """The cell's scenario."""
        return self.cell.scenario

    @property
    def name(self) -> str:
        """Name to show."""
        again = f", attempt {self.attempt + 1}" if self.attempt else ""
        return f"{self.cell.name} #{self.repeat}{again}"

    @property
    def expected_s(self) -> float:
        """Expected length of the connected session, in seconds."""
        return self.scenario.session.usual_warmup + self.scenario.session.duration

    @property
    def limit_s(self) -> float:
        """After how long the trial is ended from outside."""
        session = self.scenario.session
        return session.longest_warmup + session.duration + _SETUP_S + _TEARDOWN_S


def blocks(cells: tuple[Cell, ...]) -> tuple[tuple[PlannedTrial, ...], ...]:
    """All trials, in blocks: one repeat of every cell that asks for so many."""
    repeats = max(cell.scenario.repeat for cell in cells)
    return tuple(
        tuple(
            PlannedTrial(cell, repeat, _seed(cell.scenario.seed, repeat))
            for cell in cells
            if repeat < cell.scenario.repeat
        )
        for repeat in range(repeats)
    )


def trials(cells: tuple[Cell, ...]) -> tuple[PlannedTrial, ...]:
    """All trials, one repeat of every cell after the other."""
    return tuple(trial for block in blocks(cells) for trial in block)


def _seed(seed: int, repeat: int) -> int:
    return zlib.crc32(f"{seed}/{repeat}".encode())


def client_plan(trial: PlannedTrial, *, live: bool = False, camera: bool = False) -> ClientPlan:
    """The measured client's plan.

    ``live``: a person's browser brings its page; ``camera``: and its own camera as the source.
    """
    scenario = trial.scenario
    target, session = scenario.target, scenario.session
    service = target if isinstance(target, ServiceTarget) else None
    return ClientPlan(
        client="live" if live else scenario.client.kind,
        api_key=Unshown(revealed(service.api_key) if service else LOOPBACK_KEY),
        http_url=_http_url(target),
        ephemeral=service is not None and service.ephemeral,
        display=scenario.client.display,
        content_hint=scenario.client.content_hint,
        model=target.model,
        resolution=service.resolution if service else None,
        pixel_latency=restamps(scenario),
        stamped_size=_stamped_size(scenario),
        source=source_plan(scenario, camera=camera),
        publish=PublishPlan(
            scenario.publish.codec,
            scenario.publish.max_bitrate,
            _max_framerate(scenario),
            scenario.publish.simulcast,
        ),
        marker=scenario.marker_version,
        seed=scenario.seed,
        playout_delay_ms=_playout_delay_ms(scenario),
        no_fidelity=_LIVE_KEEPS_NONE if live else why_no_fidelity(scenario),
        vmaf=session.fidelity == "vmaf",
        warmup_s=session.warmup,
        longest_warmup_s=session.longest_warmup,
        duration_s=session.duration,
        deadline_ms=None if session.deadline is None else session.deadline * 1000,
        prompt=session.prompt,
        image=session.image,
        prompts=tuple(
            PlannedPrompt(change.at_s, change.prompt, change.image)
            for change in changes(scenario)
            if change.network is None
        ),
    )


def source_plan(scenario: Scenario, *, camera: bool = False) -> SourcePlan:
    """Return where the pictures come from; ``camera``: from that of a person's page."""
    source = scenario.source
    width, height = scenario.frame_size
    return SourcePlan(
        "page-camera" if camera else source.kind,
        width,
        height,
        None if keeps_own_times(scenario) and not camera else scenario.fps,
        source.content,
        source.path,
        source.device,
        source.mirror,
        source.facing,
    )


def _http_url(target: WorkerTarget | ServiceTarget) -> str | None:
    """Return where the HTTP routes are: the link, which is where the client connects, has none."""
    if not isinstance(target, ServiceTarget):
        return None
    if target.http_url is not None:
        return target.http_url
    return "http" + (target.url or BASE_URL).removeprefix("ws")


def _stamped_size(scenario: Scenario) -> tuple[int, int] | None:
    """The size at which a target stamps anew; None: none does, or only the target knows."""
    target = scenario.target
    own = isinstance(target, ServiceTarget) and target.resolution is not None
    return None if own or not restamps(scenario) else scenario.output_size


def keeps_own_times(scenario: Scenario) -> bool:
    """Return whether the frames are due when their file says."""
    return scenario.source.kind == "file" and scenario.source.fps is None


def _max_framerate(scenario: Scenario) -> float | None:
    """None: somewhat above the source's rate, which only the source knows."""
    if keeps_own_times(scenario):
        return scenario.publish.max_framerate
    # At the source's rate the SDK would drop a frame whenever its own clock disagrees.
    asked = scenario.publish.max_framerate
    return asked if asked is not None and asked < scenario.fps else scenario.fps + 1


def service_plan(
    trial: PlannedTrial, log_dir: Path | None = None, frame_log: Path | None = None
) -> ServicePlan | None:
    """The emulated service's plan; None for a target that brings its service along."""
    scenario = trial.scenario
    target = scenario.target
    if isinstance(target, ServiceTarget):
        return None
    processing = target.processing
    worker = WorkerSettings(
        transform=scenario.transform,
        marker=scenario.marker_version,
        output_size=scenario.output_size,
        fps=scenario.fps,
        codec=scenario.publish.codec,
        max_bitrate_bps=SERVICE_MAX_BITRATE_BPS,
        processing=Processing(processing.mean, processing.spread, processing.max_fps),
        faults=ModelFaults.of(processing.faults),
        seed=trial.seed,
    )
    return ServicePlan(
        target.model,
        HostSettings(worker, _room(scenario, target), log_dir, frame_log),
        SignallingFaults.of(target.service.faults),
    )


def _room(scenario: Scenario, target: LoopbackTarget | LivekitTarget) -> RoomChoice:
    delay = _playout_delay_ms(scenario)
    if isinstance(target, LivekitTarget):
        key, secret = Unshown(revealed(target.api_key)), Unshown(revealed(target.api_secret))
        return UrlRoom(target.url, key, secret, playout_delay_ms=delay)
    if target.room.kind == "livekit-server":
        return LivekitServerRoom(playout_delay_ms=delay, command=target.room.command)
    return EmbeddedRoom(start_bitrate_kbps=START_BITRATE_KBPS, playout_delay_ms=delay)


def _playout_delay_ms(scenario: Scenario) -> tuple[int, int] | None:
    """Bounds that the room is asked to hold both receivers to; None: as they decide."""
    delay = scenario.session.playout_delay
    if delay is None or isinstance(scenario.target, ServiceTarget):
        return None
    return round(delay.min * 1000), round(delay.max * 1000)


def restamps(scenario: Scenario) -> bool:
    """Return whether the target reads the marker and stamps it anew."""
    return scenario.transform != "passthrough"


def why_no_fidelity(scenario: Scenario) -> str:
    """Return why no picture that comes back can be held against its source; empty where it can."""
    if scenario.session.fidelity == "off":
        return "session.fidelity is off"
    if isinstance(scenario.target, ServiceTarget):
        return "the service draws pictures of its own: there is nothing to hold them against"
    if scenario.transform != "passthrough":
        return f"the model changes the picture ({scenario.transform})"
    if scenario.source.kind == "camera":
        return "a camera's picture cannot be had again"
    return ""


def reached(scenario: Scenario) -> tuple[str, ...]:
    """The URLs of a target that is not brought along."""
    target = scenario.target
    if isinstance(target, LoopbackTarget):
        return ()
    return (target.url or BASE_URL,)
