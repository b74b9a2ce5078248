"""When a room that subscribes everybody at once may do so to the worker's track."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from g2gbench.service import worker
from tests.service.workers import LONG_S, FakeParent, FakeSource, plan


class FakeParticipant:
    """Keeps in what order a worker published, and whom it let subscribe."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.published = asyncio.Event()

    def set_track_subscription_permissions(self, *, allow_all_participants: bool) -> None:
        self.did.append("allow" if allow_all_participants else "deny")

    async def publish_track(self, *_: object) -> Any:
        self.did.append("publish")
        self.published.set()


class FakeRoom:
    """Stands for the SDK's room: what the worker registered for can be called."""

    def __init__(self) -> None:
        self.local_participant = FakeParticipant()
        self.heard: dict[str, Any] = {}

    def on(self, name: str) -> Any:
        return lambda callback: self.heard.setdefault(name, callback)

    async def connect(self, *_: object) -> None:
        return None

    async def disconnect(self) -> None:
        return None

    def announce(self, kind: int) -> None:
        """Another participant's track is announced."""
        self.heard["track_published"](
            SimpleNamespace(kind=kind), SimpleNamespace(identity="client")
        )


@contextlib.asynccontextmanager
async def _working(
    monkeypatch: pytest.MonkeyPatch, *, gate_subscriptions: bool
) -> AsyncIterator[FakeRoom]:
    """A worker that has published."""
    room = FakeRoom()
    monkeypatch.setattr(rtc, "VideoSource", FakeSource)
    monkeypatch.setattr(rtc, "Room", lambda: room)
    monkeypatch.setattr(rtc.LocalVideoTrack, "create_video_track", lambda *_: None)
    parent: Any = FakeParent()
    told = plan(gate_subscriptions=gate_subscriptions)
    working = asyncio.ensure_future(worker._main(told, parent))
    await asyncio.wait_for(room.local_participant.published.wait(), LONG_S)
    try:
        yield room
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_nobody_is_shown_the_track_before_the_clients_own_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _working(monkeypatch, gate_subscriptions=True) as room:
        assert room.local_participant.did == ["deny", "publish"]
        room.announce(rtc.TrackKind.KIND_AUDIO)
        assert room.local_participant.did == ["deny", "publish"]
        room.announce(rtc.TrackKind.KIND_VIDEO)
        assert room.local_participant.did == ["deny", "publish", "allow"]
        room.announce(rtc.TrackKind.KIND_VIDEO)  # after a full reconnect
        assert room.local_participant.did == ["deny", "publish", "allow"]


async def test_in_a_room_that_holds_frames_back_itself_the_track_is_open_to_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _working(monkeypatch, gate_subscriptions=False) as room:
        room.announce(rtc.TrackKind.KIND_VIDEO)
        assert room.local_participant.did == ["publish"]
