"""The STUN server on a real socket."""

from __future__ import annotations

import asyncio
import logging
import random
import socket

import pytest
from aioice import stun

from g2gbench.service.stun import StunServer


async def _ask(port: int, *requests: bytes) -> tuple[stun.Message, tuple[str, int]]:
    """The first answer to these datagrams, and the address from which they were sent."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        one.connect(("127.0.0.1", port))
        for request in requests:
            await loop.sock_sendall(one, request)
        answer = await asyncio.wait_for(loop.sock_recv(one, 2048), 30)
        return stun.parse_message(answer), one.getsockname()


async def test_a_request_is_answered_with_the_address_it_came_from() -> None:
    server = StunServer()
    port = await server.start()
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    answer, own = await _ask(port, bytes(request))
    server.stop()
    assert answer.message_class is stun.Class.RESPONSE
    assert answer.transaction_id == request.transaction_id
    assert tuple(answer.attributes["XOR-MAPPED-ADDRESS"]) == own
    assert server.requests == 1


async def test_anything_else_is_not_answered() -> None:
    server = StunServer()
    port = await server.start()
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    others = [
        b"",
        b"nonsense",
        bytes(stun.Message(stun.Method.BINDING, stun.Class.INDICATION)),
        bytes(stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)),
    ]
    answer, _ = await _ask(port, *others, bytes(request))
    server.stop()
    assert answer.transaction_id == request.transaction_id
    assert server.requests == 1


async def test_rubbish_is_refused_in_one_line_at_debug_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = StunServer()
    port = await server.start()
    whole = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    whole.attributes["USERNAME"] = "a:b"
    whole.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 1)
    chance = random.Random(1)
    with caplog.at_level(logging.DEBUG):
        for _ in range(2000):
            data = bytearray(bytes(whole))
            for _ in range(chance.randrange(1, 5)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            server.datagram_received(bytes(data), ("127.0.0.1", 9))
    answer, _ = await _ask(port, bytes(whole))
    server.stop()
    assert answer.transaction_id == whole.transaction_id
    lines = {record.getMessage() for record in caplog.records if "no STUN" in record.getMessage()}
    assert lines == {"a datagram that is no STUN"}
    assert [r for r in caplog.records if r.exc_info or r.levelno > logging.DEBUG] == []


async def test_what_is_answered_after_its_end_is_nothing() -> None:
    server = StunServer(delay_s=0.0)
    await server.start()
    request = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST))
    server.datagram_received(request, ("127.0.0.1", 9))
    server.stop()
    await asyncio.sleep(0)  # the answer is due, and is not sent
    assert server.requests == 1
