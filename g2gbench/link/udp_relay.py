"""The relay's UDP sockets: one towards the client for each address of the room."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from g2gbench.link.datagrams import UDP_OVERHEAD_BYTES, asked_of, proves
from g2gbench.link.shaper import LinkDirection

log = logging.getLogger(__name__)
HOST: Final = "127.0.0.1"
MOST_CLIENT_SOCKETS: Final = 32
_RECEIVE_BATCH: Final = 64
_BUFFER_BYTES: Final = 1 << 21
_SO_MEMINFO: Final = 55  # linux/sock_diag.h: nine figures, the last are the drops
_MEMORY: Final = struct.Struct("9I")
Address = tuple[str, int]


@dataclass(slots=True, eq=False)
class _Far:
    """A client's socket towards the room; ``proven``: it knows the room's ICE credentials."""

    socket: socket.socket
    proven: bool


class UdpRelay:
    """A NAT's mapping of one media address of the room.

    The client sends to ``address``. Each socket of the client gets one of its own towards the room,
    so the room can tell them apart. The client's side is IPv4 at an address of this machine,
    whatever the room's is: every client has that, no packet of it leaves the machine, and those
    from another one are not taken.

    Args:
        room: IP address and port; IPv4 or IPv6.
        uplink: carries what the client sends.
        downlink: carries what the room sends.
        ufrags: of the room, as its signalling names them; more may come.
        host: of the client's side. Where it is not the loopback, a room there is reached from it,
            too: a browser that takes no media at the loopback takes no answer that names it.

    """

    def __init__(
        self,
        room: Address,
        uplink: LinkDirection,
        downlink: LinkDirection,
        ufrags: Collection[str] = (),
        host: str = HOST,
    ) -> None:
        self._uplink, self._downlink = uplink, downlink
        self._room = room
        ip = ipaddress.ip_address(room[0])
        self._headers = UDP_OVERHEAD_BYTES[ip.version]
        self._family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        # A socket that is bound to the loopback reaches nothing beyond it.
        loopback, anywhere = (host, "0.0.0.0") if ip.version == 4 else ("::1", "::")
        self._far_host = loopback if ip.is_loopback else anywhere
        self._known = None if host == HOST else (host, HOST)  # whose packets are taken
        self._loop = asyncio.get_running_loop()
        self._near = _open(socket.AF_INET, host)
        self._far: dict[Address, _Far] = {}  # by the client's address, oldest first
        self._ufrags = ufrags
        self.strangers = 0  # datagrams of senders for which there was no room
        self._overflowed = 0  # of sockets that are closed
        self._loop.add_reader(self._near.fileno(), self._from_client)

    @property
    def address(self) -> Address:
        """Address to which the client sends."""
        host, port = self._near.getsockname()
        return host, port

    def close(self) -> None:
        """Free the sockets."""
        self._free(self._near)
        for far in self._far.values():
            self._free(far.socket)
        self._far.clear()

    @property
    def overflowed(self) -> int:
        """Datagrams that the kernel dropped since they were not read in time. Linux tells it."""
        return self._overflowed + sum(map(_overflow, self._sockets()))

    def _sockets(self) -> Iterator[socket.socket]:
        yield self._near
        yield from (far.socket for far in self._far.values())

    def _free(self, one: socket.socket) -> None:
        self._overflowed += _overflow(one)
        self._loop.remove_reader(one.fileno())
        one.close()

    def _towards_room(self, client: Address, data: bytes) -> socket.socket | None:
        """The client's socket towards the room; None for a stranger where there is no room."""
        far = self._far.get(client)
        if far is None:
            far = self._welcome(client, proven=self._knows(data))
        elif not far.proven:
            far.proven = self._knows(data)
        if far is None:
            if not self.strangers:
                log.warning("more senders than sockets: strangers are refused")
            self.strangers += 1
            return None
        return far.socket

    def _knows(self, data: bytes) -> bool:
        """Return whether a datagram names credentials of the room, which nobody else here can."""
        return bool(self._ufrags) and asked_of(data) in self._ufrags

    def _welcome(self, client: Address, *, proven: bool) -> _Far | None:
        """A socket for a new client, in the place of another's when there are too many.

        One that has proven itself goes for none that has not, and a stranger for no other one.
        """
        goes = None
        if len(self._far) >= MOST_CLIENT_SOCKETS:
            if not proven:
                return None
            goes = next((a for a, f in self._far.items() if not f.proven), next(iter(self._far)))
        # The other one goes after the new one is open: it must not get that one's port, or what is
        # still on its way there would reach another client.
        far = _Far(_open(self._family, self._far_host), proven)
        if goes is not None:
            self._free(self._far.pop(goes).socket)
        self._far[client] = far
        self._loop.add_reader(far.socket.fileno(), self._from_room, far, client)
        return far

    def _from_client(self) -> None:
        for _ in range(_RECEIVE_BATCH):
            received = _receive(self._near)
            if received is None:
                return
            data, client = received
            if self._known is not None and client[0] not in self._known:
                continue
            far = self._towards_room(client, data)
            if far is None:
                continue
            self._uplink.datagram(data, self._headers, partial(_send, far, data, self._room))

    def _from_room(self, far: _Far, client: Address) -> None:
        for _ in range(_RECEIVE_BATCH):
            received = _receive(far.socket)
            if received is None:
                return
            data, sender = received
            if sender[:2] == self._room:
                far.proven = far.proven or proves(data)
                send = partial(_send, self._near, data, client)
                self._downlink.datagram(data, self._headers, send)


def own_address() -> str:
    """This machine's IPv4 address beyond the loopback; the loopback's where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # no packet is sent to find it (RFC 5737: nobody's)
        except OSError:
            return HOST
        return str(probe.getsockname()[0])


def _open(family: socket.AddressFamily, host: str) -> socket.socket:
    one = socket.socket(family, socket.SOCK_DGRAM)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        one.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
    one.setblocking(False)
    one.bind((host, 0))
    return one


def _receive(one: socket.socket) -> tuple[bytes, Any] | None:
    """A datagram that waits, with its sender."""
    try:
        return one.recvfrom(65536)
    except OSError:  # nothing waits, or an ICMP error of an earlier send
        return None


def _send(through: socket.socket, data: bytes, to: Address) -> bool:
    try:
        through.sendto(data, to)
    except OSError:  # closed meanwhile, or the other side is gone: a lost packet
        return False
    return True


def _overflow(one: socket.socket) -> int:
    try:
        return int(_MEMORY.unpack(one.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMORY.size))[-1])
    except (OSError, struct.error):  # closed, or not Linux
        return 0
