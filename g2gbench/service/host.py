"""One session's room and model worker.

The room is the embedded one, one on a managed livekit-server, which it has for itself or shares
with the other sessions of its service, or one on a server that is not ours. The worker is the same
in each.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from livekit import api

from g2gbench.process.spawn import Child, ChildLost
from g2gbench.service.room.external import ExternalRoom
from g2gbench.service.room.livekit_server import room_on
from g2gbench.service.room.unavailable import RoomUnavailable, ready_or_unavailable
from g2gbench.service.shared_server import SharedServer

READY_S = 30.0
END_S = 1.5  # for the goodbye of each: a service has 5 s to end with all that belongs to it
TOKEN_HOURS = 6
# The service's SDKs take the remote track from an identity that begins like this.
WORKER_IDENTITY = "inference-server-0"
_ROOM_MODULES = {
    "embedded": "g2gbench.service.room.server",
    "livekit-server": "g2gbench.service.room.livekit_server",
}
OnMessage = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What every session of a service has.

    ``worker``: transform, marker, output_size, fps, codec, max_bitrate_bps, processing and
    seed of the model worker. ``room``: kind (``embedded`` unless given, ``livekit-server`` or
    ``external``), playout_delay_ms, start_bitrate_kbps and host (of the embedded room); command (of
    a livekit-server), url, api_key and api_secret (of an external one).
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
    server: SharedServer | None = None  # that the room is on; None: one of its own
    room_name: str = field(default_factory=lambda: "room-" + secrets.token_hex(6))
    session_id: str = field(default_factory=lambda: "session-" + secrets.token_hex(8))
    url: str = ""
    lost: bool = False  # one of the two ended by itself
    _key: str = field(default_factory=lambda: "key" + secrets.token_hex(4))
    _secret: str = field(default_factory=lambda: secrets.token_hex(32))
    _children: dict[str, Child] = field(default_factory=dict)
    _pids: dict[str, int] = field(default_factory=dict)
    _external: ExternalRoom | None = None
    _gone: set[str] = field(default_factory=set)
    _started: bool = False
    _closing: bool = False

    async def start(self) -> None:
        """Start both. Raises ChildLost when one does not become ready, RoomUnavailable."""
        settings = self.settings
        if self.server is not None:
            await self._open_on(self.server)
        elif settings.room.get("kind") == "external":
            await self._open_external()
        else:
            if self._is_embedded:  # any other room may be unavailable
                await self._start_worker()  # it loads its libraries while the room loads its own
            await self._open_own()
        worker = self._children.get("worker") or await self._start_worker()
        worker.tell(
            {
                **settings.worker,
                "url": self.url,
                "token": self.token(WORKER_IDENTITY),
                "frame_log": str(settings.frame_log) if settings.frame_log else None,
                # The embedded room shows a client the worker's track once it has published, and
                # needs no further negotiation then.
                "gate_subscriptions": not self._is_embedded,
            }
        )
        try:
            ready = await worker.ready(READY_S)
            if "error" in ready:
                raise ChildLost(f"the worker: {ready['error']}")
        except ChildLost as error:
            if self.server is not None or self._external is None:
                raise
            # Nothing of ours is between it and that server.
            raise RoomUnavailable(f"the model worker could not join its room: {error}") from error
        self._started = True

    async def _start_worker(self) -> Child:
        """Start its process, which waits for its plan."""
        return await self._spawn("worker", "g2gbench.service.worker", None, "ready")

    async def _open_on(self, server: SharedServer) -> None:
        self.url, self._key, self._secret = server.url, server.key, server.secret
        self._pids["room"] = server.pid
        server.hosts.add(self._server_lost)
        self._external = room_on(server.port, server.key, server.secret, self.room_name)
        await self._external.create()

    def _server_lost(self, reason: str) -> None:
        self._lost("room", reason)

    async def _open_own(self) -> None:
        """A room in a process of its own, with keys that nothing else has."""
        plan = dict(self.settings.room)
        module = _ROOM_MODULES[plan.pop("kind", "embedded")]
        keys = {"api_key": self._key, "api_secret": self._secret}
        room = await self._spawn("room", module, {**plan, "room": self.room_name, **keys}, "port")
        ready = await ready_or_unavailable(room, READY_S)
        self.url = f"ws://{plan.get('host', '127.0.0.1')}:{ready['port']}"
        self._pids["room"] = ready.get("pid", room.pid)

    async def _open_external(self) -> None:
        plan = self.settings.room
        self.url, self._key, self._secret = plan["url"], plan["api_key"], plan["api_secret"]
        bounds = plan.get("playout_delay_ms")
        self._external = ExternalRoom(
            self.url,
            self._key,
            self._secret,
            self.room_name,
            (bounds[0], bounds[1]) if bounds else None,
        )
        await self._external.create()

    @property
    def _is_embedded(self) -> bool:
        kind: str = self.settings.room.get("kind", "embedded")
        return kind == "embedded"

    @property
    def _elsewhere(self) -> tuple[str, ...]:
        """Where its children connect to beside this machine."""
        return (self.url,) if self._external is not None else ()

    @property
    def pids(self) -> dict[str, int]:
        """Name -> pid of the processes that do the work, which may be a child's own child."""
        return dict(self._pids)

    def token(self, identity: str, *, can_publish: bool = True) -> str:
        """A join token for this room; without ``can_publish`` for one who only watches."""
        grants = api.VideoGrants(room_join=True, room=self.room_name)
        if not can_publish:
            grants.can_publish = False
            grants.can_publish_data = False
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

    def stall(self, seconds: float) -> None:
        """Have the model send nothing for so long."""
        self._children["worker"].tell({"stall_s": seconds})

    def kill_worker(self) -> None:
        """Kill the model worker, as if it had crashed: its loss is told like any other."""
        worker = self._children["worker"]
        if worker.returncode is None:
            os.kill(worker.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End both: the worker first, so that its goodbye is heard."""
        self._closing = True
        if self.server is not None:
            self.server.hosts.discard(self._server_lost)
        for name in ("worker", "room"):
            if name in self._children:
                await self._children[name].end(END_S)
        if self._external is not None:
            await self._external.delete()

    async def _spawn(
        self, name: str, module: str, plan: Mapping[str, Any] | None, says: str
    ) -> Child:
        log_dir = self.settings.log_dir
        log_path = log_dir / f"{name}.log" if log_dir else None
        child = await Child.start(name, module, plan, log_path, self._elsewhere, ready=says)
        self._children[name] = child
        self._pids[name] = child.pid
        child.on_message = lambda message: self._said(name, message)
        child.on_end = lambda status: self._lost(name, child.told_end(status))
        return child

    def _said(self, name: str, message: dict[str, Any]) -> None:
        if "lost" in message:
            self._lost(name, message["lost"])
        else:
            self.on_message(name, message)

    def _lost(self, name: str, reason: str) -> None:
        """Tell it once: a server's end is followed by that of the process that kept it."""
        # That a server which is not ours refuses the worker is raised by ``start``: no loss.
        refused = name == "worker" and self._is_refused()
        if not self._closing and name not in self._gone and not refused:
            self.lost = True
            self.on_message(name, {"lost": reason})
        self._gone.add(name)

    def _is_refused(self) -> bool:
        return self._external is not None and self.server is None and not self._started


__all__ = ["ChildLost", "HostSettings", "RoomUnavailable", "SessionHost"]
