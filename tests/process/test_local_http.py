"""Local HTTP servers: whom they answer, how many they take, and what they log of rubbish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import resource
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from g2gbench.process import local_http
from g2gbench.process.local_http import Origins, Site, guard, host_of, is_loopback, is_own

HOST = "127.0.0.1"
SECRET = "sk-a-very-secret-key"
LONG_S = 30.0


async def _hello(request: web.Request) -> web.Response:
    if "fail" in request.query:
        raise ValueError(SECRET)
    return web.Response(text="hello")


@contextlib.asynccontextmanager
async def serving(
    origins: Origins = "own", names: tuple[str, ...] | None = (), most: int = 50
) -> AsyncIterator[int]:
    app = web.Application(middlewares=[guard(origins, names)])
    app.router.add_get("/", _hello)
    site = Site(app, shutdown_s=0.1, most=most)
    try:
        yield await site.start(HOST)
    finally:
        site.close()
        await site.stop()
        await site.stop()  # safe to call again


async def asked(port: int, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://{HOST}:{port}/", headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:80", "[::1]:80", "localhost:80", "LOCALHOST", "a.localhost"]
)
async def test_this_machines_addresses_and_localhost_are_answered(host: str) -> None:
    async with serving() as port:
        assert await asked(port, Host=host) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "[", "127.0.0.1.nip.io"])
async def test_another_name_that_leads_here_is_not_answered(host: str) -> None:
    async with serving() as port:
        assert await asked(port, Host=host) == 403
    async with serving(names=None) as port:
        assert await asked(port, Host=host or "x") == 200


async def test_a_name_that_was_given_is_answered() -> None:
    async with serving(names=("Bench.lan",)) as port:
        assert await asked(port, Host="bench.lan:80") == 200
        assert await asked(port, Host="other.lan:80") == 403


@pytest.mark.parametrize(
    ("origins", "answered"),
    [
        ("none", []),
        ("own", ["own"]),
        ("local", ["own", "http://localhost:1", "http://127.0.0.2:1", "http://[::1]:9"]),
        ("any", ["own", "http://localhost:1", "https://evil.example", "null", "http://["]),
    ],
)
async def test_pages_are_answered_by_their_origin(origins: Origins, answered: list[str]) -> None:
    every = ["own", "http://localhost:1", "https://evil.example", "null", "http://["]
    async with serving(origins) as port:
        assert await asked(port) == 200  # who is no page
        for origin in [*every, *answered]:
            sent = f"http://{HOST}:{port}" if origin == "own" else origin
            assert await asked(port, Origin=sent) == (200 if origin in answered else 403), origin


def test_this_machine_is_known_by_its_addresses_and_names() -> None:
    assert all(map(is_own, ("127.0.0.9", "::1", "localhost", socket.gethostname().lower())))
    assert not any(map(is_own, ("192.0.2.1", "2001:db8::1", "evil.example", "")))


def test_hosts_are_read_from_what_stands_before_the_port() -> None:
    assert [host_of(text) for text in ("A:1", "[::1]:2", "a", "", "[")] == ["a", "::1", "a", "", ""]
    assert is_loopback("::1")
    assert not is_loopback("192.0.2.1")


async def sent(port: int, data: bytes, *, ended: bool = False) -> bytes:
    """What comes back for some bytes until the server closes; ``ended``: the input ends."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(data)
        if ended:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), LONG_S)
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


MALFORMED = [
    f"GET /?api_key={SECRET} with spaces HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(),
    f"GET /?api_key={SECRET}\0 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(),
    f"GET /?api_key={SECRET} HTTP/1.1\r\nHost: {HOST}\r\nX: {'x' * 9000}\r\n\r\n".encode(),
    f"GET /?api_key={SECRET}{'x' * 9000} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(),
    f"GET /?api_key={SECRET} HTTP/1.1\r\nHost {SECRET}\r\n\r\n".encode(),
    f"GET /?api_key={SECRET} HTTP/1.1\r\nContent-Length: {SECRET}\r\n\r\n".encode(),
    f"GET http://[/?api_key={SECRET} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(),
]


@pytest.mark.parametrize("data", MALFORMED)
async def test_a_malformed_request_is_a_400_and_one_line_that_repeats_nothing_of_it(
    data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as port:
        with caplog.at_level(logging.DEBUG):
            assert (await sent(port, data)).startswith(b"HTTP/1.0 400 ")
        assert await asked(port) == 200
    (record,) = [one for one in caplog.records if one.levelno > logging.DEBUG]
    assert record.getMessage().startswith("a malformed request was refused")
    assert record.exc_info is None
    assert SECRET not in caplog.text


async def test_a_handler_that_fails_is_told_in_one_line_without_what_it_was_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        serving() as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://{HOST}:{port}/?fail={SECRET}") as answer,
    ):
        assert answer.status == 500
        assert SECRET not in await answer.text()
    (record,) = [one for one in caplog.records if one.levelno > logging.DEBUG]
    assert "ValueError in" in record.getMessage()
    assert record.exc_info is None
    assert SECRET not in caplog.text


async def test_rubbish_never_ends_in_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(5)
    whole = (
        f"POST /?api_key={SECRET} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nbody"
    ).encode()
    async with serving() as port:
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            await sent(port, bytes(data[: chance.randrange(len(data) + 1)]), ended=True)
        assert await asked(port) == 200
    assert [record for record in caplog.records if record.exc_info] == []
    assert SECRET not in caplog.text


async def test_one_connection_too_many_is_refused_and_those_that_are_there_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    most = 8
    async with serving(most=most) as port:
        there = [await asyncio.open_connection(HOST, port) for _ in range(most)]
        request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        first_reader, first_writer = there[0]
        first_writer.write(request)
        assert (await first_reader.readline()).startswith(b"HTTP/1.1 200")
        for _ in range(3):
            assert await sent(port, request) == b""
        first_writer.write(request)
        await first_reader.readuntil(b"hello")
        await first_reader.readuntil(b"hello")
        for _, writer in there:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(LONG_S):
            while await sent(port, request, ended=True) == b"" and await asked(port) != 200:
                pass
    assert [r.getMessage() for r in caplog.records] == [
        "8 connections are open: one more is refused"
    ]


@pytest.mark.parametrize(("limit", "most"), [(64, 64), (resource.RLIM_INFINITY, 1 << 16)])
def test_the_limit_is_that_of_the_machine(
    limit: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert local_http.most_descriptors() == most
