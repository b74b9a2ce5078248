"""The LiveKit package, in the client's own process, as what carries a trial's media."""

from __future__ import annotations

import importlib.metadata

from g2gbench.client.frame_sampler import FrameStore, MemoryFrameStore
from g2gbench.client.media import Journal, Lost
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.realtime.room_connection import RoomConnection
from g2gbench.realtime.session import Connector
from g2gbench.realtime.streams import LocalStream
from g2gbench.sources.source import LiveSource, Source


class NativeMedia:
    """The LiveKit package, in this process: ready once it is imported, and never lost by itself."""

    kind = "native"
    address = ""

    def __init__(self) -> None:
        self.versions = {"livekit": importlib.metadata.version("livekit")}
        self.connector: Connector = RoomConnection

    def local(self, source: Source | LiveSource, options: CaptureOptions) -> LocalStream:
        """Return the published stream."""
        return LocalStream(
            source,
            mirrored=options.mirrored,
            marker=options.marker,
            first_number=options.first_number,
            on_capture=options.on_capture,
            on_frame_id=options.on_frame_id,
            on_lost=options.on_lost,
        )

    def listen(self, journal: Journal, lost: Lost) -> None:
        """Do nothing: there is nothing to listen to."""

    def frame_store(self, room: int) -> FrameStore:
        """In this process's memory."""
        return MemoryFrameStore()

    async def ready(self) -> None:
        """Return at once."""

    async def close(self) -> None:
        """Do nothing: there is nothing to free."""
