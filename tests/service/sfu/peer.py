"""The other end of a room's endpoint: ICE checks, a DTLS client and SRTP, without sockets."""

from __future__ import annotations

import pylibsrtp
from aioice import stun
from OpenSSL import SSL
from pylibsrtp import Policy

from g2gbench.service.sfu.dtls import PROFILES, Certificate, cut_at_records
from g2gbench.service.sfu.endpoint import Action, Endpoint, Transmit

ADDRESS = ("127.0.0.1", 50000)


def check(
    username: str,
    password: str,
    *,
    nominate: bool = True,
    method: stun.Method = stun.Method.BINDING,
) -> bytes:
    message = stun.Message(method, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{username}:them"
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    message.add_fingerprint()
    return bytes(message)


class Peer:
    """A participant that connects to an endpoint by direct calls."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.certificate = Certificate()
        endpoint.fingerprint = ("sha-256", self.certificate.fingerprint)
        self.connection = SSL.Connection(self.certificate.context, None)
        self.connection.set_connect_state()
        self.outbound: pylibsrtp.Session | None = None
        self.inbound: pylibsrtp.Session | None = None

    def ping(self, now_ns: int = 0) -> list[Action]:
        ice = self.endpoint.ice
        return self.endpoint.receive(check(ice.username, ice.password), ADDRESS, now_ns)

    def connect(self) -> list[Action]:
        """The whole handshake; the actions of its last step."""
        self.ping()
        actions: list[Action] = []
        for _ in range(10):
            try:
                self.connection.do_handshake()
                done = True
            except SSL.WantReadError:
                done = False
            flight = self._drain()
            for datagram in cut_at_records(flight):
                actions = self.endpoint.receive(datagram, ADDRESS, 0)
                for action in actions:
                    if isinstance(action, Transmit):
                        self.connection.bio_write(action.data)
            if done:
                break
        if self.endpoint.state == "connected":
            self._keys()
        return actions

    def say_goodbye(self) -> list[Action]:
        self.connection.shutdown()
        return self.endpoint.receive(self._drain(), ADDRESS, 0)

    def _drain(self) -> bytes:
        out = b""
        while True:
            try:
                out += self.connection.bio_read(65536)
            except SSL.Error:
                return out

    def _keys(self) -> None:
        profile = PROFILES[self.connection.get_selected_srtp_profile()]
        size = profile.key + profile.salt
        material = self.connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * size)
        key, salt = profile.key, profile.salt
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        self.outbound = pylibsrtp.Session(
            Policy(key=client, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile.number)
        )
        self.inbound = pylibsrtp.Session(
            Policy(key=server, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile.number)
        )


def rtp(number: int, payload: bytes = b"payload") -> bytes:
    return bytes([0x80, 96]) + number.to_bytes(2, "big") + bytes(4) + b"\0\0\0\7" + payload
