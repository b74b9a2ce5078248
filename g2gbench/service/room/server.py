"""The embedded room's edge: one WebSocket and one UDP socket for each participant.

``python -m g2gbench.service.room.server`` runs one as a process of its own; it prints one line of
JSON with its port when it is ready, and ends with its parent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import io
import logging
import secrets
import socket
import time
from collections import Counter
from collections.abc import Coroutine

from aiohttp import WSMsgType, web
from google.protobuf.message import DecodeError
from livekit import api
from livekit.protocol import models, rtc

from g2gbench.process.child import Parent, Plan, run
from g2gbench.service.room import endpoint, sdp
from g2gbench.service.room.dtls import Certificate
from g2gbench.service.room.pairing import Action, Note, Pairing, RoomSettings, Send
from g2gbench.service.room.participants import Participant

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
SILENCE_S = 8.0  # without connectivity checks for so long, a participant counts as gone
SETTLE_S = 0.5  # who has not published by then only wants to receive
_RECEIVE_BATCH = 64  # datagrams read per wake-up of the event loop
_MAX_JOIN = 1 << 20


class Seat:
    """A participant's sockets."""

    def __init__(self, room: RoomServer, websocket: web.WebSocketResponse) -> None:
        self.websocket = websocket
        self.participant: Participant | None = None
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.media = endpoint.Endpoint(room.certificate)
        self._loop.add_reader(self._socket.fileno(), self._readable)

    @property
    def transport(self) -> sdp.Transport:
        """What the participant is told of its seat."""
        host, port = self._socket.getsockname()
        ice = self.media.ice
        return sdp.Transport(host, port, ice.username, ice.password, self._room.fingerprint)

    def perform(self, actions: list[endpoint.Action]) -> None:
        """Carry out what the transport decided."""
        for action in actions:
            if isinstance(action, endpoint.Media):
                self._room.forward(self, action)
            elif isinstance(action, endpoint.Transmit):
                self.transmit(action)
            else:
                log.info("%s: %s", self._name, action.reason)
                self.drop()

    def transmit(self, action: endpoint.Transmit) -> None:
        """Send one datagram; a full socket buffer is a lost packet, as on any network."""
        try:
            self._socket.sendto(action.data, action.address)
        except OSError:
            self.media.counts["not_sent"] += 1

    def drop(self) -> None:
        """End the participant's session from this side."""
        self._room.spawn(self.websocket.close())

    def close(self) -> None:
        """Free the sockets."""
        if self._timer:
            self._timer.cancel()
        self.perform(self.media.close())
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    @property
    def _name(self) -> str:
        return self.participant.identity if self.participant else "somebody"

    def _readable(self) -> None:
        now_ns = time.monotonic_ns()
        for _ in range(_RECEIVE_BATCH):
            try:
                data, address = self._socket.recvfrom(2048)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                continue
            self.perform(self.media.receive(data, address, now_ns))
            if self.media.state in ("failed", "closed"):
                return
        if self.media.state == "checking":
            self._arm()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        delay = self.media.timeout()
        self._timer = self._loop.call_later(delay, self._on_timer) if delay is not None else None

    def _on_timer(self) -> None:
        if self.media.state == "checking":
            self.perform(self.media.handle_timeout())
            self._arm()


class RoomServer:
    """A room for two, with LiveKit v1 signalling on ``/rtc/v1``.

    Args:
        settings: what the room adds to what it forwards.
        api_key, api_secret: join tokens must be signed with these.

    """

    def __init__(self, settings: RoomSettings, api_key: str, api_secret: str) -> None:
        self.certificate = Certificate()
        self.fingerprint = self.certificate.fingerprint
        self.pairing = Pairing(settings, lambda prefix: prefix + secrets.token_hex(6))
        self.counts: Counter[str] = Counter()
        self._verifier = api.TokenVerifier(api_key, api_secret)
        self._name = settings.name
        self._seats: dict[Participant, Seat] = {}
        self._reserved = 0
        self._tasks: set[asyncio.Task[object]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; the port."""
        app = web.Application()
        app.add_routes(
            [web.get("/rtc/v1", self._join), web.get("/rtc/v1/validate", self._validate)]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.spawn(self._watch())
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Say goodbye to the participants and free everything."""
        leave = rtc.LeaveRequest(
            reason=models.DisconnectReason.SERVER_SHUTDOWN, action=rtc.LeaveRequest.DISCONNECT
        )
        message = rtc.SignalResponse(leave=leave).SerializeToString()
        for seat in list(self._seats.values()):
            try:
                await seat.websocket.send_bytes(message)
                await seat.websocket.close()
            except (ConnectionError, RuntimeError):
                continue
        if self._runner:
            await self._runner.cleanup()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, coroutine: Coroutine[object, object, object]) -> None:
        """Run a coroutine whose end nobody waits for, and keep it referenced."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forward(self, seat: Seat, media: endpoint.Media) -> None:
        """Hand one packet to the partner."""
        participant = seat.participant
        if participant is None:
            return
        if participant.learning is not None and not media.is_rtcp:
            self._perform(self.pairing.packet_seen(participant, media.data))
        partner = self.pairing.partner(participant)
        to = self._seats.get(partner) if partner else None
        if partner is None or to is None:
            self.counts["nobody_to_forward_to"] += 1
            return
        packet = media.data
        if partner.writer and not media.is_rtcp and packet[1] & 0x7F in partner.video_payloads:
            packet = partner.writer(packet)
        action = to.media.send(packet, media.is_rtcp)
        if action is not None:
            to.transmit(action)

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
        self._identity(request)
        return web.Response(text="success")

    def _identity(self, request: web.Request) -> str:
        """The token's identity. Raises HTTP 401 without ever repeating the token."""
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
        return str(claims.identity)

    async def _join(self, request: web.Request) -> web.StreamResponse:
        identity = self._identity(request)
        try:
            join = decode_join(request.query["join_request"])
        except (KeyError, ValueError):
            raise web.HTTPBadRequest(text="join_request is missing or no JoinRequest") from None
        await self._replace(identity)
        if len(self.pairing.participants) + self._reserved >= 2:
            self.counts["refused"] += 1
            raise web.HTTPForbidden(text="this room is full: it has two seats")
        self._reserved += 1
        try:
            websocket = web.WebSocketResponse(max_msg_size=_MAX_JOIN)
            await websocket.prepare(request)
        finally:
            self._reserved -= 1
        if join.reconnect:  # nothing is kept of a lost connection: start over
            leave = rtc.LeaveRequest(
                reason=models.DisconnectReason.STATE_MISMATCH, action=rtc.LeaveRequest.RECONNECT
            )
            await websocket.send_bytes(rtc.SignalResponse(leave=leave).SerializeToString())
            await websocket.close()
            return websocket
        seat = Seat(self, websocket)
        try:
            await self._serve(seat, identity, join)
        except (ConnectionError, sdp.SdpError) as error:
            log.warning("%s: %s", identity, error)
        finally:
            self._leave(seat)
            await websocket.close()
        return websocket

    async def _serve(self, seat: Seat, identity: str, join: rtc.JoinRequest) -> None:
        participant, actions = self.pairing.join(identity, join, seat.transport)
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

    async def _write(self, seat: Seat) -> None:
        while True:
            data = await seat.outbox.get()
            try:
                await seat.websocket.send_bytes(data)
            except (ConnectionError, RuntimeError):
                return

    def _leave(self, seat: Seat) -> None:
        participant = seat.participant
        if participant is not None:
            self._seats.pop(participant, None)
            self._perform(self.pairing.leave(participant))
            log.info("%s left: %s", participant.identity, dict(seat.media.counts))
        seat.close()

    async def _replace(self, identity: str) -> None:
        """The same identity again: the old session goes (as livekit-server does it)."""
        old = self.pairing.named(identity)
        seat = self._seats.get(old) if old else None
        if old is None or seat is None:
            return
        leave = rtc.LeaveRequest(
            reason=models.DisconnectReason.DUPLICATE_IDENTITY, action=rtc.LeaveRequest.DISCONNECT
        )
        with contextlib.suppress(ConnectionError, RuntimeError):
            await seat.websocket.send_bytes(rtc.SignalResponse(leave=leave).SerializeToString())
        self._leave(seat)
        seat.participant = None
        await seat.websocket.close()


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
    except (DecodeError, OSError, EOFError, ValueError) as error:
        raise ValueError("no join request") from error
    return join


async def _main(plan: Plan, parent: Parent) -> None:
    bounds = plan.get("playout_delay_ms")
    settings = RoomSettings(
        name=plan["room"],
        start_bitrate_kbps=plan["start_bitrate_kbps"],
        playout_delay_ms=(bounds[0], bounds[1]) if bounds else None,
    )
    room = RoomServer(settings, plan["api_key"], plan["api_secret"])
    port = await room.start(plan.get("port", 0))
    parent.tell({"port": port})
    try:
        await asyncio.Event().wait()  # until cancelled: the parent is gone
    finally:
        await room.stop()


if __name__ == "__main__":
    run(_main)
