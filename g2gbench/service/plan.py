"""Plans, commands and answers of the service's processes: service and model worker. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from g2gbench.measure.records import Scalar
from g2gbench.process.message import Lost, Message, Stalled
from g2gbench.secrecy import Unshown
from g2gbench.service.model_faults import ModelFaults
from g2gbench.service.pipeline import Processing
from g2gbench.service.signalling_faults import NO_FAULTS, SignallingFaults

PlayoutDelay: TypeAlias = tuple[int, int]
"""Least and most ms that receivers shall keep frames for."""


@dataclass(frozen=True, slots=True)
class EmbeddedRoom:
    """The room of this package, one for each session; ``host`` is the address that it listens at.

    ``start_bitrate_kbps``: hint for a publisher's congestion controller; 0: none.
    ``playout_delay_ms``: None: as receivers decide.
    """

    kind: Literal["embedded"] = "embedded"
    start_bitrate_kbps: int = 0
    playout_delay_ms: PlayoutDelay | None = None
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LivekitServerRoom:
    """A room on a livekit-server of this machine, started for the service.

    ``command``: its program; None: the one of the environment.
    """

    kind: Literal["livekit-server"] = "livekit-server"
    playout_delay_ms: PlayoutDelay | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class UrlRoom:
    """A room on the LiveKit server at a URL, which somebody else runs."""

    url: str
    api_key: Unshown
    api_secret: Unshown
    kind: Literal["external"] = "external"
    playout_delay_ms: PlayoutDelay | None = None


RoomChoice: TypeAlias = EmbeddedRoom | LivekitServerRoom | UrlRoom


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings of the model worker of every session.

    Attributes:
        transform: what it does to a picture, one of ``transforms.TRANSFORMS``.
        marker: the version that it reads and stamps.
        output_size: of what it sends, in pixels.
        fps: of what comes in, and of what it sends.
        codec, max_bitrate_bps: of what it sends.
        processing, faults: how long it takes, and what it does wrong.
        seed: of its random numbers.

    """

    transform: str
    marker: str
    output_size: tuple[int, int]
    fps: float
    codec: str
    max_bitrate_bps: int
    processing: Processing = field(default_factory=Processing)
    faults: ModelFaults = field(default_factory=ModelFaults)
    seed: int = 1


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Settings of every session's worker and room.

    ``log_dir``: where the children's logs go; None: the service's own stderr. ``frame_log``: the
    worker's ground truth.
    """

    worker: WorkerSettings
    room: RoomChoice = field(default_factory=EmbeddedRoom)
    log_dir: Path | None = None
    frame_log: Path | None = None


@dataclass(frozen=True, slots=True)
class ServicePlan(Message):
    """The plan of a trial's service: the model that it runs, and what goes wrong."""

    model: str
    host: HostSettings
    faults: SignallingFaults = NO_FAULTS


@dataclass(frozen=True, slots=True)
class WorkerPlan(Message):
    """A model worker's plan.

    Attributes:
        settings: what it does.
        url, token: of the room that it joins.
        gate_subscriptions: whether it lets clients subscribe only once one of them has published.
        frame_log: where it writes what it did to each frame; None: nowhere.

    """

    settings: WorkerSettings
    url: str
    token: Unshown
    gate_subscriptions: bool = False
    frame_log: Path | None = None


@dataclass(frozen=True, slots=True)
class ServiceReady(Message):
    """The service listens at ``url``; ``pids`` are those of its room and worker, by name."""

    url: str
    pids: dict[str, int]


@dataclass(frozen=True, slots=True)
class WorkerReady(Message):
    """The worker is in its room, and publishes."""

    mime_type: str


@dataclass(frozen=True, slots=True)
class FirstFrame(Message):
    """The first frame of its model was sent."""


@dataclass(frozen=True, slots=True)
class Applied(Message):
    """The style of this ticket is the model's."""

    ticket: int


@dataclass(frozen=True, slots=True)
class WorkerReport(Message):
    """Counters of the worker by now, and its WebRTC statistics."""

    counts: dict[str, int]
    stats: dict[str, Scalar] = field(default_factory=dict)


WORKER_ANSWERS: Final = (FirstFrame, Applied, WorkerReport)


class ServiceEvent(Message):
    """Something that happened in a service."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SessionStarted(ServiceEvent):
    """A client was given its room; ``size``: width and height of what its model sends."""

    session_id: str
    model: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SessionEnded(ServiceEvent):
    """A session is over; ``seconds`` of video came out of its model."""

    session_id: str
    model: str
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClientRefused(ServiceEvent):
    """A client was not let in."""

    reason: str


@dataclass(frozen=True, slots=True)
class ProcessReport(ServiceEvent):
    """Message of a session's room or worker."""

    process: str
    message: WorkerReport | Lost | Stalled


SERVICE_ANSWERS: Final = (SessionStarted, SessionEnded, ClientRefused, ProcessReport)


class WorkerCommand(Message):
    """A command to a running model worker."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SetStyle(WorkerCommand):
    """Another picture; both None: passed through. The worker answers with Applied."""

    ticket: int
    prompt: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class SetRestamp(WorkerCommand):
    """Turn restamping of output frames with their input's number on or off."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class StallOutput(WorkerCommand):
    """Take frames but send none of them for so long."""

    seconds: float
