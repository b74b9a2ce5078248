"""Each fault of the service, and what the client does: the table of docs/realtime.md."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest

from g2gbench import realtime
from g2gbench.realtime import (
    ConnectionState,
    ConnectOptions,
    ErrorCode,
    InitialPrompt,
    RealtimeClient,
    RealtimeError,
    RealtimeModel,
    Session,
    VideoConfig,
    attempt,
    protocol,
)
from g2gbench.realtime.events import Event
from g2gbench.service.signalling_faults import GARBAGE, SignallingFaults
from tests.service.services import KEY, MODEL, SIZE, Running, running

pytestmark = [pytest.mark.integration, pytest.mark.slow]
LONG_S = 60.0
SMALL = RealtimeModel(MODEL, *SIZE, 30)
OPTIONS: dict[str, Any] = {"model": SMALL, "video": VideoConfig(simulcast=False)}
E = TypeVar("E", bound=Event)


@contextlib.asynccontextmanager
async def _faulty(**faults: Any) -> AsyncIterator[tuple[Running, RealtimeClient]]:
    """A service that misbehaves so, and a client of it."""
    settings: dict[str, Any] = {"seats": 2} if faults.pop("two_seats", False) else {}
    async with (
        running(faults=SignallingFaults(**faults), **settings) as service,
        RealtimeClient(KEY, base_url=f"ws://127.0.0.1:{service.port}") as client,
    ):
        yield service, client


async def _first(
    session: Session, kind: type[E], wanted: Callable[[E], bool] = lambda _: True
) -> E:
    """The first event of a kind that is wanted, from the beginning."""
    async with asyncio.timeout(LONG_S):
        async for event in session.events():
            if isinstance(event, kind) and wanted(event):
                return event
    raise AssertionError(f"the session ended without {kind.__name__}")


async def _refused(client: RealtimeClient, **more: Any) -> RealtimeError:
    with pytest.raises(RealtimeError) as refused:
        await asyncio.wait_for(client.connect(ConnectOptions(**OPTIONS, **more)), LONG_S)
    return refused.value


async def _errors(session: Session) -> list[ErrorCode]:
    """The codes of all errors of a session that is left now."""
    await session.disconnect()
    return [e.error.code async for e in session.events() if isinstance(e, realtime.ErrorRaised)]


async def test_refuse_key() -> None:
    async with _faulty(refuse_key=True) as (_, client):
        error = await _refused(client)
    assert error.code is ErrorCode.INVALID_API_KEY
    assert error.permanent
    assert KEY not in str(error)


async def test_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "ROOM_INFO_TIMEOUT_S", 1.0)
    monkeypatch.setitem(attempt._LIMITS_S, "room_info", 1.0)
    async with _faulty(queue_s=3.0) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))
        await session.disconnect()
        positions = [
            e.position async for e in session.events() if isinstance(e, realtime.QueuePosition)
        ]
    assert positions == sorted(positions, reverse=True)
    assert len(positions) >= 3


async def test_acks_never() -> None:
    async with _faulty(acks="never") as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS, publish_camera=False))
        with pytest.raises(RealtimeError, match=r"no ack of the prompt within 0\.5 s") as no_prompt:
            await session.set_prompt("a beach", timeout=0.5)
        with pytest.raises(RealtimeError, match="no ack of the image"):
            await session.set_image(b"\x89PNG", timeout=0.5)
        assert no_prompt.value.code is ErrorCode.WEBRTC_TIMEOUT_ERROR
        assert session.is_connected


async def test_acks_never_while_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PROMPT_TIMEOUT_S", 0.5)
    async with _faulty(acks="never") as (_, client):
        error = await _refused(client, initial_prompt=InitialPrompt("a beach"))
    assert error.code is ErrorCode.WEBRTC_TIMEOUT_ERROR
    assert "no ack of the prompt" in str(error)


async def test_acks_error() -> None:
    async with _faulty(acks="error") as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS, publish_camera=False))
        with pytest.raises(RealtimeError, match="refused the prompt: refused on purpose") as no:
            await session.set_prompt("a beach")
        assert no.value.code is ErrorCode.WEBRTC_SERVER_ERROR
        assert session.is_connected
        await session.disconnect()
        error = await _refused(client, initial_prompt=InitialPrompt("a beach"))
    assert "refused on purpose" in str(error)


async def test_a_prompt_that_nobody_waits_for_fails_without_a_word() -> None:
    async with _faulty(acks="error") as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS, publish_camera=False))
        tasks = [session.set_prompt_async("a beach"), session.set_image_async(None, "a hat")]
        await asyncio.wait(tasks, timeout=LONG_S)
        forgotten = [task.done() for task in tasks]
        with pytest.raises(RealtimeError):
            await tasks[0]
        del tasks  # an error that nobody asked for would be a warning, and a warning an error
        assert forgotten == [True, True]


async def test_drop_after() -> None:
    async with _faulty(drop_after_s=1.0, sessions=1, two_seats=True) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))
        first = await session.wait_for_remote_stream()
        told = await _first(session, realtime.Reconnect)
        assert (told.attempt, told.success) == (1, True)
        again = await session.wait_for_remote_stream()
        assert again is not first
        assert first.ended.is_set()
        await asyncio.wait_for(anext(again.frames()), LONG_S)
        assert session.is_connected
        states = [
            e.state async for e in _until_now(session) if isinstance(e, realtime.StateChanged)
        ]
    assert ConnectionState.RECONNECTING in states


async def _until_now(session: Session) -> AsyncIterator[Event]:
    await session.disconnect()
    async for event in session.events():
        yield event


async def test_drop_after_messages_while_connecting() -> None:
    async with _faulty(drop_after_messages=1) as (_, client):
        error = await _refused(client)
    assert error.code is ErrorCode.WEBRTC_WEBSOCKET_ERROR
    assert "the signalling connection was closed" in str(error)


async def test_drop_after_messages_with_a_prompt_that_waits() -> None:
    async with _faulty(drop_after_messages=3, sessions=1, two_seats=True) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))  # the join, and the passthrough
        with pytest.raises(RealtimeError, match="connection was closed") as lost:
            await session.set_prompt("a beach")
        assert lost.value.code is ErrorCode.WEBRTC_WEBSOCKET_ERROR
        assert session.state is ConnectionState.RECONNECTING
        with pytest.raises(RealtimeError, match="not connected"):
            await session.set_prompt("a beach")
        assert (await _first(session, realtime.Reconnect)).success
        await session.set_prompt("a beach")


@pytest.mark.nightly
async def test_drop_for_good() -> None:
    async with _faulty(drop_after_s=0.3, sessions=None, two_seats=True) as (service, client):
        session = await client.connect(ConnectOptions(**OPTIONS, publish_camera=False))
        await service.service.stop()
        await asyncio.wait_for(session.wait_until_over(), LONG_S)
        assert session.state is ConnectionState.DISCONNECTED
        assert session.error is not None
        attempts = [e async for e in session.events() if isinstance(e, realtime.Reconnect)]
    assert [a.attempt for a in attempts if not a.success][-1] == 5


async def test_kill_worker_after() -> None:
    async with _faulty(kill_worker_after_s=1.5, sessions=1, two_seats=True) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))
        first = await session.wait_for_remote_stream()
        await asyncio.wait_for(anext(first.frames()), LONG_S)
        assert (await _first(session, realtime.Reconnect)).success
        again = await session.wait_for_remote_stream()
        await asyncio.wait_for(anext(again.frames()), LONG_S)
        assert ErrorCode.WEBRTC_SERVER_ERROR in await _errors(session)


async def test_stall_after() -> None:
    async with _faulty(stall_after_s=2.0, stall_s=3.0) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))
        began = await _first(session, realtime.VideoStall, lambda e: e.stalled)
        ended = await _first(session, realtime.VideoStall, lambda e: not e.stalled)
        assert ended.at_ns > began.at_ns
        assert ended.duration_ms is not None
        await _first(session, realtime.GenerationTick, lambda e: e.at_ns > began.at_ns)
        assert session.is_connected
        assert await _errors(session) == []


async def test_garbage() -> None:
    kinds = tuple(GARBAGE)
    async with _faulty(garbage=kinds, garbage_every_s=0.05) as (_, client):
        session = await client.connect(ConnectOptions(**OPTIONS))
        seen = 0
        async with asyncio.timeout(LONG_S):
            async for event in session.events():
                if isinstance(event, realtime.ErrorRaised):
                    assert event.error.code is ErrorCode.WEBRTC_SIGNALING_ERROR
                    seen += 1
                if seen == 3 * len(kinds):
                    break
        await session.set_prompt("still here")
        assert session.is_connected
