"""A participant's place in the room: its WebSocket and its UDP socket."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Coroutine
from typing import Protocol

from aiohttp import web

from g2gbench.service.sfu import endpoint, sdp
from g2gbench.service.sfu.dtls import Certificate
from g2gbench.service.sfu.participants import Participant

log = logging.getLogger(__name__)
_RECEIVE_BATCH = 64  # datagrams read per wake-up of the event loop


class Room(Protocol):
    """Room as its peer transports use it."""

    certificate: Certificate
    host: str

    def forward(self, seat: PeerTransport, media: endpoint.Media) -> None:
        """Hand one packet on."""

    def spawn(self, coroutine: Coroutine[object, object, object]) -> None:
        """Run a coroutine whose end nobody waits for."""


class PeerTransport:
    """A participant's sockets."""

    def __init__(self, room: Room, websocket: web.WebSocketResponse) -> None:
        self.websocket = websocket
        self.participant: Participant | None = None
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self._socket.bind((room.host, 0))
        self._socket.setblocking(False)
        self.media = endpoint.Endpoint(room.certificate)
        self._loop.add_reader(self._socket.fileno(), self._readable)

    @property
    def transport(self) -> sdp.Transport:
        """The participant's transport, as its offer gets it."""
        host, port = self._socket.getsockname()
        ice = self.media.ice
        return sdp.Transport(
            host, port, ice.username, ice.password, self._room.certificate.fingerprint
        )

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
        """Free the sockets; safe to call again."""
        if self._socket.fileno() < 0:
            return
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
