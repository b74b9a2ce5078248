"""The realtime service's client in Python, named as the service's SDKs name things.

docs/realtime.md says what is here of what those SDKs have.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from g2gbench.media.frames import LocalFrame, RemoteFrame
    from g2gbench.realtime.client import RealtimeClient, create_local_video_stream
    from g2gbench.realtime.errors import ErrorCode, RealtimeError
    from g2gbench.realtime.events import (
        ConnectionState,
        Diagnostic,
        ErrorRaised,
        Event,
        FirstFrame,
        GenerationEnded,
        GenerationStarted,
        GenerationTick,
        PhaseTiming,
        PublishStats,
        QualityChanged,
        QualitySample,
        QueuePosition,
        Reconnect,
        RemoteStreamChanged,
        RoomChanged,
        RtcStats,
        SelectedCandidatePair,
        SessionStarted,
        StateChanged,
        StatsFailed,
        TransportChanged,
        VideoStall,
    )
    from g2gbench.realtime.http import EphemeralKey
    from g2gbench.realtime.options import (
        ConnectOptions,
        FacingMode,
        InitialPrompt,
        MirrorMode,
        RealtimeModel,
        Resolution,
        VideoConfig,
    )
    from g2gbench.realtime.session import Session
    from g2gbench.realtime.streams import LocalStream, RemoteStream
    from g2gbench.realtime.viewer import Viewer

__all__ = [
    "ConnectOptions",
    "ConnectionState",
    "Diagnostic",
    "EphemeralKey",
    "ErrorCode",
    "ErrorRaised",
    "Event",
    "FacingMode",
    "FirstFrame",
    "GenerationEnded",
    "GenerationStarted",
    "GenerationTick",
    "InitialPrompt",
    "LocalFrame",
    "LocalStream",
    "MirrorMode",
    "PhaseTiming",
    "PublishStats",
    "QualityChanged",
    "QualitySample",
    "QueuePosition",
    "RealtimeClient",
    "RealtimeError",
    "RealtimeModel",
    "Reconnect",
    "RemoteFrame",
    "RemoteStream",
    "RemoteStreamChanged",
    "Resolution",
    "RoomChanged",
    "RtcStats",
    "SelectedCandidatePair",
    "Session",
    "SessionStarted",
    "StateChanged",
    "StatsFailed",
    "TransportChanged",
    "VideoConfig",
    "VideoStall",
    "Viewer",
    "create_local_video_stream",
]

# Loaded when first used: who needs the protocol's words alone need not wait for the LiveKit SDK.
_HOMES = {
    "client": (
        "RealtimeClient",
        "create_local_video_stream",
    ),
    "errors": (
        "ErrorCode",
        "RealtimeError",
    ),
    "events": (
        "ConnectionState",
        "Diagnostic",
        "ErrorRaised",
        "Event",
        "FirstFrame",
        "GenerationEnded",
        "GenerationStarted",
        "GenerationTick",
        "PhaseTiming",
        "PublishStats",
        "QualityChanged",
        "QualitySample",
        "QueuePosition",
        "Reconnect",
        "RemoteStreamChanged",
        "RoomChanged",
        "RtcStats",
        "SelectedCandidatePair",
        "SessionStarted",
        "StateChanged",
        "StatsFailed",
        "TransportChanged",
        "VideoStall",
    ),
    "http": ("EphemeralKey",),
    "options": (
        "ConnectOptions",
        "FacingMode",
        "InitialPrompt",
        "MirrorMode",
        "RealtimeModel",
        "Resolution",
        "VideoConfig",
    ),
    "session": ("Session",),
    "streams": (
        "LocalFrame",
        "LocalStream",
        "RemoteFrame",
        "RemoteStream",
    ),
    "viewer": ("Viewer",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
