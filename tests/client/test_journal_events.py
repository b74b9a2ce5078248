"""What of a session's events a journal keeps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from g2gbench.client.journal_events import PHASES, capture_record, detail, seen_record
from g2gbench.marker.examination import Examination
from g2gbench.measure.records import Captured, Seen, Skipped
from g2gbench.media.frames import CapturedFrame, ExaminedFrame, RemoteFrame, SkippedFrame
from g2gbench.quality import Level, Sample, Verdict
from g2gbench.realtime import events
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import ConnectionState

STREAM: Any = SimpleNamespace(sid="TR_1")
LOST = RealtimeError(ErrorCode.WEBRTC_WEBSOCKET_ERROR, "it was closed")


@pytest.mark.parametrize(
    ("event", "name", "facts"),
    [
        (
            events.PhaseTiming(1, "avatar_image", 7.5),
            "initial_state_ack",
            {"phase": "avatar_image", "duration_ms": 7.5},
        ),
        (
            events.PhaseTiming(1, "websocket", 7.5, False, "refused"),
            "phase_failed",
            {"phase": "websocket", "error": "refused"},
        ),
        (
            events.StateChanged(1, ConnectionState.CONNECTED, ConnectionState.CONNECTING),
            "state",
            {"state": "connected", "previous": "connecting"},
        ),
        (
            events.ErrorRaised(1, LOST),
            "service_error",
            {"error": "it was closed", "code": "WEBRTC_WEBSOCKET_ERROR"},
        ),
        (events.QueuePosition(1, 2, 5), "queue_position", {"position": 2, "size": 5}),
        (events.GenerationStarted(1), "generation_started", {}),
        (
            events.GenerationEnded(1, 3.0, "enough"),
            "generation_ended",
            {"seconds": 3.0, "reason": "enough"},
        ),
        (
            events.Reconnect(1, 2, 5, 30.0, False, "no"),
            "reconnect",
            {"attempt": 2, "duration_ms": 30.0, "success": False, "error": "no"},
        ),
        (events.RoomChanged(1, "reconnected"), "room_reconnected", {}),
        (events.RemoteStreamChanged(1, STREAM), "remote_stream", {"sid": "TR_1"}),
        (
            events.VideoStall(1, False, 900.0),
            "video_stall",
            {"stalled": False, "duration_ms": 900.0},
        ),
        (
            events.TransportChanged(1, "ice", "connected"),
            "transport",
            {"part": "ice", "state": "connected"},
        ),
        (
            events.SelectedCandidatePair(1, "host", "relay", "udp"),
            "candidate_pair",
            {"local_type": "host", "remote_type": "relay", "protocol": "udp"},
        ),
        (events.StatsFailed(1, "TimeoutError"), "stats_failed", {"error": "TimeoutError"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else "",
)
def test_it_is_kept_under_a_name_with_its_facts(
    event: events.Event, name: str, facts: dict[str, Any]
) -> None:
    assert detail(event) == (name, facts)


@pytest.mark.parametrize(
    "event",
    [
        *(events.PhaseTiming(1, phase, 5.0) for phase in PHASES),
        events.RtcStats(1, {}),
        events.GenerationTick(1, 1.0),
        events.FirstFrame(1, 5.0, 640, 360),
        events.QualitySample(1, Sample(), Verdict(Level.GOOD)),
        events.SessionStarted(1, "s", "token"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_kept_otherwise_or_not_at_all_is_no_event(event: events.Event) -> None:
    assert detail(event) is None


def test_frames_are_journalled_as_they_were_captured_skipped_and_seen() -> None:
    captured = CapturedFrame(7, 1007, 70, 71, accepted=False)
    assert capture_record(captured) == Captured(7, 1007, 70, 71, accepted=False)
    assert capture_record(SkippedFrame(8, 80)) == Skipped(8, 80)
    frame = RemoteFrame(np.zeros((36, 64), np.uint8), 90, witness=7, rtp_timestamp=3000)
    examined = ExaminedFrame(frame, Examination(1007, "ok"), 91)
    assert seen_record(examined) == Seen(
        received_ns=90,
        read_ns=91,
        seq=1007,
        reading="ok",
        width=64,
        height=36,
        witness=7,
        rtp_timestamp=3000,
    )
