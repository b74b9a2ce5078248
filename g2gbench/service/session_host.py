"""One session's room and model worker.

The room is the embedded one, one on a managed livekit-server, which it has for itself or shares
with the other sessions of its service, or one on a server that is not ours. The worker is the same
in each.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from livekit import api

from g2gbench.process.message import Lost, Message
from g2gbench.process.spawn import Child, ChildLost
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import (
    WORKER_ANSWERS,
    EmbeddedRoom,
    HostSettings,
    LivekitServerRoom,
    SetRestamp,
    SetStyle,
    StallOutput,
    UrlRoom,
    WorkerPlan,
    WorkerReady,
)
from g2gbench.service.room.external import ExternalRoom
from g2gbench.service.room.livekit_server import HOST, room_on
from g2gbench.service.room.plan import EmbeddedRoomPlan, LivekitServerPlan, RoomReady
from g2gbench.service.room.unavailable import RoomUnavailable, ready_or_unavailable
from g2gbench.service.shared_server import SharedServer

READY_S = 30.0
END_S = 1.5  # for the goodbye of each: a service has 5 s to end with all that belongs to it
TOKEN_HOURS = 6
# The service's SDKs take the remote track from an identity that begins like this.
WORKER_IDENTITY = "inference-server-0"
R = TypeVar("R", bound=Message)
_EMBEDDED = "g2gbench.service.sfu.server"
_LIVEKIT_SERVER = "g2gbench.service.room.livekit_server"
OnMessage = Callable[[str, Message], None]


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
    _key: Unshown = field(default_factory=lambda: Unshown("key" + secrets.token_hex(4)))
    _secret: Unshown = field(default_factory=lambda: Unshown(secrets.token_hex(32)))
    _children: dict[str, Child[Any]] = field(default_factory=dict)
    _worker: Child[WorkerReady] | None = None
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
        elif isinstance(settings.room, UrlRoom):
            await self._open_external(settings.room)
        else:
            if self._is_embedded:  # any other room may be unavailable
                await self._start_worker()  # it loads its libraries while the room loads its own
            await self._open_own(settings.room)
        worker = self._worker or await self._start_worker()
        worker.send(
            WorkerPlan(
                settings.worker,
                self.url,
                self.token(WORKER_IDENTITY),
                # The embedded room shows a client the worker's track once it has published, and
                # needs no further negotiation then.
                gate_subscriptions=not self._is_embedded,
                frame_log=settings.frame_log,
            )
        )
        try:
            await worker.ready(READY_S)
        except ChildLost as error:
            if self.server is not None or self._external is None:
                raise
            # Nothing of the instrument is between it and that server.
            raise RoomUnavailable(f"the model worker could not join its room: {error}") from error
        self._started = True

    async def _start_worker(self) -> Child[WorkerReady]:
        """Start its process, which waits for its plan."""
        self._worker = await self._spawn(
            "worker", "g2gbench.service.worker", None, WorkerReady, WORKER_ANSWERS
        )
        return self._worker

    async def _open_on(self, server: SharedServer) -> None:
        self.url, self._key, self._secret = server.url, server.key, server.secret
        self._pids["room"] = server.pid
        server.hosts.add(self._server_lost)
        self._external = room_on(server.port, server.key, server.secret, self.room_name)
        await self._external.create()

    def _server_lost(self, reason: str) -> None:
        self._lost("room", reason)

    async def _open_own(self, room: EmbeddedRoom | LivekitServerRoom) -> None:
        """A room in a process of its own, with keys that nothing else has."""
        if isinstance(room, EmbeddedRoom):
            plan = EmbeddedRoomPlan(room, self.room_name, self._key, self._secret)
            child = await self._spawn("room", _EMBEDDED, plan, RoomReady)
            host = room.host
        else:
            keeps = LivekitServerPlan(room, self._key, self._secret)
            child = await self._spawn("room", _LIVEKIT_SERVER, keeps, RoomReady)
            host = HOST
        ready = await ready_or_unavailable(child, READY_S)
        self.url = f"ws://{host}:{ready.port}"
        self._pids["room"] = ready.pid or child.pid

    async def _open_external(self, room: UrlRoom) -> None:
        self.url, self._key, self._secret = room.url, room.api_key, room.api_secret
        self._external = ExternalRoom(
            self.url, self._key, self._secret, self.room_name, room.playout_delay_ms
        )
        await self._external.create()

    @property
    def _is_embedded(self) -> bool:
        return isinstance(self.settings.room, EmbeddedRoom)

    @property
    def _elsewhere(self) -> tuple[str, ...]:
        """Addresses beside this machine to which its children connect."""
        return (self.url,) if self._external is not None else ()

    @property
    def pids(self) -> dict[str, int]:
        """Name -> pid of the processes that do the work, which may be a child's own child."""
        return dict(self._pids)

    def token(self, identity: str, *, can_publish: bool = True) -> Unshown:
        """A join token for this room; without ``can_publish`` for one who only watches."""
        grants = api.VideoGrants(room_join=True, room=self.room_name)
        if not can_publish:
            grants.can_publish = False
            grants.can_publish_data = False
        token = api.AccessToken(self._key, self._secret).with_identity(identity)
        lasting = token.with_ttl(timedelta(hours=TOKEN_HOURS)).with_grants(grants)
        return Unshown(lasting.to_jwt())

    def apply(self, ticket: int, prompt: str | None, image: str | None) -> None:
        """Hand a style to the model; it answers with Applied."""
        self._children["worker"].send(SetStyle(ticket, prompt, image))

    def restamp(self, wanted: bool) -> None:
        """Turn restamping on or off: the output carries the number of its input."""
        self._children["worker"].send(SetRestamp(wanted))

    def stall(self, seconds: float) -> None:
        """Have the model send nothing for so long."""
        self._children["worker"].send(StallOutput(seconds))

    def kill_worker(self) -> None:
        """Kill the model worker, as if it had crashed: its loss is reported like any other."""
        worker = self._children["worker"]
        if worker.returncode is None:
            os.kill(worker.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End both: the worker first, so that its goodbye arrives."""
        self._closing = True
        if self.server is not None:
            self.server.hosts.discard(self._server_lost)
        for name in ("worker", "room"):
            if name in self._children:
                await self._children[name].end(END_S)
        if self._external is not None:
            await self._external.delete()

    async def _spawn(
        self,
        name: str,
        module: str,
        plan: Message | None,
        ready: type[R],
        answers: Sequence[type[Message]] = (),
    ) -> Child[R]:
        log_dir = self.settings.log_dir
        log_path = log_dir / f"{name}.log" if log_dir else None
        child = await Child.start(
            name, module, plan, log_path, self._elsewhere, ready=ready, answers=answers
        )
        self._children[name] = child
        self._pids[name] = child.pid
        child.on_message = lambda message: self._on_worker_message(name, message)
        child.on_end = lambda status: self._lost(name, child.end_in_words(status))
        return child

    def _on_worker_message(self, name: str, message: Message) -> None:
        if isinstance(message, Lost):
            self._lost(name, message.reason)
        else:
            self.on_message(name, message)

    def _lost(self, name: str, reason: str) -> None:
        """Tell it once: a server's end is followed by that of the process that kept it."""
        # That a server which is not ours refuses the worker is raised by ``start``: no loss.
        refused = name == "worker" and self._is_refused()
        if not self._closing and name not in self._gone and not refused:
            self.lost = True
            self.on_message(name, Lost(reason))
        self._gone.add(name)

    def _is_refused(self) -> bool:
        return self._external is not None and self.server is None and not self._started


__all__ = ["ChildLost", "RoomUnavailable", "SessionHost"]
