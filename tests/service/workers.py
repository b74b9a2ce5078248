"""What stands around a model worker in its tests: the SDK's source, and the process above it."""

from __future__ import annotations

import asyncio
import queue
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from livekit import rtc

from g2gbench.process.message import Message
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import WorkerCommand, WorkerPlan, WorkerSettings

SIZE = (320, 192)
LONG_S = 20.0


class FakeSource:
    """Stands for the SDK's video source: keeps what it is given, or refuses it."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.taken: queue.Queue[tuple[rtc.VideoFrame, rtc.FrameMetadata | None]] = queue.Queue()
        self.refusals = 0
        self.stalls_ns: list[int] = []  # how long each hand-over takes; at once when it is empty
        self.handed_over_us: list[int] = []

    def capture_frame(
        self,
        frame: rtc.VideoFrame,
        *,
        timestamp_us: int,
        metadata: rtc.FrameMetadata | None,
    ) -> None:
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("not now")
        until_ns = time.monotonic_ns() + (self.stalls_ns.pop(0) if self.stalls_ns else 0)
        while time.monotonic_ns() < until_ns:
            pass
        self.handed_over_us.append(timestamp_us)
        self.taken.put((frame, metadata))


class FakeParent:
    def __init__(self) -> None:
        self.told: queue.Queue[Message] = queue.Queue()
        self.commands: asyncio.Queue[WorkerCommand] = asyncio.Queue()
        self.detached = False

    def send(self, message: Message) -> None:
        self.told.put(message)

    def detach(self) -> None:
        self.detached = True


def plan(
    *, gate_subscriptions: bool = False, frame_log: Path | None = None, **changes: Any
) -> WorkerPlan:
    """A worker's plan, but for these fields of its settings."""
    usual = WorkerSettings("passthrough", "v2", SIZE, 30, "vp8", 1_000_000)
    settings = replace(usual, **changes)
    token = Unshown("a token")
    return WorkerPlan(settings, "ws://127.0.0.1:9", token, gate_subscriptions, frame_log)
