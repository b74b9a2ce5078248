"""The service's edge: WebSocket signalling and HTTP routes on one port.

``python -m g2gbench.service.app`` runs it as a process of its own, for a loopback trial; the
command ``serve`` runs the same for anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from g2gbench.process.child import Parent, Plan, run
from g2gbench.process.spawn import ChildLost
from g2gbench.service.host import HostSettings, RoomUnavailable, SessionHost
from g2gbench.service.session import Action, Apply, OpenRoom, Reply, ServiceSession

log = logging.getLogger(__name__)
STREAM_PATH = "/v1/stream"
TOKENS_PATH = "/v1/client/tokens"
WATCH_PATH = "/watch-stream/{room}"
_TICK_S = 1.0
_MAX_MESSAGE = 24 << 20
_MAX_EXPIRY_S = 3600
_GOODBYE_S = 1.0
_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "x-api-key, content-type",
}
# No JSON, none that is an object, an endless number, an unknown charset, a tower of brackets.
_UNUSABLE = (ValueError, TypeError, AttributeError, OverflowError, LookupError, RecursionError)
Notify = Callable[[dict[str, Any]], None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What the service is.

    ``keys``: API keys that are let in; None: any. ``queue``: positions that a client is told before
    it gets its room. ``seats``: sessions at once. ``model``: the one model that this service runs.
    """

    host: HostSettings
    model: str
    address: str = "127.0.0.1"
    port: int = 0
    keys: tuple[str, ...] | None = None
    queue: tuple[int, ...] = ()
    seats: int = 1


class Service:
    """Takes clients in, gives each a room with a model worker.

    ``notify`` hears what the processes of the sessions say (counters, statistics, a loss), as
    JSON-serialisable objects.
    """

    def __init__(self, settings: ServiceSettings, notify: Notify) -> None:
        self._settings = settings
        self._notify = notify
        self._spares: list[asyncio.Task[SessionHost]] = []
        self._sessions: set[Session] = set()
        self._runner: web.AppRunner | None = None
        self.pids: dict[str, int] = {}  # of the session that was made ready last
        self.ephemeral: dict[str, float] = {}  # key -> monotonic seconds at which it expires

    async def start(self) -> int:
        """Make one session ready and listen; the port.

        Raises ChildLost. A room that cannot be had is told to the client that asks for it.
        """
        spare = asyncio.ensure_future(self._prepare())
        self._spares.append(spare)
        with contextlib.suppress(RoomUnavailable):
            await asyncio.shield(spare)
        app = web.Application(middlewares=[_allow_any_origin])
        app.add_routes(
            [
                web.get(STREAM_PATH, self._stream),
                web.post(TOKENS_PATH, self._tokens),
                web.options(TOKENS_PATH, _preflight),
                web.post(WATCH_PATH, _no_viewers),
                web.options(WATCH_PATH, _preflight),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_S / 2)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._settings.address, self._settings.port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """End every session and all that belongs to it."""
        if self._runner is not None:
            for site in list(self._runner.sites):
                await site.stop()  # nobody comes in any more
        await asyncio.gather(
            *(session.close("shutdown") for session in self._sessions),
            *(self._discard(spare) for spare in self._spares),
        )
        if self._runner is not None:
            await self._runner.cleanup()

    def admits(self, key: str) -> bool:
        """Whether an API key, permanent or ephemeral, is let in."""
        keys = self._settings.keys
        expiry = self.ephemeral.get(key)
        if expiry is not None:
            return time.monotonic() < expiry
        return bool(key) and (keys is None or key in keys)

    async def take_host(self) -> SessionHost:
        """A session's room and worker. Raises ChildLost, RoomUnavailable when there is none.

        Whoever is cancelled while they are made leaves them to the next session.
        """
        while True:
            spare = self._spares.pop() if self._spares else asyncio.ensure_future(self._prepare())
            try:
                host = await asyncio.shield(spare)
            except asyncio.CancelledError:
                self._spares.append(spare)
                raise
            if not host.lost:
                break
            await host.close()  # it died while nobody was there
        if not self._spares and self._settings.seats > len(self._sessions):
            self._spares.append(asyncio.ensure_future(self._prepare()))
        return host

    async def _prepare(self) -> SessionHost:
        host = SessionHost(self._settings.host, self.heard)
        try:
            await host.start()
        except (ChildLost, OSError) as error:
            await host.close()
            raise ChildLost(f"no session could be made ready: {error}") from error
        except RoomUnavailable:
            await host.close()
            raise
        self.pids = host.pids
        return host

    async def _discard(self, spare: asyncio.Task[SessionHost]) -> None:
        with contextlib.suppress(ChildLost, RoomUnavailable):
            await (await spare).close()

    def heard(self, process: str, message: dict[str, Any]) -> None:
        """Word from a session's room or worker."""
        self._notify({"process": process, **message})

    async def _tokens(self, request: web.Request) -> web.Response:
        if not self.admits(request.headers.get("x-api-key", "")):
            raise web.HTTPUnauthorized(text="Invalid API key")
        try:
            body = await request.json() if request.can_read_body else {}
            expires_in = int(body.get("expiresIn", 60))
            if not 1 <= expires_in <= _MAX_EXPIRY_S:
                raise ValueError
        except (
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
            LookupError,
            RecursionError,
        ):
            raise web.HTTPBadRequest(
                text=f"the body must be JSON with expiresIn from 1 to {_MAX_EXPIRY_S} seconds"
            ) from None
        key = "ek_" + secrets.token_hex(16)
        self.ephemeral[key] = time.monotonic() + expires_in
        expires_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + expires_in))
        payload = {"apiKey": key, "token": key, "expiresAt": expires_at}
        return web.json_response({**payload, **_limits(body)})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(
            timeout=_GOODBYE_S, max_msg_size=_MAX_MESSAGE, heartbeat=20.0
        )
        await websocket.prepare(request)
        refusal = None
        if not self.admits(request.query.get("api_key", "")):
            refusal = "Invalid API key"
        elif len(self._sessions) >= self._settings.seats:
            refusal = f"all {self._settings.seats} sessions are taken"
        elif request.query.get("model") != self._settings.model:
            refusal = f"this service runs the model {self._settings.model} and no other"
        if refusal is not None:  # both public clients understand a message, not a status
            await websocket.send_json({"type": "error", "error": refusal})
            await websocket.close()
            return websocket
        restamp = request.query.get("pixel_latency") == "1"
        session = Session(self, websocket, self._settings.queue, restamp)
        self._sessions.add(session)
        try:
            await session.serve()
        finally:
            await session.close("client left")
            self._sessions.discard(session)
        return websocket


class Session:
    """One client's WebSocket, its state machine, its room and worker."""

    def __init__(
        self,
        service: Service,
        websocket: web.WebSocketResponse,
        queue: tuple[int, ...],
        restamp: bool,
    ) -> None:
        self._service = service
        self._restamp = restamp
        self._websocket = websocket
        self._state = ServiceSession(queue=queue)
        self._host: SessionHost | None = None
        self._wanted: list[Apply] = []
        self._flows = False
        self._tasks: set[asyncio.Future[None]] = set()
        self._end: asyncio.Future[None] | None = None

    async def serve(self) -> None:
        """Until the client leaves."""
        async for message in self._websocket:
            if message.type == WSMsgType.TEXT:  # the protocol has no other frames
                await self._perform(self._state.receive(message.data))

    def heard(self, process: str, message: dict[str, Any]) -> None:
        """Word from the session's room or worker."""
        self._service.heard(process, message)
        if "applied" in message:
            self._later(self._perform(self._state.applied(message["applied"])))
        elif message.get("event") == "first_frame":
            self._flows = True
            self._later(self._perform(self._state.media_flows()))
            self._later(self._tick())
        elif "lost" in message:
            self._later(self._fail(message["lost"]))

    async def close(self, reason: str) -> None:
        """End the session and free its processes; whoever asks again waits for the same end."""
        if self._end is None:
            self._end = asyncio.ensure_future(self._close(reason))
        await asyncio.shield(self._end)

    async def _close(self, reason: str) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):  # a frozen client takes nothing
                await self._perform(self._state.end(reason))
                await self._websocket.close()
        if self._host is not None:
            await self._host.close()

    async def _fail(self, reason: str) -> None:
        await self._perform(self._state.end(reason))
        await self._perform([Reply({"type": "error", "error": reason})])

    async def _tick(self) -> None:
        while self._end is None:
            await asyncio.sleep(_TICK_S)
            await self._perform(self._state.tick())

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.info("a message was not delivered: %s", type(task.exception()).__name__)

    async def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Reply):
                await self._websocket.send_json(action.message)
            elif isinstance(action, OpenRoom):
                self._later(self._open())
            elif self._host is None:
                self._wanted.append(action)
            else:
                self._host.apply(action.ticket, action.prompt, action.image)

    async def _open(self) -> None:
        """In the background: the initial state may come, and be acknowledged, before the room."""
        try:
            host = await self._service.take_host()
        except (ChildLost, RoomUnavailable) as error:
            await self._perform([Reply({"type": "error", "error": str(error)})])
            return
        self._host = host
        host.on_message = self.heard
        host.restamp(self._restamp)
        token = host.token("client-" + secrets.token_hex(6))
        await self._perform(self._state.room_info(host.url, token, host.room_name, host.session_id))
        wanted, self._wanted = self._wanted, []
        await self._perform(list(wanted))


def _limits(body: dict[str, Any]) -> dict[str, Any]:
    """What a key was asked to be limited to, as the answer names it; nothing when not asked."""
    asked = {"models": body.get("allowedModels"), "origins": body.get("allowedOrigins")}
    permissions = {name: value for name, value in asked.items() if value is not None}
    constraints = body.get("constraints")
    return {
        **({"permissions": permissions} if permissions else {}),
        **({"constraints": constraints} if constraints is not None else {}),
    }


@web.middleware
async def _allow_any_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of any origin may read every answer, errors too."""
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_CORS)
        raise
    if not answer.prepared:
        answer.headers.update(_CORS)
    return answer


async def _no_viewers(_: web.Request) -> web.Response:
    """The embedded room has two seats, both taken: say so, rather than "not found"."""
    raise web.HTTPNotImplemented(text="viewers are not supported yet: this room has two seats")


async def _preflight(_: web.Request) -> web.Response:
    return web.Response(status=204, headers=_PREFLIGHT)


async def _main(plan: Plan, parent: Parent) -> None:
    host = HostSettings(
        worker=plan["worker"],
        room=plan["room"],
        log_dir=Path(plan["log_dir"]) if plan.get("log_dir") else None,
        frame_log=Path(plan["frame_log"]) if plan.get("frame_log") else None,
    )
    service = Service(ServiceSettings(host, plan["model"]), parent.tell)
    try:
        port = await service.start()
        parent.tell({"url": f"ws://127.0.0.1:{port}", "pids": service.pids})
        await asyncio.Event().wait()  # until cancelled: the parent is gone
    finally:
        await service.stop()


if __name__ == "__main__":
    run(_main)
