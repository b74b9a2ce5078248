"""Datagrams through the relay's sockets."""

from __future__ import annotations

import contextlib
import socket
import sys
import time

import psutil
import pytest
from aioice import stun

from g2gbench.link.emulation import LinkEmulator, LinkSettings
from g2gbench.link.relay import MOST_PATHS
from g2gbench.link.udp_relay import HOST, MOST_CLIENT_SOCKETS, own_address
from tests.link.sockets import client_of, echoing, relaying, until

RTP = bytes([0x80, 96]) + bytes(10)


needs_own_address = pytest.mark.skipif(
    own_address() == HOST, reason="no address beyond the loopback"
)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_datagrams_go_both_ways_and_are_counted() -> None:
    async with (
        echoing() as (_, room),
        relaying() as relay,
        client_of(relay.media_address(room)) as client,
    ):
        for number in range(20):
            client.transport.sendto(RTP + bytes([number]))
        client.transport.sendto(b"\x00\x01")
        assert [(await client.get())[-1] for _ in range(20)] == list(range(20))
        assert await client.get() == b"\x00\x01"
        counts = relay.counts()
    for way in ("uplink", "downlink"):
        assert counts[f"{way}.packets"] == 21
        assert counts[f"{way}.rtp_packets"] == 20
        assert counts[f"{way}.bytes"] == 20 * (13 + 28) + 2 + 28
    assert counts["media_packets"] == counts["sent"] == 42


async def test_a_datagram_is_never_earlier_than_both_delays() -> None:
    slow = LinkSettings(delay_s=0.03)
    async with (
        echoing() as (_, room),
        relaying(slow, slow) as relay,
        client_of(relay.media_address(room)) as client,
    ):
        start_ns = time.monotonic_ns()
        client.transport.sendto(b"x")
        await client.get()
        assert time.monotonic_ns() - start_ns >= 60_000_000


async def test_the_seed_says_which_datagrams_are_lost_and_the_rest_arrives() -> None:
    loss = LinkSettings(loss=0.5)
    core = LinkEmulator(loss, 2, 0)  # seed 1, uplink
    for number in range(40):
        core.offer(1, number, number)
    survivors = [x.token for x in core.advance(40) if x.fate == "passed"]
    async with (
        echoing() as (_, room),
        relaying(loss) as relay,
        client_of(relay.media_address(room)) as client,
    ):
        for number in range(40):
            client.transport.sendto(bytes([number]))
        assert [(await client.get())[0] for _ in survivors] == survivors
        assert relay.counts()["uplink.dropped_loss"] == 40 - len(survivors)


async def test_each_socket_of_the_client_has_one_towards_the_room() -> None:
    async with echoing() as (echo, room), relaying() as relay:
        address = relay.media_address(room)
        assert relay.media_address(room) == address
        async with client_of(address) as first, client_of(address) as second:
            for client, data in ((first, b"1"), (second, b"2"), (first, b"3")):
                client.transport.sendto(data)
                assert await client.get() == data
        assert len(echo.senders) == 2


async def test_sockets_towards_the_room_are_bounded_and_the_oldest_goes() -> None:
    async with echoing() as (echo, room), relaying() as relay, contextlib.AsyncExitStack() as open_:
        address, process = relay.media_address(room), psutil.Process()
        clients = [
            await open_.enter_async_context(client_of(address))
            for _ in range(MOST_CLIENT_SOCKETS + 1)
        ]
        before = process.num_fds()
        relay.know("room")
        for client in clients[:-1]:
            client.transport.sendto(b"x")
            await client.get()
        assert len(echo.senders) == MOST_CLIENT_SOCKETS == process.num_fds() - before
        clients[-1].transport.sendto(b"a stranger's")
        await until(lambda: relay.counts()["strangers"] == 1)
        assert len(echo.senders) == MOST_CLIENT_SOCKETS
        for client in (clients[-1], clients[0]):  # the first one's socket goes for the last one's
            client.transport.sendto(_check("room"))
            assert await client.get() == _check("room")
            assert process.num_fds() - before == MOST_CLIENT_SOCKETS
            # Not the port that was freed for it: what is still on its way there is the oldest's.
            assert len(echo.senders) > MOST_CLIENT_SOCKETS


def _check(ufrag: str) -> bytes:
    """A connectivity check."""
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"t" * 12)
    check.attributes["PRIORITY"] = 7
    check.attributes["USERNAME"] = f"{ufrag}:client"
    return bytes(check)


@pytest.mark.parametrize("proof", ["a check", "an answer", "dtls"])
async def test_who_has_proven_itself_is_given_up_for_no_stranger(proof: str) -> None:
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, b"t" * 12)
    sent = {"a check": _check("room"), "an answer": bytes(answer), "dtls": bytes([22]) + b"x" * 40}
    async with (
        echoing() as (echo, room),
        relaying() as relay,
        contextlib.AsyncExitStack() as open_,
    ):
        relay.know("room")
        address = relay.media_address(room)
        client = await open_.enter_async_context(client_of(address))
        client.transport.sendto(b"x")  # the first thing that comes of it proves nothing
        assert await client.get() == b"x"
        client.transport.sendto(sent[proof])
        assert await client.get() == sent[proof]
        strangers = [await open_.enter_async_context(client_of(address)) for _ in range(40)]
        for _ in range(3):
            for number, stranger in enumerate(strangers):
                stranger.transport.sendto(_check("guessed") if number % 2 else b"rubbish")
        more = [await open_.enter_async_context(client_of(address)) for _ in range(3)]
        for one in more:  # who knows the room comes in all the same
            one.transport.sendto(_check("room"))
            assert await one.get() == _check("room")
        await until(lambda: relay.counts()["strangers"] > 0)
        known = set(echo.senders)
        client.transport.sendto(b"still there")
        assert await client.get() == b"still there"
        assert echo.senders == known


async def test_the_room_may_name_so_many_addresses(caplog: pytest.LogCaptureFixture) -> None:
    async with relaying() as relay:
        for port in range(1, MOST_PATHS + 1):
            relay.media_address((HOST, port))
        with pytest.raises(ValueError, match="more addresses"):
            relay.media_address((HOST, MOST_PATHS + 1))
        assert relay.media_address((HOST, 1))


async def test_what_a_stranger_sends_does_not_reach_the_client() -> None:
    async with (
        echoing() as (echo, room),
        relaying() as relay,
        client_of(relay.media_address(room)) as client,
    ):
        client.transport.sendto(b"hello")
        assert await client.get() == b"hello"
        (far,) = echo.senders
        async with client_of(far) as stranger:
            stranger.transport.sendto(b"stranger")
            client.transport.sendto(b"room")
            assert await client.get() == b"room"
        assert relay.counts()["downlink.packets"] == 2


@pytest.mark.skipif(not _has_ipv6(), reason="no ::1 on this machine")
async def test_a_room_on_ipv6_is_reached_through_the_link() -> None:
    async with (
        echoing("::1") as (echo, room),
        relaying() as relay,
        client_of(relay.media_address(room)) as client,
    ):
        client.transport.sendto(b"12")
        assert await client.get() == b"12"
        assert relay.counts()["uplink.bytes"] == 2 + 48
        assert {host for host, _ in echo.senders} == {"::1"}


@needs_own_address
async def test_a_room_beyond_the_loopback_is_reached_from_an_address_that_it_can_answer() -> None:
    own = own_address()
    async with (
        echoing(own) as (echo, room),
        relaying() as relay,
        client_of(relay.media_address(room)) as client,
    ):
        assert relay.media_address(room)[0] == HOST
        client.transport.sendto(b"x")
        assert await client.get() == b"x"
        assert {host for host, _ in echo.senders} == {own}


@needs_own_address
async def test_a_browser_that_takes_nothing_at_the_loopback_never_sees_it() -> None:
    """Neither where it sends to, nor as the address that the room tells it to be known by."""
    own = own_address()
    async with echoing() as (echo, room), relaying(routed=True) as relay:
        address = relay.media_address(room)
        assert address[0] == own
        async with client_of(address) as client:
            client.transport.sendto(b"x")
            assert await client.get() == b"x"
        assert {host for host, _ in echo.senders} == {own}
        counts = relay.counts()
        async with client_of(address, "127.0.0.2") as stranger, client_of(address) as client:
            stranger.transport.sendto(b"y")
            client.transport.sendto(b"z")
            assert await client.get() == b"z"
            assert stranger.queue.empty()
        assert relay.counts()["uplink.packets"] == counts["uplink.packets"] + 1


async def test_without_another_address_the_loopback_has_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", unreachable)
        assert own_address() == HOST


async def test_a_room_that_is_gone_is_a_loss_not_an_error() -> None:
    async with echoing() as (_, room):
        pass
    async with (
        echoing() as (_, other),
        relaying() as relay,
        client_of(relay.media_address(room)) as lost,
        client_of(relay.media_address(other)) as client,
    ):
        for _ in range(3):
            lost.transport.sendto(b"x")
            client.transport.sendto(b"y")
            assert await client.get() == b"y"
        assert relay.counts()["uplink.packets"] == 6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what it dropped")
async def test_datagrams_that_are_not_read_in_time_are_counted() -> None:
    async with (
        echoing() as (_, room),
        relaying() as relay,
        client_of(relay.media_address(room)) as client,
    ):
        for _ in range(5000):  # the loop, which would read them, has no turn meanwhile
            client.transport.sendto(bytes(1200))
        client.transport.sendto(b"last")
        await until(lambda: relay.counts()["uplink.packets"] + relay.counts()["overflowed"] > 4999)
        counts = relay.counts()
        assert counts["overflowed"] > 0
    assert relay.counts()["overflowed"] >= counts["overflowed"]  # also of sockets that are closed


async def test_datagrams_that_a_socket_refuses_are_counted() -> None:
    async with (
        echoing() as (_, room),
        relaying() as relay,
        client_of(relay.media_address((room[0], 0))) as client,  # port 0 takes nothing
        client_of(relay.media_address(room)) as other,
    ):
        client.transport.sendto(b"x")
        for _ in range(2):
            other.transport.sendto(b"y")
            await other.get()
        await until(lambda: relay.counts()["uplink.packets"] == 3)
        assert relay.counts()["unsent"] == 1
