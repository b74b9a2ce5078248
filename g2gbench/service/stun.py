"""A STUN server (RFC 8489): tells whoever asks from which address it was asked."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

from aioice import stun

from g2gbench.stun_message import parse

log = logging.getLogger(__name__)


class StunServer(asyncio.DatagramProtocol):
    """Answers binding requests, ``delay_s`` seconds after they came."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.requests = 0
        self._delay_s = delay_s
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port. Raises OSError."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(host, port), family=family
        )
        return int(transport.get_extra_info("sockname")[1])

    def stop(self) -> None:
        """Answer no more."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: Any) -> None:
        """The socket is there."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer a request; anything else is nothing."""
        request = parse(data)
        if request is None:
            log.debug("a datagram that is no STUN")
            return
        is_request = request.message_class is stun.Class.REQUEST
        if not is_request or request.message_method is not stun.Method.BINDING:
            return
        self.requests += 1
        answer = stun.Message(
            stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id
        )
        answer.attributes["XOR-MAPPED-ADDRESS"] = addr[:2]
        asyncio.get_running_loop().call_later(self._delay_s, self._send, bytes(answer), addr)

    def _send(self, data: bytes, addr: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, addr)
