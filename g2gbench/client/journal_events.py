"""What of a realtime session's events a trial's journal keeps, and under which names. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from g2gbench.measure.records import Scalar
from g2gbench.realtime import events

PHASES: Mapping[str, str] = {
    "websocket": "websocket",
    "room_info": "room_info",
    "livekit_connect": "room",
    "livekit_publish": "publish",
    "subscribe": "subscribe",
}
"""The session's phases that a journal calls reached when they end, by their names there."""


def detail(event: events.Event) -> tuple[str, dict[str, Scalar]] | None:
    """Name and facts of what is kept; None for what is not."""
    if isinstance(event, events.PhaseTiming):
        if event.success and event.phase in PHASES:
            return None  # it is reached
        if event.success:
            return "initial_state_ack", {"phase": event.phase, "duration_ms": event.duration_ms}
        return "phase_failed", {"phase": event.phase, "error": event.error}
    if isinstance(event, events.StateChanged):
        return "state", {"state": event.state.value, "previous": event.previous.value}
    if isinstance(event, events.ErrorRaised):
        return "service_error", {"error": str(event.error), "code": event.error.code.value}
    if isinstance(event, events.QueuePosition):
        return "queue_position", {"position": event.position, "size": event.queue_size}
    if isinstance(event, events.GenerationStarted):
        return "generation_started", {}
    if isinstance(event, events.GenerationEnded):
        return "generation_ended", {"seconds": event.seconds, "reason": event.reason}
    if isinstance(event, events.Reconnect):
        return "reconnect", {
            "attempt": event.attempt,
            "duration_ms": event.duration_ms,
            "success": event.success,
            "error": event.error,
        }
    return _of_media(event)


def _of_media(event: events.Event) -> tuple[str, dict[str, Scalar]] | None:
    if isinstance(event, events.RoomChanged):
        return f"room_{event.change}", {}
    if isinstance(event, events.RemoteStreamChanged):
        return "remote_stream", {"sid": event.stream.track.sid}
    if isinstance(event, events.VideoStall):
        return "video_stall", {"stalled": event.stalled, "duration_ms": event.duration_ms}
    if isinstance(event, events.TransportChanged):
        return "transport", {"part": event.part, "state": event.state}
    if isinstance(event, events.SelectedCandidatePair):
        return "candidate_pair", {
            "local_type": event.local_type,
            "remote_type": event.remote_type,
            "protocol": event.protocol,
        }
    if isinstance(event, events.StatsFailed):
        return "stats_failed", {"error": event.reason}
    return None
