"""``g2gbench serve`` as a process: what it says, whom it serves, and that nothing of it remains."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from websockets.sync.client import ClientConnection, connect

from g2gbench.cli.serve import (
    KEY_VARIABLE,
    ROOM_VARIABLES,
    ServeOptions,
    _room,
    _settings,
    _started,
    serve_command,
)
from g2gbench.cli.served import ServiceOutput, Stopping
from g2gbench.errors import ExitCode, G2GBenchError, InputError
from g2gbench.process.message import Lost, Stalled
from g2gbench.process.spawn import ChildLost
from g2gbench.realtime.stun import StunServer, gather
from g2gbench.secrecy import Unshown
from g2gbench.service.app import Service, ServiceSettings
from g2gbench.service.models import KNOWN
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import (
    SERVICE_ANSWERS,
    ClientRefused,
    EmbeddedRoom,
    LivekitServerRoom,
    ProcessReport,
    ServiceEvent,
    SessionEnded,
    SessionStarted,
    UrlRoom,
    WorkerReport,
)
from g2gbench.service.room import livekit_server
from g2gbench.service.room.unavailable import RoomUnavailable
from tests.cli.serving import END_S, command, serve

ROOT = Path(__file__).parents[2]
LONG_S = 30.0
SECRET = "sk-a-very-secret-key"


def _hear(client: ClientConnection) -> dict[str, Any]:
    message = json.loads(client.recv(LONG_S))
    assert isinstance(message, dict)
    return message


def _join(client: ClientConnection) -> dict[str, Any]:
    client.send(json.dumps({"type": "livekit_join"}))
    info = _hear(client)
    assert info["type"] == "livekit_room_info"
    return info


@pytest.mark.integration
def test_it_says_what_to_connect_to_and_ends_at_sigterm_with_all_its_children() -> None:
    with serve() as served:
        ws, http = served.base, served.base.replace("ws", "http", 1)
        assert served.lines[:5] == [
            f"serving {', '.join(KNOWN)} at {ws}/v1/stream?api_key=KEY&model=…",
            f"base URLs for an SDK: {ws} and {http}",
            f'Python:     DecartClient(api_key=…, base_url="{http}", realtime_base_url="{ws}")',
            f'JavaScript: createDecartClient({{apiKey: …, baseUrl: "{http}", '
            f'realtimeBaseUrl: "{ws}", telemetry: false}})',
            "rooms: embedded, one a session; sessions at once: 1; keys: any",
        ]
        assert served.ended_by(signal.SIGTERM) == (0, [])


@pytest.mark.integration
def test_ctrl_c_ends_it_too_and_tells_the_client_that_is_there_and_a_line_each() -> None:
    with serve("--queue", "1", "--queue-seconds", "0", "--model", "lucy-2.5") as served:
        with served.client("api_key=mine&model=lucy-2.1") as refused:
            assert _hear(refused)["error"] == "no model 'lucy-2.1' here; this service runs lucy-2.5"
        refusal = "no model 'lucy-2.1' here; this service runs lucy-2.5"
        assert served.line() == f"a client was refused: {refusal}"
        with served.client("api_key=mine&model=lucy-2.5") as client:
            client.send(json.dumps({"type": "livekit_join"}))
            queued = {"type": "queue_position", "position": 1, "queue_size": 1}
            assert _hear(client) == queued
            info = _hear(client)
            session = info["session_id"]
            assert served.line() == f"session {session} started: lucy-2.5, 1280x720"
            assert served.ended_by(signal.SIGINT) == (0, [])
            ended = {"type": "generation_ended", "seconds": 0, "reason": "shutdown"}
            assert _hear(client) == ended
        assert served.line() == f"session {session} ended after 0 s of video: shutdown"


@pytest.mark.slow
@pytest.mark.integration
def test_it_goes_on_and_ends_in_time_when_nobody_reads_what_it_says() -> None:
    with serve("--sessions", "3") as served:  # one is perhaps not yet known to have left
        assert served.process.stdout is not None
        served.process.stdout.close()
        for _ in range(2):
            with served.client("api_key=any&model=lucy-2.1") as client:
                _join(client)
        with served.client("api_key=any&model=none") as refused:
            assert _hear(refused)["type"] == "error"
        with served.client("api_key=any&model=lucy-2.1") as client:
            _join(client)
            assert served.ended_by(signal.SIGTERM) == (0, [])


@pytest.mark.slow
@pytest.mark.integration
def test_a_key_of_the_environment_is_asked_for_and_never_said() -> None:
    with serve(**{KEY_VARIABLE: SECRET}) as served:
        assert served.lines[4].endswith("keys: 1")
        with served.client("api_key=yours&model=lucy-2.1") as refused:
            assert _hear(refused) == {"type": "error", "error": "Invalid API key"}
        with served.client(f"api_key={SECRET}&model=lucy-2.1") as client:
            _join(client)
        assert served.ended_by(signal.SIGTERM) == (0, [])
        assert served.process.stdout is not None
        assert SECRET not in "\n".join([*served.lines, served.process.stdout.read()])


@pytest.mark.slow
@pytest.mark.integration
def test_faults_are_asked_for_at_a_port_of_their_own() -> None:
    with serve("--admin-port", "0") as served:
        admin = served.line().removeprefix("admin: ")
        assert not admin.startswith(served.base.replace("ws", "http", 1))
        with urllib.request.urlopen(admin, timeout=LONG_S) as answer:
            assert json.load(answer)["sessions"] == []
        request = urllib.request.Request(
            admin.replace("state", "faults"),
            data=b'{"refuse_key": true}',
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=LONG_S) as answer:
            assert answer.status == 200
        with served.client("api_key=any&model=lucy-2.1") as refused:
            assert _hear(refused)["error"] == "Invalid API key"
        assert served.ended_by(signal.SIGTERM) == (0, [])


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_port_that_is_taken_is_bad_input_in_a_sentence(option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command("--port", "0", option, str(port)),
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == ExitCode.BAD_INPUT
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"error: {option} {port}: ")
    assert last.endswith("; choose another one")
    assert "Traceback" not in done.stderr


# -- what the options ask for


def _asked(*options: str, **environment: str) -> ServiceSettings:
    context = serve_command.make_context("serve", list(options))
    return _settings(ServeOptions(**context.params), environment)


def test_without_options_all_models_are_served_to_any_key_in_an_embedded_room() -> None:
    settings = _asked()
    assert settings.models == KNOWN
    assert settings.keys is None
    assert isinstance(settings.host.room, EmbeddedRoom)
    assert settings.host.worker.output_size == (1088, 624)
    assert (settings.seats, settings.waiting, settings.restamp) == (1, 0, "auto")
    assert settings.rules.longest_s is None


def test_models_can_be_restricted_and_the_first_is_the_one_made_ready() -> None:
    settings = _asked("--model", "lucy-restyle-2", "--model", "lucy-2.1", "--key", "a")
    assert list(settings.models) == ["lucy-restyle-2", "lucy-2.1"]
    assert settings.host.worker.output_size == (1280, 704)
    assert settings.keys == ("a",)


def test_all_pictures_may_have_another_size_at_the_models_own_rate() -> None:
    settings = _asked("--output-size", "640x360")
    assert {(one.width, one.height) for one in settings.models.values()} == {(640, 360)}
    assert [one.fps for one in settings.models.values()] == [one.fps for one in KNOWN.values()]
    assert settings.host.worker.output_size == (640, 360)
    with pytest.raises(InputError, match=r"--output-size 641x3: .*both even"):
        _asked("--output-size", "641x3")


def test_queue_seats_limits_and_times_are_taken() -> None:
    settings = _asked(
        *("--queue", "3", "--queue-seconds", "0.5", "--sessions", "2", "--waiting", "4"),
        *("--max-session-seconds", "60", "--restamp", "always", "--processing-ms", "40"),
    )
    rules = settings.rules
    assert (rules.queue, rules.place_s, rules.longest_s) == (3, 0.5, 60)
    assert (settings.seats, settings.waiting, settings.restamp) == (2, 4, "always")
    assert settings.host.worker.processing == Processing(mean_s=0.04)


def test_a_room_may_be_on_a_server_whose_keys_are_in_the_environment() -> None:
    keys = {ROOM_VARIABLES[0]: "key", ROOM_VARIABLES[1]: SECRET}
    there = {livekit_server.COMMAND_VARIABLE: sys.executable}
    assert _asked("--room", "livekit-server", **there).host.room == LivekitServerRoom()
    elsewhere = _asked("--room", "wss://x.example", **keys).host.room
    assert elsewhere == UrlRoom("wss://x.example", Unshown("key"), Unshown(SECRET))
    assert SECRET not in repr(elsewhere)
    for missing in ROOM_VARIABLES:
        left = {name: value for name, value in keys.items() if name != missing}
        with pytest.raises(InputError, match=r"\$LIVEKIT_API_KEY and \$LIVEKIT_API_SECRET"):
            _asked("--room", "wss://x.example", **left)
    with pytest.raises(InputError, match="embedded, livekit-server, and a URL"):
        _asked("--room", "livekit")


def test_a_livekit_server_that_is_not_there_is_told_before_anything_starts() -> None:
    with pytest.raises(InputError, match=r"--room livekit-server: there is none here: put "):
        _asked("--room", "livekit-server", PATH="/nowhere")


@pytest.mark.parametrize("host", ["0.0.0.0", "::1", "bench.example", "224.0.0.1", "192.0.2.1", ""])
def test_what_is_no_address_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(InputError, match=f"--host {host}: .*an IPv4 address of this machine"):
        _asked("--host", host)


def test_another_address_is_that_of_the_rooms_too_but_of_no_livekit_server_of_ours() -> None:
    settings = _asked("--host", "127.0.0.2")
    room = settings.host.room
    assert isinstance(room, EmbeddedRoom)
    assert settings.address == room.host == "127.0.0.2"
    assert _asked("--host", "localhost").address == "127.0.0.1"
    with pytest.raises(InputError, match="give its URL to --room"):
        _room("livekit-server", "192.0.2.1", {})


class Unavailable:
    """Stands for a service whose room or worker does not come up."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def start(self, *, room_needed: bool = False) -> int:
        assert room_needed
        raise self.error


@pytest.mark.parametrize(
    ("error", "room", "code", "words"),
    [
        (RoomUnavailable("no"), "wss://me:pw@x.example/?t=1", 4, "--room wss://x.example/: no"),
        (RoomUnavailable("no"), "embedded", 5, "--room embedded: no"),
        (ChildLost("the room ended"), "embedded", 5, "nothing can be served: the room ended"),
        (OSError(errno.EADDRINUSE, "x"), "embedded", 2, "--port 8765: "),
    ],
)
async def test_what_cannot_be_had_is_told_before_the_first_client(
    error: Exception, room: str, code: int, words: str
) -> None:
    keys = {ROOM_VARIABLES[0]: "key", ROOM_VARIABLES[1]: SECRET}
    settings = _asked("--room", room, **keys)
    with pytest.raises(G2GBenchError, match=re.escape(words)) as refused:
        await _started(cast(Service, Unavailable(error)), settings)
    assert refused.value.exit_code == code


@pytest.mark.slow
@pytest.mark.integration
def test_a_room_where_nobody_is_ends_it_at_once() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        room = f"ws://127.0.0.1:{nobody.getsockname()[1]}"
        done = subprocess.run(
            command("--port", "0", "--room", room),
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), **dict.fromkeys(ROOM_VARIABLES, SECRET)},
        )
    assert (done.returncode, done.stdout) == (ExitCode.UNREACHABLE, "")
    assert f"error: --room {room}: the LiveKit server could not be reached" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_in_json_each_thing_that_happens_is_a_line_and_the_address_comes_first() -> None:
    with subprocess.Popen(
        command("--port", "0", "--admin-port", "0", "--json", "--host", "127.0.0.2"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        serving = json.loads(process.stdout.readline())
        assert serving["event"] == "serving"
        assert serving["url"].startswith("ws://127.0.0.2:")
        assert serving["http_url"] == serving["url"].replace("ws", "http", 1)
        assert serving["admin_url"].startswith("http://127.0.0.1:")
        with connect(f"{serving['url']}/v1/stream?api_key=a&model=lucy-2.1", proxy=None) as client:
            assert _join(client)["livekit_url"].startswith("ws://127.0.0.2:")
        process.send_signal(signal.SIGTERM)
        said = [json.loads(line)["event"] for line in process.stdout]
        assert process.wait(END_S) == 0
    assert said[0] == "session_started"
    assert {"session_ended", "stopping"} == set(said[1:])


def test_what_is_said_is_the_same_in_words_and_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    happened: list[ServiceEvent] = [
        SessionStarted("s", "m", (4, 2)),
        SessionEnded("s", "m", 3, "left"),
        ClientRefused("no model"),
        ProcessReport("room", Lost("the room process ended")),
        Stopping(),
        ProcessReport("worker", WorkerReport({"sent": 1})),
        ProcessReport("worker", Stalled(0.5, 9)),
    ]
    assert {type(event) for event in happened} == {*SERVICE_ANSWERS, Stopping}
    for as_json in (False, True):
        for event in happened:
            ServiceOutput(as_json=as_json).happened(event)
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["the room process ended", "stopping"]
    lines = captured.out.splitlines()
    assert lines[:3] == [
        "session s started: m, 4x2",
        "session s ended after 3 s of video: left",
        "a client was refused: no model",
    ]
    assert lines[3:] == [
        '{"event": "session_started", "session_id": "s", "model": "m", "size": [4, 2]}',
        '{"event": "session_ended", "session_id": "s", "model": "m", "seconds": 3, '
        '"reason": "left"}',
        '{"event": "client_refused", "reason": "no model"}',
        '{"event": "process_lost", "process": "room", "reason": "the room process ended"}',
        '{"event": "stopping"}',
    ]


def test_the_help_names_the_variables_and_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    said = CliRunner().invoke(serve_command, ["--help"]).output
    for name in (KEY_VARIABLE, *ROOM_VARIABLES):
        assert name in said
    assert SECRET not in said


@pytest.mark.slow
@pytest.mark.integration
def test_a_stun_server_answers_beside_it_also_where_its_port_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        with serve("--port", str(taken)) as served:
            said = served.lines[5]
            assert said.startswith("STUN: stun:127.0.0.1:")
            assert not said.endswith(f":{taken}")
            server = StunServer.parse(said.removeprefix("STUN: "))
            assert asyncio.run(gather([server])).transport == "udp"
