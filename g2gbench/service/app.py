"""The service: WebSocket signalling and HTTP routes on one port.

``python -m g2gbench.service.app`` runs it as a process of its own, for a loopback trial; the
command ``serve`` runs the same for anybody.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from aiohttp import web

from g2gbench.process.child import Parent, run
from g2gbench.process.local_http import MOST_CONNECTIONS, Site, guard, is_loopback
from g2gbench.process.message import Lost, Message, Stalled
from g2gbench.service.admission_queue import AdmissionQueue
from g2gbench.service.connection import GOODBYE_S, Asked, Connection
from g2gbench.service.host_pool import HostPool
from g2gbench.service.keys import INVALID, Grant, KeyRing
from g2gbench.service.messages import error_message
from g2gbench.service.models import Picture, Refusal, choose
from g2gbench.service.plan import (
    ClientRefused,
    HostSettings,
    ProcessReport,
    ServiceEvent,
    ServicePlan,
    ServiceReady,
    WorkerReport,
)
from g2gbench.service.routes import TOKENS_PATH, WATCH_PATH, Routes, allow_any_origin
from g2gbench.service.session import LEFT, ServiceSession, SessionRules
from g2gbench.service.session_host import SessionHost
from g2gbench.service.signalling_faults import NO_FAULTS, SignallingFaults
from g2gbench.service.signer import Signer

log = logging.getLogger(__name__)
STREAM_PATH = "/v1/stream"
_MAX_MESSAGE = 24 << 20
_PING_S = 20.0
Notify = Callable[[ServiceEvent], None]
Restamp: TypeAlias = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Settings of the service.

    ``models``: those that it runs, by name; a room with the first one's picture is made ready
    ahead. ``keys``: API keys that are let in; None: any. ``seats``: sessions at once. ``waiting``:
    clients that may wait for a seat; one more is refused. ``restamp``: whether the model stamps its
    output with the marker of its input: ``auto`` when the client asks for it. ``rules``: what holds
    for a session. ``faults``: what goes wrong from the start.
    """

    host: HostSettings
    models: Mapping[str, Picture]
    address: str = "127.0.0.1"
    port: int = 0
    keys: tuple[str, ...] | None = None
    seats: int = 1
    waiting: int = 0
    restamp: Restamp = "auto"
    rules: SessionRules = field(default_factory=SessionRules)
    faults: SignallingFaults = NO_FAULTS


class Service:
    """The emulated service: each client that it lets in has a room with a model worker.

    ``notify`` is called with what happens: sessions that start and end, clients that are refused,
    and what the processes of the sessions report (counters, statistics, a loss, a stall).
    """

    def __init__(self, settings: ServiceSettings, notify: Notify) -> None:
        signer = Signer(secrets.token_bytes(32))
        self._settings = settings
        self._notify = notify
        self._keys = KeyRing(settings.keys, signer)
        self._routes = Routes(self._keys, signer, self._find)
        first = next(iter(settings.models.values()))
        self._pool = HostPool(settings.host, first, self.on_host_message)
        self._admission: AdmissionQueue[Connection] = AdmissionQueue(settings.seats)
        self._connections: dict[Connection, None] = {}  # in the order in which they came
        self._faults = settings.faults
        self._faulty_left = settings.faults.sessions
        self._site: Site | None = None
        self._stopping = False

    @property
    def pids(self) -> dict[str, int]:
        """Name -> pid of the room and the worker that were made ready last."""
        return self._pool.pids

    async def start(self, *, room_needed: bool = False) -> int:
        """Make one session ready and listen; the port. Raises ChildLost, OSError.

        With ``room_needed`` it raises RoomUnavailable where there is none; else the client that
        asks for one is refused with that reason.
        """
        await self._pool.ready(room_needed=room_needed)
        address = self._settings.address
        # Beyond the loopback it may be called by any name, and whoever calls needs a key.
        names = () if is_loopback(address) else None
        app = web.Application(middlewares=[allow_any_origin, guard("any", names)])
        app.add_routes([web.get(STREAM_PATH, self._stream), *self._routes.table])
        most = self._settings.seats + self._settings.waiting + MOST_CONNECTIONS
        self._site = Site(app, shutdown_s=GOODBYE_S / 2, most=most)
        return await self._site.start(address, self._settings.port)

    async def stop(self) -> None:
        """End every session and all that belongs to it."""
        self._stopping = True
        if self._site is not None:
            self._site.close()  # nobody comes in any more
        connections = list(self._connections)
        try:
            await asyncio.gather(*(connection.close("shutdown") for connection in connections))
        finally:
            for connection in connections:
                self._leave(connection)
            await self._pool.close()
        if self._site is not None:
            await self._site.stop()

    # -- what sessions ask for

    async def take_host(self, picture: Picture) -> SessionHost:
        """A session's room and worker. Raises ChildLost, RoomUnavailable when there is none."""
        host = await self._pool.take(picture)
        if self._admission.free and not self._stopping:
            self._pool.refill()
        return host

    def ask_seat(self, connection: Connection) -> None:
        """Open the connection's room, or have it wait in line."""
        if self._admission.acquire(connection):
            connection.open_room()
        self._send_positions()

    def on_host_message(self, process: str, message: Message) -> None:
        """Word from a session's room or worker."""
        if isinstance(message, WorkerReport | Lost | Stalled):
            self.report(ProcessReport(process, message))

    def report(self, event: ServiceEvent) -> None:
        """Something happened. Who cannot be told is no reason to stop."""
        try:
            self._notify(event)
        except Exception as error:
            log.warning("an event was not taken: %s", type(error).__name__)

    # -- what an administrator asks for

    def misbehave(self, faults: SignallingFaults) -> None:
        """From now on these things go wrong, in the sessions that are there too."""
        self._faults = faults
        self._faulty_left = faults.sessions
        for connection in self._connections:
            connection.misbehave(faults)

    def snapshot(self) -> dict[str, object]:
        """Return the state; no key."""
        return {
            "models": list(self._settings.models),
            "room": self._settings.host.room.kind,
            "seats": self._settings.seats,
            "free": self._admission.free,
            "sessions": [connection.snapshot() for connection in self._connections],
        }

    # -- clients

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(
            timeout=GOODBYE_S, max_msg_size=_MAX_MESSAGE, heartbeat=_PING_S
        )
        await websocket.prepare(request)
        faults = self._next_faults()
        try:
            grant = self._admit(request, faults)
            asked = self._asked(request)
        except Refusal as refusal:  # both public clients understand a message, not a status
            self.report(ClientRefused(str(refusal)))
            await websocket.send_json(error_message(str(refusal)))
            await websocket.close()
            return websocket
        state = ServiceSession(self._rules(grant), faults, now_ns=time.monotonic_ns())
        connection = Connection(self, request, websocket, state, asked)
        self._connections[connection] = None
        try:
            await connection.serve()
        finally:
            try:
                await connection.close(LEFT)
            finally:
                self._leave(connection)
        return websocket

    def _next_faults(self) -> SignallingFaults:
        """The faults of the session that comes now."""
        if self._faulty_left is None:
            return self._faults
        if self._faulty_left == 0:
            return NO_FAULTS
        self._faulty_left -= 1
        return self._faults

    def _admit(self, request: web.Request, faults: SignallingFaults) -> Grant:
        grant = self._keys.grant(request.query.get("api_key", ""), now_s=time.time())
        if grant is None or faults.refuse_key:
            raise Refusal(INVALID)
        objection = grant.objection(request.query.get("model", ""), request.headers.get("Origin"))
        if objection is not None:
            raise Refusal(objection)
        return grant

    def _asked(self, request: web.Request) -> Asked:
        query = request.query
        model = query.get("model")
        picture = choose(self._settings.models, model, query.get("resolution"))
        most = self._settings.seats + self._settings.waiting
        here = sum(not connection.state.ended for connection in self._connections)
        if here >= most or self._stopping:
            raise Refusal(f"all {self._settings.seats} sessions are taken")
        wanted = {"always": True, "never": False}
        restamp = wanted.get(self._settings.restamp, query.get("pixel_latency") == "1")
        return Asked(str(model), picture, restamp)

    def _rules(self, grant: Grant) -> SessionRules:
        rules = self._settings.rules
        limits = [s for s in (rules.longest_s, grant.longest_s) if s is not None]
        return replace(rules, longest_s=min(limits, default=None))

    def _leave(self, connection: Connection) -> None:
        """The seat is free at once: who comes again may come before the processes have ended."""
        if connection not in self._connections:
            return
        del self._connections[connection]
        if connection.host is not None:
            self._pool.retire(connection.host)
        follower = self._admission.release(connection)
        if follower is not None:
            follower.open_room()
        self._send_positions()

    def _send_positions(self) -> None:
        for connection, position, size in self._admission.positions():
            connection.perform(connection.state.place(position, size))

    def _find(self, room: str) -> tuple[str, SessionHost] | None:
        """The model and the host of the session that has this room."""
        for connection in self._connections:
            if connection.host is not None and connection.host.room_name == room:
                return connection.asked.model, connection.host
        return None


async def _main(plan: ServicePlan, parent: Parent[Message]) -> None:
    worker = plan.host.worker
    models = {plan.model: Picture(*worker.output_size, worker.fps)}
    settings = ServiceSettings(plan.host, models, faults=plan.faults)
    service = Service(settings, parent.send)
    try:
        port = await service.start()
        parent.send(ServiceReady(f"ws://127.0.0.1:{port}", service.pids))
        await asyncio.Event().wait()  # until cancelled: the parent is gone
    finally:
        await service.stop()


__all__ = ["STREAM_PATH", "TOKENS_PATH", "WATCH_PATH", "Service", "ServiceSettings"]

if __name__ == "__main__":
    run(_main, ServicePlan)
