"""Messages of the service, its workers and its rooms leave a pipe as they came in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.process.message import Failed, Lost, Message, Stalled, from_json
from g2gbench.secrecy import Unshown
from g2gbench.service.model_faults import ModelFaults
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import (
    SERVICE_ANSWERS,
    WORKER_ANSWERS,
    Applied,
    ClientRefused,
    EmbeddedRoom,
    FirstFrame,
    HostSettings,
    LivekitServerRoom,
    ProcessReport,
    RoomChoice,
    ServicePlan,
    ServiceReady,
    SessionEnded,
    SessionStarted,
    SetRestamp,
    SetStyle,
    StallOutput,
    UrlRoom,
    WorkerCommand,
    WorkerPlan,
    WorkerReady,
    WorkerReport,
    WorkerSettings,
)
from g2gbench.service.room.plan import EmbeddedRoomPlan, LivekitServerPlan, RoomReady
from g2gbench.service.signalling_faults import SignallingFaults

KEY, SECRET, TOKEN = Unshown("a-key-of-it"), Unshown("a-secret-of-it"), Unshown("a-token-for-it")
URL = "wss://rooms.example/?region=eu"
# No field of these has its default.
WORKER = WorkerSettings(
    transform="mirror",
    marker="v1",
    output_size=(640, 360),
    fps=29.97,
    codec="h264",
    max_bitrate_bps=900_000,
    processing=Processing(mean_s=0.04, spread_s=0.01, max_fps=20),
    faults=ModelFaults(
        drop_every=20,
        duplicate_every=21,
        swap_every=22,
        freeze_every=25,
        freeze_s=0.3,
        silent_s=2,
        misstamp_every=26,
        blank_every=27,
    ),
    seed=7,
)
FAULTS = SignallingFaults(
    refuse_key=True,
    queue_s=9,
    acks="never",
    drop_after_s=1.5,
    drop_after_messages=3,
    kill_worker_after_s=5,
    stall_after_s=2.5,
    stall_s=3,
    garbage=("no-json", "huge"),
    garbage_every_s=0.5,
    sessions=2,
)
EMBEDDED = EmbeddedRoom(start_bitrate_kbps=500, playout_delay_ms=(0, 50), host="127.0.0.2")
SERVER = LivekitServerRoom(playout_delay_ms=(10, 20), command="/opt/livekit server")
ROOMS = [
    EmbeddedRoom(),
    EMBEDDED,
    LivekitServerRoom(),
    SERVER,
    UrlRoom(URL, KEY, SECRET),
    UrlRoom(URL, KEY, SECRET, playout_delay_ms=(0, 0)),
]
WORKER_PLAN = WorkerPlan(
    WORKER, URL, TOKEN, gate_subscriptions=True, frame_log=Path("a run/frames.jsonl")
)
EMBEDDED_PLAN = EmbeddedRoomPlan(EMBEDDED, "room-1", KEY, SECRET, port=7000)
SERVER_PLAN = LivekitServerPlan(SERVER, KEY, SECRET)
REPORT = WorkerReport(
    {"received": 9, "superseded": 0},
    {"sent_0.bytes_sent": 2**40, "jitter": 1.0, "muted": True, "qp_sum": None, "codec": "vp8"},
)
# What a parent reads of each process, beside Failed, Lost and Stalled.
KINDS: tuple[type[Message], ...] = (
    RoomReady,
    ServiceReady,
    *SERVICE_ANSWERS,
    WorkerReady,
    *WORKER_ANSWERS,
)
ANSWERS: tuple[Message, ...] = (
    RoomReady(7000),
    RoomReady(7000, 12),
    ServiceReady("ws://127.0.0.1:7001", {"room": 12, "worker": 13}),
    ServiceReady("ws://127.0.0.1:7001", {}),
    SessionStarted("session-1", "a-model", (640, 360)),
    SessionEnded("session-1", "a-model", 12, "client left"),
    ClientRefused("no model 'räuber\nisch' here"),
    ProcessReport("worker", REPORT),
    ProcessReport("room", Lost("the room process ended (signal 9)")),
    ProcessReport("worker", Stalled(2.0, 10**18)),
    WorkerReady("video/VP8"),
    FirstFrame(),
    Applied(3),
    WorkerReport({}),
    REPORT,
)


def _service(room: RoomChoice) -> ServicePlan:
    return ServicePlan("a-model", HostSettings(WORKER, room, Path("logs"), Path("frames")), FAULTS)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.kind)
def test_a_service_is_told_its_model_its_faults_and_its_room_of_every_kind(
    room: RoomChoice,
) -> None:
    plan = _service(room)
    line = plan.to_json()
    told = from_json(line, (ServicePlan,))
    assert told == plan
    assert type(told.host.room) is type(room)
    assert "\n" not in line


def test_a_service_is_told_of_no_faults_and_no_times_unless_they_are_asked_for() -> None:
    usual = WorkerSettings("passthrough", "v2", (320, 192), 30, "vp8", 500_000)
    plan = ServicePlan("a-model", HostSettings(usual))
    told = from_json(plan.to_json(), (ServicePlan,))
    assert told == plan
    assert told.host == HostSettings(
        replace(usual, processing=Processing(), faults=ModelFaults(), seed=1), EmbeddedRoom()
    )
    assert told.faults == SignallingFaults()


@pytest.mark.parametrize("plan", [WORKER_PLAN, EMBEDDED_PLAN, SERVER_PLAN], ids=type)
def test_a_worker_and_a_room_are_told_all_that_stands_in_their_plan(plan: Message) -> None:
    line = plan.to_json()
    assert from_json(line, (type(plan),)) == plan
    assert "\n" not in line


@pytest.mark.parametrize(
    "plan",
    [_service(UrlRoom(URL, KEY, SECRET)), WORKER_PLAN, EMBEDDED_PLAN, SERVER_PLAN],
    ids=type,
)
def test_a_secret_of_a_plan_is_in_its_line_and_in_no_repr_at_either_end(plan: Message) -> None:
    secrets = [TOKEN] if isinstance(plan, WorkerPlan) else [KEY, SECRET]
    line = plan.to_json()
    told = from_json(line, (type(plan),))
    for secret in secrets:
        assert f'"{secret:s}"' in line
        assert secret not in repr(plan)
        assert secret not in repr(told)


@pytest.mark.parametrize(
    "command",
    [
        SetStyle(3, "a beach\nat night", "aW1hZ2U="),
        SetStyle(4, None, None),
        SetRestamp(True),
        SetRestamp(False),
        StallOutput(0.5),
    ],
    ids=repr,
)
def test_a_worker_tells_its_commands_apart(command: WorkerCommand) -> None:
    line = command.to_json()
    assert from_json(line, (SetStyle, SetRestamp, StallOutput)) == command
    assert "\n" not in line


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_answer_and_every_event_is_read_as_it_was_sent(kind: type[Message]) -> None:
    answers = [answer for answer in ANSWERS if type(answer) is kind]
    assert answers
    for answer in answers:
        line = answer.to_json()
        told: Message = from_json(line, (*KINDS, Failed, Lost, Stalled))
        assert told == answer
        assert repr(told) == repr(answer)  # 1 is neither 1.0 nor True
        assert "\n" not in line


@pytest.mark.parametrize("wrong", ['"hologram"', "null", "3"])
def test_a_room_of_a_kind_that_there_is_not_is_refused(wrong: str) -> None:
    line = _service(EmbeddedRoom()).to_json().replace('"embedded"', wrong)
    with pytest.raises(ValueError, match=r"^ServicePlan: .*room"):
        from_json(line, (ServicePlan,))
