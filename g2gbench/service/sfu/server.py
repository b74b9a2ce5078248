"""The embedded room's edge: one WebSocket and one UDP socket for each participant.

``python -m g2gbench.service.sfu.server`` runs one as a process of its own. It is given
an `EmbeddedRoomPlan`, sends `RoomReady` when it takes clients, and ends with its parent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import io
import logging
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Coroutine

from aiohttp import WSMsgType, web
from google.protobuf.message import DecodeError
from livekit import api
from livekit.protocol import models, rtc

from g2gbench.process.child import Parent, run
from g2gbench.process.local_http import Site, guard
from g2gbench.process.message import Message
from g2gbench.service.room.plan import EmbeddedRoomPlan, RoomReady
from g2gbench.service.sfu import endpoint, messages, sdp
from g2gbench.service.sfu.dtls import Certificate
from g2gbench.service.sfu.messages import Action, Note, Send
from g2gbench.service.sfu.participants import Participant
from g2gbench.service.sfu.peer_transport import PeerTransport
from g2gbench.service.sfu.room_state import PUBLISHERS, RoomSettings, RoomState
from g2gbench.service.sfu.viewer_forwarding import ViewerForwarding

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
SILENCE_S = 8.0  # without connectivity checks for so long, a participant counts as gone
SETTLE_S = 0.5  # who has not published by then only wants to receive
_MAX_JOIN = 1 << 20
_CORS = {"Access-Control-Allow-Origin": "*"}


class RoomServer:
    """A room for two publishers and their viewers, with LiveKit v1 signalling on ``/rtc/v1``.

    Who may publish is in the token: with ``can_publish`` false it admits a viewer.

    Args:
        settings: what the room adds to what it forwards.
        api_key, api_secret: join tokens must be signed with these.
        host: the address of this machine to listen at.

    """

    def __init__(
        self, settings: RoomSettings, api_key: str, api_secret: str, host: str = HOST
    ) -> None:
        self.host = host
        self.certificate = Certificate()
        self.pairing = RoomState(settings, lambda prefix: prefix + secrets.token_hex(6))
        self.counts: Counter[str] = Counter()
        self._verifier = api.TokenVerifier(api_key, api_secret)
        self._name = settings.name
        self._seats: dict[Participant, PeerTransport] = {}
        self._viewers = ViewerForwarding(self._seats, self.counts)
        self._coming: Counter[tuple[bool, str]] = Counter()  # whether they may publish, and who
        self._tasks: set[asyncio.Task[object]] = set()
        self._site: Site | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; the port."""
        app = web.Application(middlewares=[guard("any")])  # of any origin: a token lets in
        app.add_routes(
            [web.get("/rtc/v1", self._join), web.get("/rtc/v1/validate", self._validate)]
        )
        self._site = Site(app)
        port = await self._site.start(self.host, port)
        self.spawn(self._watch())
        return port

    async def stop(self) -> None:
        """Say goodbye to the participants and free everything."""
        message = messages.leave(
            models.DisconnectReason.SERVER_SHUTDOWN, rtc.LeaveRequest.DISCONNECT
        )
        for seat in list(self._seats.values()):
            try:
                await seat.websocket.send_bytes(message)
                await seat.websocket.close()
            except (ConnectionError, RuntimeError):
                continue
        if self._site is not None:
            await self._site.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, coroutine: Coroutine[object, object, object]) -> None:
        """Run a coroutine whose end nobody waits for, and keep it referenced."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forward(self, seat: PeerTransport, media: endpoint.Media) -> None:
        """Hand one packet to the partner, and to those who watch."""
        participant = seat.participant
        if participant is None:
            return
        if not participant.can_publish:
            self._viewers.handle_feedback(participant, media, time.monotonic_ns())
            return
        if participant.learning is not None and not media.is_rtcp:
            self._perform(self.pairing.packet_seen(participant, media.data))
        forwarding = participant.forwarding
        to = self._seats.get(forwarding.to) if forwarding is not None else None
        if forwarding is None or to is None:
            self.counts["nobody_to_forward_to"] += 1
        else:
            packet = media.data if media.is_rtcp else forwarding.take(media.data)
            action = to.media.send(packet, media.is_rtcp) if packet is not None else None
            if action is not None:
                to.transmit(action)
        if participant.viewers:
            self._viewers.forward(participant, media, time.monotonic_ns())

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Note):
                log.warning("%s", action.text)
            elif isinstance(action, Send):
                seat = self._seats.get(action.to)
                if seat is not None:
                    seat.outbox.put_nowait(action.message.SerializeToString())

    async def _watch(self) -> None:
        """A frozen participant stops its connectivity checks; a dead one closes its socket."""
        while True:
            await asyncio.sleep(1.0)
            now_ns = time.monotonic_ns()
            for seat in list(self._seats.values()):
                last = seat.media.last_check_ns
                if last is not None and now_ns - last > SILENCE_S * 1e9:
                    log.warning("no connectivity checks for %.0f s", SILENCE_S)
                    seat.drop()

    async def _validate(self, request: web.Request) -> web.Response:
        """Say to a client whose socket was refused why; a page of any origin may read it."""
        try:
            self._admitted(request)
        except web.HTTPUnauthorized as error:
            return web.Response(status=error.status, text=error.text, headers=_CORS)
        return web.Response(text="success", headers=_CORS)

    def _admitted(self, request: web.Request) -> tuple[str, bool]:
        """The token's identity, and whether it may publish.

        Raises HTTP 401 without ever repeating the token.
        """
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = self._verifier.verify(token or request.query.get("access_token", ""))
        except Exception:  # noqa: BLE001,RUF100 - whatever is wrong with it, it is refused
            raise web.HTTPUnauthorized(text="invalid token") from None
        grants = claims.video
        if grants is None or not grants.room_join or grants.room != self._name:
            raise web.HTTPUnauthorized(text="this token does not admit to this room")
        if not claims.identity:
            raise web.HTTPUnauthorized(text="this token names nobody")
        return str(claims.identity), grants.can_publish is not False

    async def _join(self, request: web.Request) -> web.StreamResponse:
        identity, can_publish = self._admitted(request)
        try:
            join = decode_join(request.query["join_request"])
        except (KeyError, ValueError):
            raise web.HTTPBadRequest(text="join_request is missing or no JoinRequest") from None
        self._replace(identity)
        others = {who for may, who in self._coming if may is can_publish and who != identity}
        if self.pairing.free_seats(can_publish=can_publish) <= len(others):
            self.counts["refused"] += 1
            seats = PUBLISHERS if can_publish else self.pairing.settings.viewers
            who = "publishers" if can_publish else "viewers"
            raise web.HTTPForbidden(text=f"this room is full: it seats {seats} {who}")
        coming = (can_publish, identity)
        self._coming[coming] += 1
        try:
            websocket = web.WebSocketResponse(max_msg_size=_MAX_JOIN)
            await websocket.prepare(request)
        finally:
            self._coming -= Counter([coming])  # who is not coming any more is not in it
        if join.reconnect:  # nothing is kept of a lost connection: start over
            await websocket.send_bytes(
                messages.leave(models.DisconnectReason.STATE_MISMATCH, rtc.LeaveRequest.RECONNECT)
            )
            await websocket.close()
            return websocket
        self._replace(identity)  # who came by the same name while this one was let in
        seat = PeerTransport(self, websocket)
        try:
            await self._serve(seat, identity, join, can_publish)
        except (ConnectionError, sdp.SdpError) as error:
            log.warning("%s: %s", identity, error)
        finally:
            self._leave(seat)
            await websocket.close()
        return websocket

    async def _serve(
        self, seat: PeerTransport, identity: str, join: rtc.JoinRequest, can_publish: bool
    ) -> None:
        participant, actions = self.pairing.join(
            identity, join, seat.transport, can_publish=can_publish
        )
        seat.participant = participant
        self._seats[participant] = seat
        seat.media.fingerprint = participant.fingerprint
        self._perform(actions)
        writer = asyncio.ensure_future(self._write(seat))
        settling = asyncio.get_running_loop().call_later(
            SETTLE_S, lambda: self._perform(self.pairing.settle(participant))
        )
        try:
            async for message in seat.websocket:
                if message.type != WSMsgType.BINARY:
                    continue
                signal = rtc.SignalRequest()
                try:
                    signal.ParseFromString(message.data)
                except DecodeError:
                    self.counts["undecodable_signals"] += 1
                    continue
                if signal.WhichOneof("message") == "leave":
                    break
                try:
                    self._perform(
                        self.pairing.request(participant, signal, int(time.time() * 1000))
                    )
                except sdp.SdpError as error:
                    self.counts["unanswerable_offers"] += 1
                    log.warning("%s: offer ignored: %s", identity, error)
                seat.media.fingerprint = participant.fingerprint
        finally:
            settling.cancel()
            writer.cancel()

    async def _write(self, seat: PeerTransport) -> None:
        while True:
            data = await seat.outbox.get()
            try:
                await seat.websocket.send_bytes(data)
            except (ConnectionError, RuntimeError):
                return

    def _leave(self, seat: PeerTransport) -> None:
        participant = seat.participant
        if participant is not None:
            self._seats.pop(participant, None)
            self._perform(self.pairing.leave(participant))
            log.info("%s left: %s", participant.identity, dict(seat.media.counts))
        seat.close()

    def _replace(self, identity: str) -> None:
        """The same identity again: the old session goes (as livekit-server does it)."""
        old = self.pairing.named(identity)
        seat = self._seats.get(old) if old else None
        if old is None or seat is None:
            return
        self._leave(seat)
        seat.participant = None
        self.spawn(_turned_out(seat.websocket))


async def _turned_out(websocket: web.WebSocketResponse) -> None:
    """Tell a participant that another one has its name."""
    message = messages.leave(
        models.DisconnectReason.DUPLICATE_IDENTITY, rtc.LeaveRequest.DISCONNECT
    )
    with contextlib.suppress(ConnectionError, RuntimeError):
        await websocket.send_bytes(message)
    await websocket.close()


def decode_join(text: str) -> rtc.JoinRequest:
    """The join request of a connection URL. Raises ValueError for anything else."""
    try:
        wrapped = rtc.WrappedJoinRequest()
        wrapped.ParseFromString(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        raw = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:  # bounded: a bomb stays small
                raw = stream.read(_MAX_JOIN)
        join = rtc.JoinRequest()
        join.ParseFromString(raw)
    except (DecodeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError("no join request") from error
    return join


async def _main(plan: EmbeddedRoomPlan, parent: Parent[Message]) -> None:
    asked = plan.settings
    settings = RoomSettings(plan.name, asked.start_bitrate_kbps, asked.playout_delay_ms)
    room = RoomServer(settings, plan.api_key, plan.api_secret, asked.host)
    port = await room.start(plan.port)
    parent.send(RoomReady(port))
    try:
        await asyncio.Event().wait()  # until cancelled: the parent is gone
    finally:
        await room.stop()


if __name__ == "__main__":
    run(_main, EmbeddedRoomPlan)
