"""Events of a realtime session. Pure.

Every event says when: ``at_ns``, nanoseconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from g2gbench.realtime.errors import RealtimeError

if TYPE_CHECKING:
    from g2gbench.quality import Sample, Verdict
    from g2gbench.realtime.streams import RemoteStream


class ConnectionState(StrEnum):
    """State of a session; ``generating`` lasts until the connection is lost or left."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    GENERATING = "generating"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class StateChanged(Event):
    """The session is in another state."""

    state: ConnectionState
    previous: ConnectionState


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    """The service has named the session; again after each reconnect."""

    session_id: str
    subscribe_token: str


@dataclass(frozen=True, slots=True)
class RemoteStreamChanged(Event):
    """A new remote stream: the first, and one after each reconnect."""

    stream: RemoteStream


@dataclass(frozen=True, slots=True)
class ErrorRaised(Event):
    """Something went wrong; whether the session goes on, its state says."""

    error: RealtimeError


@dataclass(frozen=True, slots=True)
class QueuePosition(Event):
    """The service has no slot yet."""

    position: int
    queue_size: int


@dataclass(frozen=True, slots=True)
class GenerationStarted(Event):
    """The model has begun."""


@dataclass(frozen=True, slots=True)
class GenerationTick(Event):
    """So many seconds were generated; about one a second."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GenerationEnded(Event):
    """The model has ended, after so many seconds and for this reason."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class QualityChanged(Event):
    """The connection quality has another level, or its warm-up is over."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PublishStats(Event):
    """Bytes and frames that the local track sent: since the start, and since the last event.

    A value that the statistics do not tell is None.
    """

    bytes_sent: int
    delta_bytes: int
    frames_encoded: int
    delta_frames: int
    frame_width: int | None
    frame_height: int | None
    encoder_implementation: str | None
    quality_limitation_reason: str | None


@dataclass(frozen=True, slots=True)
class Diagnostic(Event):
    """Something for whoever looks for a cause."""


@dataclass(frozen=True, slots=True)
class PhaseTiming(Diagnostic):
    """A phase of connecting ended, after ``duration_ms``.

    ``websocket``, ``room_info``, ``livekit_connect``, ``avatar_image`` or ``initial_prompt`` (until
    the ack of the initial state), ``livekit_publish``, ``subscribe`` (from published to the remote
    track).
    """

    phase: str
    duration_ms: float
    success: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class FirstFrame(Diagnostic):
    """The first remote frame after a connect or reconnect; the size in pixels."""

    time_since_connect_ms: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reconnect(Diagnostic):
    """An attempt to connect again ended, ``duration_ms`` after it began."""

    attempt: int
    max_attempts: int
    duration_ms: float
    success: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class VideoStall(Diagnostic):
    """Remote video stands still (below 0.5 fps), or moves again after ``duration_ms``."""

    stalled: bool
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class RoomChanged(Diagnostic):
    """The room's own connection: ``reconnecting``, ``reconnected``, ``local_track_republished``."""

    change: str


@dataclass(frozen=True, slots=True)
class TransportChanged(Diagnostic):
    """ICE or DTLS of the media transport has another state; ``part`` is ``ice`` or ``dtls``."""

    part: str
    state: str


@dataclass(frozen=True, slots=True)
class SelectedCandidatePair(Diagnostic):
    """The pair that carries the media: types ``host``, ``srflx``, ``prflx`` or ``relay``."""

    local_type: str
    remote_type: str
    protocol: str


@dataclass(frozen=True, slots=True)
class QualitySample(Diagnostic):
    """Values of the last second, and the verdict that holds after it."""

    sample: Sample
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RtcStats(Diagnostic):
    """The WebRTC statistics, once a second: ``part.member`` -> value, W3C units."""

    values: Mapping[str, str | int | float | bool | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StatsFailed(Diagnostic):
    """The statistics could not be had this time."""

    reason: str
