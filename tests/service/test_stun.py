"""The STUN server on a real socket."""

from __future__ import annotations

import asyncio
import socket

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


async def test_what_is_answered_after_its_end_is_nothing() -> None:
    server = StunServer(delay_s=0.0)
    await server.start()
    request = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST))
    server.datagram_received(request, ("127.0.0.1", 9))
    server.stop()
    await asyncio.sleep(0)  # the answer is due, and is not sent
    assert server.requests == 1
