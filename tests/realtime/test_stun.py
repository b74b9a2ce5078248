"""Gathering against STUN servers on the loopback: answering, slow, silent, refusing, absent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from aioice import stun

from g2gbench.realtime.stun import Gathering, Probe, StunServer, gather
from g2gbench.service.stun import StunServer as Answering

OWN = ["192.0.2.7"]


async def _gather(*servers: StunServer, timeout_s: float = 5.0, own: list[str] = OWN) -> Gathering:
    return await gather(servers, timeout_s=timeout_s, addresses=lambda v4, v6: own)


@contextlib.asynccontextmanager
async def _answering(host: str = "127.0.0.1", delay_s: float = 0.0) -> AsyncIterator[StunServer]:
    server = Answering(delay_s)
    port = await server.start(host)
    try:
        yield StunServer(host, port)
    finally:
        server.stop()


@contextlib.contextmanager
def _silent() -> Iterator[StunServer]:
    """A socket that takes everything and answers nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        yield StunServer("127.0.0.1", one.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("stun:stun.example.org:19302", StunServer("stun.example.org", 19302)),
        ("stun:192.0.2.1", StunServer("192.0.2.1", 3478)),
        ("stun:[::1]:99", StunServer("::1", 99)),
    ],
)
def test_a_server_is_named_by_its_url(url: str, server: StunServer) -> None:
    assert StunServer.parse(url) == server
    assert StunServer.parse(str(server)) == server


@pytest.mark.parametrize(
    "url", ["", "stun:", "turn:host", "stun:host:0", "stun:host:65536", "stun:::1", "stun:a/b"]
)
def test_what_names_no_server_is_refused_with_what_does(url: str) -> None:
    with pytest.raises(ValueError, match="allowed: stun:HOST or stun:HOST:PORT"):
        StunServer.parse(url)


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", "IPv4"), ("::1", "IPv6")])
async def test_an_answer_is_a_way_out_with_its_round_trip(host: str, family: str) -> None:
    async with _answering(host) as server:
        found = await _gather(server)
    (probe,) = found.probes
    assert (probe.server, probe.family, probe.error) == (str(server), family, "")
    assert found.transport == "udp"
    assert found.rtt_ms == probe.rtt_ms
    assert found.rtt_ms is not None
    assert found.rtt_ms > 0


async def test_a_slow_server_is_as_slow_as_it_is() -> None:
    async with _answering(delay_s=0.4) as server:
        found = await _gather(server)
    assert found.rtt_ms is not None
    assert found.rtt_ms >= 400  # not less for having been asked again meanwhile


async def test_a_server_that_never_answers_ends_in_time() -> None:
    with _silent() as server:
        found = await _gather(server, timeout_s=0.6)
    assert found.probes == (Probe(str(server), "IPv4", None, "no answer in time"),)
    assert found.transport == "relay"
    assert found.rtt_ms is None
    assert found.took_ms >= 600


async def test_a_port_where_nobody_listens_is_a_refusal() -> None:
    with _silent() as server:
        pass
    found = await _gather(server)
    assert found.probes[0].error == "Connection refused"
    assert found.transport == "relay"


async def test_a_name_that_is_none_is_told() -> None:
    found = await _gather(StunServer("no..name", 3478))
    assert found.probes[0].error == "its name cannot be resolved"


async def test_nothing_of_ones_own_and_no_answer_is_no_network() -> None:
    with _silent() as server:
        found = await _gather(server, timeout_s=0.3, own=[])
    assert found.transport == "failed"
    assert found.hosts == ()


async def test_once_one_server_has_answered_the_others_are_not_waited_for() -> None:
    async with _answering() as quick:
        with _silent() as silent:
            found = await _gather(silent, quick, timeout_s=30)
    assert found.took_ms < 30_000
    by_server = {probe.server: probe for probe in found.probes}
    assert by_server[str(quick)].rtt_ms is not None
    assert by_server[str(silent)].error == "no answer in time"
    assert found.transport == "udp"


async def test_the_families_of_ones_own_addresses_are_told_once() -> None:
    async with _answering() as server:
        found = await _gather(server, own=["192.0.2.1", "2001:db8::1", "192.0.2.2"])
    assert found.hosts == ("IPv4", "IPv6")


async def test_answers_to_nothing_that_was_asked_are_no_answers() -> None:
    class Liar(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            foreign = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
            for answer in (b"", b"nonsense", data, bytes(foreign)):
                self.transport.sendto(answer, addr)  # type: ignore[attr-defined] # a datagram transport

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Liar, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    found = await _gather(StunServer("127.0.0.1", port), timeout_s=0.6)
    transport.close()
    assert found.transport == "relay"


async def test_this_machines_own_addresses_are_found() -> None:
    async with _answering() as server:
        found = await gather([server])
    assert set(found.hosts) <= {"IPv4", "IPv6"}
    assert found.transport == "udp"
