"""ICE gathering without a session: host addresses, and what STUN servers say of us.

STUN (RFC 8489): a binding request is answered with the address from which it came, which is a
server-reflexive candidate.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aioice import ice, stun

from g2gbench.stun_message import parse

DEFAULT_SERVERS = ("stun:stun.l.google.com:19302",)
TIMEOUT_S = 5.0
NO_ANSWER, NO_NAME = "no answer in time", "its name cannot be resolved"
_AGAIN_S = 0.25  # the first answer is waited for so long, then twice as long, and so on
_OTHERS_S = 1.0  # once one server has answered, the others have so much longer
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_URL = re.compile(r"stun:(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\[\]:/?#]+))(?::(?P<port>\d+))?")
_PORT = 3478
_FIRST = asyncio.FIRST_COMPLETED


@dataclass(frozen=True, slots=True)
class StunServer:
    """Address of a STUN server; ``label``: the name to show, if another one."""

    host: str
    port: int
    label: str = ""

    @classmethod
    def parse(cls, url: str) -> StunServer:
        """``stun:host[:port]``, IPv6 in brackets. Raises ValueError for anything else."""
        found = _URL.fullmatch(url)
        port = int(found["port"] or _PORT) if found else 0
        if found is None or not 0 < port < 65536:
            raise ValueError(f"{url!r} is no STUN server; allowed: stun:HOST or stun:HOST:PORT")
        return cls(found["v6"] or found["host"], port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.label or f"stun:{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of asking one server over IPv4 or IPv6.

    ``rtt_ms``: from the request that was answered to its answer; None without an answer, and then
    ``error`` says why.
    """

    server: str
    family: str
    rtt_ms: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Result of ICE gathering.

    ``hosts``: families of this machine's own addresses. ``took_ms``: until the end of gathering.
    """

    hosts: tuple[str, ...]
    probes: tuple[Probe, ...]
    took_ms: float

    @property
    def transport(self) -> str:
        """``udp`` when a server answered, ``relay`` when there are only own addresses, else
        ``failed``.
        """
        if any(probe.rtt_ms is not None for probe in self.probes):
            return "udp"
        return "relay" if self.hosts else "failed"

    @property
    def is_conclusive(self) -> bool:
        """Whether any server was asked that answered, or could have: a name that cannot be
        resolved and a port where nobody listens say nothing of the way.
        """
        return any(p.rtt_ms is not None or p.error == NO_ANSWER for p in self.probes)

    @property
    def rtt_ms(self) -> float | None:
        """Round trip to the server that answered fastest; None when none did."""
        answered = [probe.rtt_ms for probe in self.probes if probe.rtt_ms is not None]
        return min(answered, default=None)


@dataclass(slots=True)
class _Asking(asyncio.DatagramProtocol):
    """One server's answers to requests that each have an id of their own."""

    sent_ns: dict[bytes, int] = field(default_factory=dict)
    answer: asyncio.Future[float] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def datagram_received(self, data: bytes, addr: object) -> None:
        now_ns = time.monotonic_ns()
        message = parse(data)
        if message is None:
            return
        sent_ns = self.sent_ns.get(message.transaction_id)
        is_answer = message.message_class is stun.Class.RESPONSE
        if is_answer and sent_ns is not None and not self.answer.done():
            self.answer.set_result((now_ns - sent_ns) / 1e6)

    def error_received(self, exc: Exception) -> None:
        """The network refused a request (ICMP)."""
        if not self.answer.done():
            self.answer.set_exception(exc)


async def gather(
    servers: Sequence[StunServer],
    *,
    timeout_s: float = TIMEOUT_S,
    addresses: Callable[[bool, bool], list[str]] = ice.get_host_addresses,
) -> Gathering:
    """Ask every server over IPv4 and IPv6; ends when all have answered, or after ``timeout_s``.

    ``addresses``: (IPv4 wanted, IPv6 wanted) -> this machine's own addresses, no loopback.
    """
    start_ns = time.monotonic_ns()
    own = await asyncio.to_thread(addresses, True, True)
    hosts = tuple(dict.fromkeys("IPv6" if ":" in address else "IPv4" for address in own))
    deadline_s = time.monotonic() + timeout_s
    targets, probes = await _resolve(servers, timeout_s / 2)
    asked = {asyncio.ensure_future(_ask(target)): target for target in targets}
    waits = set(asked)
    while waits and (left_s := deadline_s - time.monotonic()) > 0:
        done, waits = await asyncio.wait(waits, timeout=left_s, return_when=_FIRST)
        if any(task.result().rtt_ms is not None for task in done):
            deadline_s = min(deadline_s, time.monotonic() + _OTHERS_S)
    for task, target in asked.items():
        if task.done():
            probes.append(task.result())
        else:
            task.cancel()
            probes.append(Probe(target.server, target.family, None, NO_ANSWER))
    await asyncio.gather(*waits, return_exceptions=True)
    return Gathering(hosts, tuple(probes), (time.monotonic_ns() - start_ns) / 1e6)


@dataclass(frozen=True, slots=True)
class _Target:
    """One address to ask."""

    server: str
    family: str
    address: tuple[str, int]


async def _resolve(
    servers: Sequence[StunServer], timeout_s: float
) -> tuple[list[_Target], list[Probe]]:
    """One address of each family that a server's name has, and what became of the other names."""
    loop = asyncio.get_running_loop()
    looked_up = {
        asyncio.ensure_future(
            loop.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)
        ): str(server)
        for server in servers
    }
    if looked_up:
        await asyncio.wait(looked_up, timeout=timeout_s)
    targets: list[_Target] = []
    probes: list[Probe] = []
    for task, server in looked_up.items():
        if not task.done() or task.exception() is not None:
            task.cancel()
            probes.append(Probe(server, "any", None, NO_NAME))
            continue
        by_family = {family: address for family, *_, address in reversed(task.result())}
        for family, name in _FAMILIES.items():
            if family in by_family:
                host, port = by_family[family][:2]
                targets.append(_Target(server, name, (str(host), int(port))))
    return targets, probes


async def _ask(target: _Target) -> Probe:
    """Ask until an answer comes, or the network refuses."""
    server, family = target.server, target.family
    loop = asyncio.get_running_loop()
    try:
        transport, asking = await loop.create_datagram_endpoint(_Asking, remote_addr=target.address)
    except OSError as error:
        return Probe(server, family, None, error.strerror or type(error).__name__)
    try:
        wait_s = _AGAIN_S
        while True:
            request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            asking.sent_ns[request.transaction_id] = time.monotonic_ns()
            transport.sendto(bytes(request))
            done, _ = await asyncio.wait({asking.answer}, timeout=wait_s)
            if done:
                return Probe(server, family, asking.answer.result())
            wait_s *= 2
    except OSError as error:
        return Probe(server, family, None, error.strerror or type(error).__name__)
    finally:
        transport.close()
