"""One session's room and model worker: two child processes, made ready before a client comes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from livekit import api

from g2gbench.process.spawn import Child, ChildLost, describe

READY_S = 30.0
END_S = 1.5  # for the goodbye of each: a service has 5 s to end with all that belongs to it
TOKEN_HOURS = 6
# The service's SDKs take the remote track from an identity that begins like this.
WORKER_IDENTITY = "inference-server-0"
OnMessage = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What every session of a service has.

    ``worker``: transform, marker, output_size, fps, codec, max_bitrate_bps, processing and
    seed of the model worker. ``room``: playout_delay_ms and start_bitrate_kbps.
    ``log_dir``: where the children's logs go; None: the service's own stderr. ``frame_log``: the
    worker's ground truth.
    """

    worker: Mapping[str, Any]
    room: Mapping[str, Any]
    log_dir: Path | None = None
    frame_log: Path | None = None


@dataclass(slots=True)
class SessionHost:
    """A room with a model worker in it, waiting for its client."""

    settings: HostSettings
    on_message: OnMessage  # (process name, message) of room and worker
    room_name: str = field(default_factory=lambda: "room-" + secrets.token_hex(6))
    session_id: str = field(default_factory=lambda: "session-" + secrets.token_hex(8))
    url: str = ""
    lost: bool = False  # one of the two ended by itself
    _key: str = field(default_factory=lambda: "key" + secrets.token_hex(4))
    _secret: str = field(default_factory=lambda: secrets.token_hex(32))
    _children: dict[str, Child] = field(default_factory=dict)
    _closing: bool = False

    async def start(self) -> None:
        """Start both. Raises ChildLost when one does not become ready."""
        settings = self.settings
        room = await self._spawn(
            "room",
            "g2gbench.service.room.server",
            {
                **settings.room,
                "room": self.room_name,
                "api_key": self._key,
                "api_secret": self._secret,
            },
        )
        self.url = f"ws://127.0.0.1:{(await room.ready(READY_S))['port']}"
        frame_log = str(settings.frame_log) if settings.frame_log else None
        worker = await self._spawn(
            "worker",
            "g2gbench.service.worker",
            {
                **settings.worker,
                "url": self.url,
                "token": self.token(WORKER_IDENTITY),
                "frame_log": frame_log,
            },
        )
        await worker.ready(READY_S)

    @property
    def pids(self) -> dict[str, int]:
        """Process name -> pid."""
        return {name: child.pid for name, child in self._children.items()}

    def token(self, identity: str) -> str:
        """A join token for this room."""
        grants = api.VideoGrants(room_join=True, room=self.room_name)
        return (
            api.AccessToken(self._key, self._secret)
            .with_identity(identity)
            .with_ttl(timedelta(hours=TOKEN_HOURS))
            .with_grants(grants)
            .to_jwt()
        )

    def apply(self, ticket: int, prompt: str | None, image: str | None) -> None:
        """Hand a style to the model; it answers ``applied`` with the ticket."""
        self._children["worker"].tell({"ticket": ticket, "prompt": prompt, "image": image})

    def restamp(self, wanted: bool) -> None:
        """Whether the model reads the marker on its input and stamps its output with it."""
        self._children["worker"].tell({"restamp": wanted})

    async def close(self) -> None:
        """End both: the worker first, so that its goodbye is heard."""
        self._closing = True
        for name in ("worker", "room"):
            if name in self._children:
                await self._children[name].end(END_S)

    async def _spawn(self, name: str, module: str, plan: Mapping[str, Any]) -> Child:
        log_dir = self.settings.log_dir
        child = await Child.start(name, module, plan, log_dir / f"{name}.log" if log_dir else None)
        self._children[name] = child
        child.on_message = lambda message: self.on_message(name, message)
        child.on_end = lambda status: self._lost(name, status)
        return child

    def _lost(self, name: str, status: int) -> None:
        if not self._closing:
            self.lost = True
            self.on_message(name, {"lost": f"the {name} process ended ({describe(status)})"})


__all__ = ["ChildLost", "HostSettings", "SessionHost"]
