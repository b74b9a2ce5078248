"""From what a session reports to the records that a trial's journal keeps. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from g2gbench.measure.records import Captured, Scalar, Seen, Skipped
from g2gbench.media.frames import CapturedFrame, CaptureEvent, ExaminedFrame
from g2gbench.realtime import events

PHASES: Mapping[str, str] = {
    "websocket": "websocket",
    "room_info": "room_info",
    "livekit_connect": "room",
    "livekit_publish": "publish",
    "subscribe": "subscribe",
}
"""The session's phases that a journal calls reached when they end, by their names there."""


def capture_record(event: CaptureEvent) -> Captured | Skipped:
    """The record of a frame that was captured, or skipped."""
    if isinstance(event, CapturedFrame):
        return Captured(
            event.frame_id, event.marker_value, event.due_ns, event.captured_ns, event.accepted
        )
    return Skipped(event.frame_id, event.due_ns)


def seen_record(examined: ExaminedFrame) -> Seen:
    """The record of a remote frame."""
    frame, found = examined.frame, examined.found
    height, width = frame.luma.shape
    return Seen(
        received_ns=frame.received_ns,
        read_ns=examined.read_ns,
        seq=found.number,
        reading=found.reading,
        width=width,
        height=height,
        witness=frame.witness,
        rtp_timestamp=frame.rtp_timestamp,
    )


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
        return "remote_stream", {"sid": event.stream.sid}
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
