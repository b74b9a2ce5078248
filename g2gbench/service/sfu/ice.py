"""ICE-lite (RFC 8445 section 2.5): answer connectivity checks, learn the nominated address."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from aioice import stun

Address = tuple[str, int]


class Check(NamedTuple):
    """The answer to one valid connectivity check."""

    response: bytes
    nominated: bool


class IceLite:
    """One end of a connectivity check, without sockets."""

    def __init__(self) -> None:
        self.username = secrets.token_hex(4)
        self.password = secrets.token_hex(16)
        self._key = self.password.encode()

    def check(self, datagram: bytes, address: Address) -> Check | None:
        """The answer to a check from ``address``; None for anything that is no valid check."""
        try:
            message = stun.parse_message(datagram)
            is_request = (
                message.message_method == stun.Method.BINDING
                and message.message_class == stun.Class.REQUEST
            )
            if not is_request or not message.check_message_integrity(self._key):
                return None
            if message.attributes["USERNAME"].split(":")[0] != self.username:
                return None
        except Exception:  # noqa: BLE001,RUF100 - the parser raises many kinds on malformed input
            return None
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = address
        response.add_message_integrity(self._key)
        response.add_fingerprint()
        return Check(bytes(response), "USE-CANDIDATE" in message.attributes)
