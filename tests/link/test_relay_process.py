"""The relay as the package runs it: a process of its own, with its counts and its log."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import signal
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import numpy as np
import psutil
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from livekit.protocol import rtc

from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.link.settings import LinkSettings
from g2gbench.measure.packets import DIRECTIONS, FATES, KINDS, PACKET, Packets, parse
from g2gbench.process.message import Message
from g2gbench.process.realtime_priority import use_realtime_priority
from g2gbench.process.spawn import Child
from tests.link.sockets import LONG_S, NOTHING, Inbox, client_of, echoing, serving

pytestmark = pytest.mark.integration

SECRET = "sk-not-for-logs"


class _Link:
    """A relay process whose room is whatever ``room`` answers."""

    def __init__(self, child: Child[LinkReady], url: str, folder: Path) -> None:
        self.child, self.url = child, url.replace("ws", "http", 1)
        self.counts: dict[str, int] = {}
        self._folder = folder
        self._told = asyncio.Event()
        child.on_message = self._hear

    def _hear(self, message: Message) -> None:
        if isinstance(message, LinkCounts):
            self.counts = message.counts
            self._told.set()

    async def until(self, holds: Callable[[dict[str, int]], bool]) -> None:
        """Until its counts say so."""
        async with asyncio.timeout(LONG_S):
            while not self.counts or not holds(self.counts):
                self._told.clear()
                await self._told.wait()

    def packets(self) -> Packets:
        return parse((self._folder / "packets").read_bytes())

    def log(self) -> str:
        return (self._folder / "link.log").read_text()


@contextlib.asynccontextmanager
async def _linked(
    folder: Path,
    service_url: str,
    uplink: LinkSettings = NOTHING,
    downlink: LinkSettings = NOTHING,
    *,
    logged: bool = True,
) -> AsyncIterator[_Link]:
    log = folder / "packets" if logged else None
    plan = LinkPlan(Directions(uplink, downlink), 1, service_url, log)
    child = await Child.start(
        "link",
        "g2gbench.link.relay",
        plan,
        folder / "link.log",
        ready=LinkReady,
        answers=(LinkCounts,),
    )
    try:
        ready = await child.ready(LONG_S)
        yield _Link(child, ready.url, folder)
    finally:
        await child.end()


@contextlib.asynccontextmanager
async def _room(media: tuple[str, int]) -> AsyncIterator[str]:
    """Service and room in one: names itself as the room, whose answer names ``media``."""

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if request.path == "/service":
            info = {"type": "livekit_room_info", "livekit_url": f"ws://{request.host}"}
            await socket.send_json(info)
        else:
            host, port = media
            sdp = f"v=0\r\na=candidate:1 1 udp 1 {host} {port} typ host\r\n"
            answer = rtc.SessionDescription(type="answer", sdp=sdp)
            await socket.send_bytes(rtc.SignalResponse(answer=answer).SerializeToString())
        await socket.receive()
        return socket

    async with serving(handler) as host:
        yield f"ws://{host}"


async def _media_address(url: str) -> tuple[str, int]:
    """Where a client that joins through the link sends its media."""
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{url}/service?api_key={SECRET}") as socket:
            info = await socket.receive_json(timeout=LONG_S)
        headers = {"Authorization": f"Bearer {SECRET}"}
        room = info["livekit_url"].replace("ws", "http", 1)
        async with session.ws_connect(f"{room}/rtc?access_token={SECRET}", headers=headers) as one:
            data = await one.receive_bytes(timeout=LONG_S)
    candidate = rtc.SignalResponse.FromString(data).answer.sdp.split("a=")[1].split()
    return candidate[4], int(candidate[5])


def _rtp(sequence: int) -> bytes:
    return (
        bytes([0x80, 0x80 | 96])
        + sequence.to_bytes(2, "big")
        + (90_000 + sequence).to_bytes(4, "big")
        + (7).to_bytes(4, "big")
        + bytes(88)
    )


def _kinds(packets: Packets) -> Counter[str]:
    return Counter(KINDS[code] for code in packets["kind"])


def _of(packets: Packets, direction: str, kind: str) -> Packets:
    chosen = packets["direction"] == DIRECTIONS.index(direction)
    found: Packets = packets[chosen & (packets["kind"] == KINDS.index(kind))]
    return found


async def _exchange(client: Inbox, numbers: range) -> None:
    for number in numbers:
        client.transport.sendto(_rtp(number))
        await client.get()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux schedules like this")
async def test_it_goes_before_others_where_it_may(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as alone:
        may = alone.submit(use_realtime_priority).result()
    async with _linked(tmp_path, "ws://127.0.0.1:9") as link:
        policy = os.sched_getscheduler(link.child.pid) & ~os.SCHED_RESET_ON_FORK
        assert policy == (os.SCHED_RR if may else os.SCHED_OTHER)


async def test_counts_and_log_tell_every_packet_of_the_client(tmp_path: Path) -> None:
    delay, overhead = LinkSettings(delay_s=0.005), LinkSettings(overhead_bytes=10)
    async with (
        echoing() as (_, media),
        _room(media) as url,
        _linked(tmp_path, url, delay, overhead) as link,
    ):
        address = await _media_address(link.url)
        async with client_of(address) as client:
            await _exchange(client, range(50))
            client.transport.sendto(b"\x00\x01\x00\x00")
            await client.get()
        await link.until(lambda counts: counts["media_packets"] == 102)
        await link.child.end()
    packets, counts = link.packets(), link.counts
    assert {FATES[code] for code in packets["fate"]} == {"passed"}
    assert len(packets) == counts["sent"] == counts["uplink.packets"] + counts["downlink.packets"]
    assert counts["log_lost"] == counts["uplink.dropped_loss"] == 0
    up, down = _of(packets, "uplink", "rtp"), _of(packets, "downlink", "rtp")
    assert counts["uplink.rtp_packets"] == counts["downlink.rtp_packets"] == len(up) == len(down)
    assert _kinds(packets)["stun"] == 2
    assert _kinds(packets)["signalling"] > 10
    assert up["sequence"].tolist() == list(range(50))
    assert (up["rtp_timestamp"] == 90_000 + np.arange(50)).all()
    assert set(up["ssrc"]) == {7}
    assert set(up["payload_type"]) == {96}
    assert set(up["marker"]) == {1}
    assert set(up["size"]) == {100}
    assert (up["due_ns"] - up["arrived_ns"] == 5_000_000).all()
    assert (down["due_ns"] == down["arrived_ns"]).all()
    assert (packets["left_ns"] >= packets["due_ns"]).all()
    late_ns = packets["left_ns"] - packets["due_ns"]
    assert counts["late_max_us"] == int(late_ns.max()) // 1000
    assert counts["late_1ms"] == int((late_ns > 1_000_000).sum())
    assert counts["loop_stall_max_us"] >= 0


async def test_what_the_link_drops_copies_and_holds_is_in_the_log(tmp_path: Path) -> None:
    async with (
        echoing() as (_, media),
        _room(media) as url,
        _linked(tmp_path, url, LinkSettings(loss=0.5, duplication=0.5)) as link,
        client_of(await _media_address(link.url)) as client,
    ):
        for number in range(60):
            client.transport.sendto(_rtp(number))
        await link.until(lambda counts: counts["uplink.rtp_packets"] == 60)
        echoed = 60 - link.counts["uplink.dropped_loss"] + link.counts["uplink.duplicated"]
        await link.until(lambda counts: counts["downlink.rtp_packets"] == echoed)
        sent = 60
        # A command takes effect in its own time: send until it has.
        held_back, dark = LinkSettings(delay_s=3600), LinkSettings(blackout=True)
        for directions, holds in (
            (Directions(NOTHING, held_back), lambda counts: _inside(counts) > 0),
            (Directions(dark, held_back), lambda x: x["uplink.dropped_blackout"] > 0),
        ):
            link.child.send(directions)
            while not holds(link.counts):
                client.transport.sendto(_rtp(sent))
                sent += 1
                await link.until(lambda counts: counts["uplink.rtp_packets"] == sent)  # noqa: B023 - awaited here
        await link.child.end()
    packets, counts = link.packets(), link.counts
    fates = Counter(FATES[code] for code in _of(packets, "uplink", "rtp")["fate"])
    assert fates["loss"] == counts["uplink.dropped_loss"] > 10
    assert fates["copy"] == counts["uplink.duplicated"] > 5
    assert fates["blackout"] == counts["uplink.dropped_blackout"] > 0
    assert fates["passed"] + fates["loss"] + fates["blackout"] == sent
    held = packets[packets["fate"] == FATES.index("held")]
    assert len(held) == _inside(counts) > 0
    assert (held["left_ns"] == -1).all()
    assert (held["due_ns"] - held["arrived_ns"] == 3600 * 10**9).all()


def _inside(counts: dict[str, int]) -> int:
    """How many packets came and neither left nor were dropped."""
    came = counts["uplink.packets"] + counts["downlink.packets"]
    copies = counts["uplink.duplicated"] + counts["downlink.duplicated"]
    dropped = sum(number for name, number in counts.items() if ".dropped_" in name)
    return came + copies - dropped - counts["sent"]


async def test_a_killed_relay_leaves_no_child_and_a_log_up_to_its_last_second(
    tmp_path: Path,
) -> None:
    async with (
        echoing() as (_, media),
        _room(media) as url,
        _linked(tmp_path, url) as link,
        client_of(await _media_address(link.url)) as client,
    ):
        await _exchange(client, range(30))
        await link.until(lambda counts: counts["media_packets"] == 60)
        # What it told of, it has written: the log goes first.
        written = len(_of(link.packets(), "uplink", "rtp"))
        assert psutil.Process(link.child.pid).children(recursive=True) == []
        os.kill(link.child.pid, signal.SIGKILL)
        await asyncio.wait_for(link.child.ended.wait(), LONG_S)
    assert written == 30
    data = (tmp_path / "packets").read_bytes()
    assert len(parse(data)) == len(data) // PACKET.itemsize >= 60


async def test_without_a_log_there_is_none(tmp_path: Path) -> None:
    async with (
        echoing() as (_, media),
        _room(media) as url,
        _linked(tmp_path, url, logged=False) as link,
        client_of(await _media_address(link.url)) as client,
    ):
        await _exchange(client, range(3))
        await link.until(lambda counts: counts["media_packets"] == 6)
    assert not (tmp_path / "packets").exists()
    assert link.counts["log_lost"] == 0


async def test_neither_keys_nor_queries_are_logged_whatever_happens(tmp_path: Path) -> None:
    async def answer_badly(request: web.Request) -> web.StreamResponse:
        if request.path == "/refused":
            raise web.HTTPUnauthorized(text=SECRET)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    headers = {"Authorization": f"Bearer {SECRET}"}
    async with (
        serving(answer_badly) as host,
        _linked(tmp_path, f"ws://{host}") as link,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        for path, status in (("refused", 401), ("closed", 502)):
            url = f"{link.url}/{path}?access_token={SECRET}&join_request={SECRET}"
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)
            async with session.get(url) as answer:
                assert answer.status == status
    async with (
        _linked(tmp_path, "ws://not a host") as link,
        aiohttp.ClientSession() as session,
        session.get(f"{link.url}/?api_key={SECRET}") as answer,
    ):
        assert answer.status == 502
    assert SECRET not in link.log()


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1, and a server's context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "link test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return path, context


async def test_services_and_rooms_behind_tls_are_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def secure(request: web.Request) -> web.StreamResponse:
        assert request.scheme == "https"
        if request.path == "/plain":
            return web.Response(text="secure")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if request.path == "/service":
            info = {"type": "livekit_room_info", "livekit_url": f"wss://{request.host}"}
            await socket.send_json(info)
        await socket.receive()
        await socket.close(code=4000)
        return socket

    path, context = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with (
        serving(secure, ssl_context=context) as host,
        _linked(tmp_path, f"wss://{host}") as link,
        aiohttp.ClientSession() as session,
    ):
        async with session.get(f"{link.url}/plain") as answer:
            assert await answer.text() == "secure"
        async with session.ws_connect(f"{link.url}/service") as socket:
            info = await socket.receive_json(timeout=LONG_S)
        room = info["livekit_url"]
        assert room.startswith("ws://127.0.0.1:")
        async with session.ws_connect(room.replace("ws", "http", 1) + "/rtc") as socket:
            await socket.send_bytes(rtc.SignalRequest(ping=1).SerializeToString())
            await socket.receive(timeout=LONG_S)
            assert socket.close_code == 4000
