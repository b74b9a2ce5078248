"""The client's edge where there is no room to be had: refusals, time limits, secrets."""

from __future__ import annotations

import asyncio
import http
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp.web
import pytest
import websockets.asyncio.server
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from g2gbench import realtime
from g2gbench.errors import ExitCode
from g2gbench.realtime import (
    ConnectionState,
    ConnectOptions,
    ErrorCode,
    InitialPrompt,
    MirrorMode,
    RealtimeClient,
    RealtimeError,
    RealtimeModel,
    VideoConfig,
    create_local_video_stream,
    protocol,
)
from g2gbench.realtime.options import FacingMode
from g2gbench.sources import SyntheticSource
from tests.realtime.foreign import USER_KEY, ForeignService, foreign_service

MODEL = RealtimeModel("foreign-model", 320, 192, 30)
ASKED = ConnectOptions(model=MODEL, publish_camera=False)


@pytest.fixture
async def service() -> AsyncIterator[ForeignService]:
    async with foreign_service() as running:
        yield running


async def _refused(client: RealtimeClient, options: ConnectOptions = ASKED) -> RealtimeError:
    with pytest.raises(RealtimeError) as refused:
        await client.connect(options)
    return refused.value


async def _scripted(script: Callable[[ServerConnection], Awaitable[None]]) -> RealtimeError:
    """How a client fares that meets this script."""
    async with (
        websockets.asyncio.server.serve(script, "127.0.0.1", 0) as server,
        RealtimeClient(USER_KEY, base_url=f"ws://127.0.0.1:{_port(server)}") as client,
    ):
        return await _refused(client)


def _port(server: websockets.asyncio.server.Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


# -- what is refused before anything is sent


def test_a_client_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DECART_API_KEY", raising=False)
    with pytest.raises(RealtimeError, match="no API key: give api_key or set DECART_API_KEY") as no:
        RealtimeClient()
    assert no.value.code is ErrorCode.INVALID_API_KEY
    monkeypatch.setenv("DECART_API_KEY", "from the environment")
    assert RealtimeClient().base_url == protocol.BASE_URL


@pytest.mark.parametrize(
    ("base_url", "http_base_url", "words"),
    [
        ("http://host", None, "base_url is 'http://host'; allowed: ws://… or wss://…"),
        ("ws://", None, "base_url is 'ws://'"),
        ("ws://host", "ws://host", "http_base_url is 'ws://host'; allowed: http://… or https://…"),
    ],
)
def test_addresses_are_checked(base_url: str, http_base_url: str | None, words: str) -> None:
    with pytest.raises(RealtimeError) as refused:
        RealtimeClient("k", base_url=base_url, http_base_url=http_base_url)
    assert words in str(refused.value)


def test_the_http_routes_are_on_the_same_host_unless_told_otherwise() -> None:
    assert RealtimeClient("k", base_url="wss://h:1/").http_base_url == "https://h:1"
    assert RealtimeClient("k", base_url="ws://h").http_base_url == "http://h"
    told = RealtimeClient("k", base_url="ws://h", http_base_url="https://other/")
    assert told.http_base_url == "https://other"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: InitialPrompt(""), "an initial prompt needs a text"),
        (lambda: VideoConfig("mpeg2"), "preferred_codec is 'mpeg2'; allowed: vp8, h264"),
        (lambda: VideoConfig(max_bitrate=0), "max_bitrate is 0; allowed: above 0"),
        (lambda: RealtimeModel.named("lucy-0"), "'lucy-0' is no known model; known: lucy-2.1"),
    ],
)
def test_options_are_checked(make: Callable[[], object], words: str) -> None:
    with pytest.raises(RealtimeError) as refused:
        make()
    assert words in str(refused.value)
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert refused.value.exit_code is ExitCode.BAD_INPUT


async def test_a_model_of_unknown_size_needs_a_stream_or_its_size(service: ForeignService) -> None:
    async with RealtimeClient(USER_KEY, base_url=service.url) as client:
        error = await _refused(client, ConnectOptions(model="lucy-0"))
    assert "give RealtimeModel(name, width, height, fps)" in str(error)
    assert service.queries == []


async def test_a_stream_without_a_marker_cannot_be_measured(service: ForeignService) -> None:
    async with RealtimeClient(USER_KEY, base_url=service.url) as client:
        local = client.create_local_video_stream(MODEL)
        with pytest.raises(RealtimeError, match="debug_quality=True"):
            await client.connect(ConnectOptions(model=MODEL, debug_quality=True), local)
        local.dispose()


async def test_a_local_stream_needs_a_size_or_a_source() -> None:
    with pytest.raises(RealtimeError, match="give a model, or a source"):
        create_local_video_stream()
    sized = create_local_video_stream("lucy-restyle-2")
    assert (sized.width, sized.height, sized.fps) == (1280, 704, 30)
    own = create_local_video_stream(source=SyntheticSource("flat", 64, 32, 25, 1))
    assert (own.width, own.height, own.fps) == (64, 32, 25)


@pytest.mark.parametrize(
    ("mirror", "facing", "flipped"),
    [
        (MirrorMode.OFF, FacingMode.FRONT, False),
        (MirrorMode.ON, FacingMode.BACK, True),
        (MirrorMode.AUTO, FacingMode.FRONT, True),
        (MirrorMode.AUTO, FacingMode.BACK, False),
    ],
)
async def test_the_mirror_flips_the_picture_once_and_before_the_stamp(
    mirror: MirrorMode, facing: FacingMode, flipped: bool
) -> None:
    import numpy as np

    from g2gbench import marker

    source = SyntheticSource("talking-head", 320, 192, 30, 1)
    stream = create_local_video_stream(None, facing, mirror, source=source, debug_quality=True)
    try:
        frame = await asyncio.wait_for(anext(stream.frames()), 30)
    finally:
        stream.dispose()
    luma = np.frombuffer(frame.i420, np.uint8, 320 * 192).reshape(192, 320)
    assert marker.get("v1").examine(luma, sent_size=(320, 192)).number == stream.first_number
    plain = bytearray(source.frame_size)
    source.render(0, plain)
    expected = source.luma(plain)[:64]  # the marker is in the lower half
    assert np.array_equal(luma[:64], expected[:, ::-1] if flipped else expected)


async def test_a_released_client_does_nothing_more(service: ForeignService) -> None:
    client = RealtimeClient(USER_KEY, base_url=service.url)
    await client.release()
    await client.aclose()
    for attempt in (client.connect(ASKED), client.watch("x"), client.create_token()):
        with pytest.raises(RealtimeError, match="was released"):
            await attempt


# -- refusals and losses


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, ErrorCode.INVALID_API_KEY), (503, ErrorCode.WEBRTC_WEBSOCKET_ERROR)],
)
async def test_a_status_in_place_of_a_socket_is_a_refusal(status: int, code: ErrorCode) -> None:
    async def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(http.HTTPStatus(status), "no\n")

    async def never(_: ServerConnection) -> None:
        raise AssertionError

    async with (
        websockets.asyncio.server.serve(never, "127.0.0.1", 0, process_request=refuse) as server,
        RealtimeClient(USER_KEY, base_url=f"ws://127.0.0.1:{_port(server)}") as client,
    ):
        error = await _refused(client)
    assert error.code is code
    assert f"HTTP status {status}" in str(error)


async def test_nobody_there_is_told_without_the_address() -> None:
    async with RealtimeClient(USER_KEY, base_url="ws://127.0.0.1:9") as client:
        error = await _refused(client)
    assert error.code is ErrorCode.WEBRTC_WEBSOCKET_ERROR
    assert error.exit_code is ExitCode.UNREACHABLE
    assert "could not be reached" in str(error)


async def test_something_else_at_the_address_is_told() -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, RealtimeClient(USER_KEY, base_url=f"ws://127.0.0.1:{port}") as client:
        error = await _refused(client)
    assert "could not be reached: InvalidMessage" in str(error)


async def test_a_socket_closed_with_a_reason_tells_it() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.close(1008, "permission denied")

    error = await _scripted(script)
    assert "closed: permission denied" in str(error)
    assert error.permanent


async def test_an_error_message_is_the_services_words() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "error", "error": "Invalid API key"}))
        await socket.wait_closed()

    error = await _scripted(script)
    assert error.code is ErrorCode.INVALID_API_KEY
    assert "Invalid API key" in str(error)


@pytest.mark.session
async def test_a_room_that_cannot_be_joined_is_told_without_its_token(
    service: ForeignService,
) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        room = {
            "type": "livekit_room_info",
            "livekit_url": "ws://127.0.0.1:9",
            "token": "a-hidden-token",
            "room_name": "r",
            "session_id": "s",
        }
        await socket.send(json.dumps(room))
        await socket.wait_closed()

    error = await _scripted(script)
    assert error.code is ErrorCode.WEBRTC_ICE_ERROR
    assert "a-hidden-token" not in "".join(traceback.format_exception(error))


async def test_a_connect_that_is_given_up_frees_everything() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        came.set()
        await socket.wait_closed()
        gone.set()

    states: list[ConnectionState] = []

    def hear(event: realtime.Event) -> None:
        if isinstance(event, realtime.StateChanged):
            states.append(event.state)

    async with (
        websockets.asyncio.server.serve(script, "127.0.0.1", 0) as server,
        RealtimeClient(USER_KEY, base_url=f"ws://127.0.0.1:{_port(server)}") as client,
    ):
        options = ConnectOptions(model=MODEL, publish_camera=False, on_event=hear)
        connecting = asyncio.ensure_future(client.connect(options))
        await came.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await asyncio.wait_for(gone.wait(), 30)
    assert states == [ConnectionState.CONNECTING, ConnectionState.DISCONNECTED]


# -- the HTTP routes


async def test_a_viewer_needs_a_token_of_a_session(service: ForeignService) -> None:
    async with RealtimeClient(USER_KEY, base_url=service.url) as client:
        with pytest.raises(RealtimeError, match="no subscribe token") as refused:
            await client.watch("nonsense")
        assert refused.value.code is ErrorCode.INVALID_INPUT
        with pytest.raises(RealtimeError, match=r"HTTP status 404 \(no such room\)"):
            await client.watch(protocol.subscribe_token("nowhere"))


async def test_a_refusal_that_repeats_the_key_is_told_without_it(service: ForeignService) -> None:
    wrong = "sk-wrong-and-secret"
    async with RealtimeClient(wrong, base_url=service.url) as client:
        with pytest.raises(RealtimeError, match="HTTP status 401") as refused:
            await client.watch(protocol.subscribe_token("nowhere"))
    assert refused.value.code is ErrorCode.INVALID_API_KEY
    assert wrong not in str(refused.value)


@pytest.mark.parametrize("seconds", [0, 3601])
async def test_an_ephemeral_key_lives_a_second_to_an_hour(
    service: ForeignService, seconds: int
) -> None:
    async with RealtimeClient(USER_KEY, base_url=service.url) as client:
        with pytest.raises(RealtimeError, match="allowed: 1 to 3600 seconds"):
            await client.create_token(seconds)


async def test_http_that_fails_is_told_with_the_reason() -> None:
    async with RealtimeClient(USER_KEY, base_url="ws://127.0.0.1:9") as client:
        with pytest.raises(RealtimeError, match="gave no usable answer"):
            await client.create_token()


@pytest.mark.parametrize("body", ["[]", "{}", "no json"])
async def test_an_answer_that_is_none_is_told(body: str) -> None:
    async def answer(_: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.Response(text=body)

    app = aiohttp.web.Application()
    app.add_routes([aiohttp.web.post("/v1/client/tokens", answer)])
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with RealtimeClient(USER_KEY, base_url=url) as client:
            with pytest.raises(RealtimeError, match="answer"):
                await client.create_token()
    finally:
        await runner.cleanup()


# -- secrets


async def test_the_key_is_in_no_log_no_repr_and_no_traceback(
    service: ForeignService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with RealtimeClient(USER_KEY, base_url=service.url) as client:
        service.greeting = [json.dumps({"type": "error", "error": "go away"})]
        error = await _refused(client)
        assert USER_KEY not in repr(client)
        assert USER_KEY not in repr(error)
        assert USER_KEY not in "".join(traceback.format_exception(error))
        key = await client.create_token()
    assert service.queries[0]["api_key"] == USER_KEY  # it was sent
    assert USER_KEY not in caplog.text
    assert key.api_key not in caplog.text
