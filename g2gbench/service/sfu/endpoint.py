"""One participant's media transport without sockets: ICE-lite, DTLS and SRTP on one address.

Datagrams and the time come in, actions go out; ``server.py`` owns the socket.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pylibsrtp
from pylibsrtp import Policy

from g2gbench.service.sfu import packets
from g2gbench.service.sfu.dtls import Certificate, DtlsError, DtlsServer, SrtpKeys
from g2gbench.service.sfu.ice import Address, IceLite
from g2gbench.service.sfu.packets import Kind

# pylibsrtp's buffer: more than this in clear raises from inside the C code's wrapper.
MAX_CLEAR_PACKET = 1356
_REPLAY_WINDOW = 2048


class Transmit(NamedTuple):
    """Send a datagram to the participant."""

    data: bytes
    address: Address


class Media(NamedTuple):
    """An RTP or RTCP packet in clear."""

    data: bytes
    is_rtcp: bool


class Failed(NamedTuple):
    """The transport will not work again."""

    reason: str


Action = Transmit | Media | Failed


class Endpoint:
    """The room's end of one participant's transport.

    ``state`` goes from ``new`` over ``checking`` (an address is known) and ``connected`` (keys are
    agreed) to ``failed`` or ``closed``. ``counts`` holds what happened, by name.
    """

    def __init__(self, certificate: Certificate) -> None:
        self.ice = IceLite()
        self.state = "new"
        self.address: Address | None = None
        self.fingerprint: tuple[str, str] | None = None  # the participant's, from its SDP
        self.last_check_ns: int | None = None
        self.counts: Counter[str] = Counter()
        self._certificate = certificate
        self._dtls: DtlsServer | None = None
        self._inbound: pylibsrtp.Session | None = None
        self._outbound: pylibsrtp.Session | None = None
        self._ring = packets.RetransmissionRing()

    def receive(self, datagram: bytes, address: Address, now_ns: int) -> list[Action]:
        """Return the actions for one datagram. Malformed or foreign ones are counted alone."""
        if self.state in ("failed", "closed"):
            return []
        kind = packets.classify(datagram)
        if kind is Kind.RTP or kind is Kind.RTCP:
            return self._media(datagram, address, kind is Kind.RTCP)
        if kind is Kind.STUN:
            return self._check(datagram, address, now_ns)
        if kind is Kind.DTLS and address == self.address:
            return self._handshake(datagram)
        self.counts["ignored"] += 1
        return []

    def send(self, packet: bytes, is_rtcp: bool) -> Transmit | None:
        """The datagram for a packet in clear; None (counted) when it cannot be sent."""
        if self._outbound is None or self.address is None or self.state != "connected":
            self.counts["too_early"] += 1
            return None
        if len(packet) > MAX_CLEAR_PACKET:
            self.counts["too_large"] += 1
            return None
        try:
            protect = self._outbound.protect_rtcp if is_rtcp else self._outbound.protect
            data = protect(packet)
        except (pylibsrtp.Error, ValueError, TypeError):
            self.counts["not_protected"] += 1
            return None
        self.counts["sent"] += 1
        return Transmit(data, self.address)

    def kept(self, source: int, number: int) -> bytes | None:
        """An RTP packet that came not long ago, by SSRC and sequence number."""
        return self._ring.find(source, number)

    def timeout(self) -> float | None:
        """Seconds until ``handle_timeout`` is due."""
        return self._dtls.timeout() if self._dtls and self.state == "checking" else None

    def handle_timeout(self) -> list[Action]:
        """DTLS retransmissions that are due."""
        if self._dtls is None or self.address is None:
            return []
        return [Transmit(d, self.address) for d in self._dtls.handle_timeout()]

    def close(self) -> list[Action]:
        """End the transport; the goodbye to send."""
        goodbye: list[Action] = []
        if self._dtls is not None and self.address is not None and self.state == "connected":
            goodbye = [Transmit(d, self.address) for d in self._dtls.close()]
        self.state = "closed"
        self._inbound = self._outbound = self._dtls = None
        return goodbye

    def _check(self, datagram: bytes, address: Address, now_ns: int) -> list[Action]:
        check = self.ice.check(datagram, address)
        if check is None:
            self.counts["bad_stun"] += 1
            return []
        self.counts["checks"] += 1
        self.last_check_ns = now_ns
        if check.nominated or self.address is None:
            self.address = address
            if self.state == "new":
                self.state = "checking"
        return [Transmit(check.response, address)]

    def _handshake(self, datagram: bytes) -> list[Action]:
        if self.fingerprint is None or self.address is None:
            self.counts["too_early"] += 1
            return []
        if self._dtls is None:
            self._dtls = DtlsServer(self._certificate)
        try:
            out = self._dtls.receive(datagram, self.fingerprint)
        except DtlsError as error:
            self.state = "failed"
            return [Failed(str(error))]
        if self._dtls.keys is not None and self.state == "checking":
            self._inbound, self._outbound = _sessions(self._dtls.keys)
            self.state = "connected"
        return [Transmit(d, self.address) for d in out]

    def _media(self, datagram: bytes, address: Address, is_rtcp: bool) -> list[Action]:
        if self._inbound is None or address != self.address:
            self.counts["too_early"] += 1
            return []
        try:
            if is_rtcp:
                packet = self._inbound.unprotect_rtcp(datagram)
            else:
                packet = self._inbound.unprotect(datagram)
        except (pylibsrtp.Error, ValueError) as error:
            return self._refused(datagram, is_rtcp, "replay" in str(error))
        self.counts["received"] += 1
        if not is_rtcp:
            if packets.header_length(packet) > len(packet):
                self.counts["malformed"] += 1
                return []
            self._ring.keep(packet)
        return [Media(packet, is_rtcp)]

    def _refused(self, datagram: bytes, is_rtcp: bool, is_replay: bool) -> list[Action]:
        self.counts["replayed" if is_replay else "not_authentic"] += 1
        packet = self._ring.again(datagram) if is_replay and not is_rtcp else None
        if packet is None:
            return []
        self.counts["forwarded_again"] += 1
        return [Media(packet, False)]


def _sessions(keys: SrtpKeys) -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
    def session(key: bytes, kind: int) -> pylibsrtp.Session:
        policy = Policy(key=key, ssrc_type=kind, srtp_profile=keys.profile.number)
        # A retransmission has the number of the first copy (RetransmissionRing says why).
        policy.allow_repeat_tx = True
        policy.window_size = _REPLAY_WINDOW
        return pylibsrtp.Session(policy)

    return (
        session(keys.inbound, Policy.SSRC_ANY_INBOUND),
        session(keys.outbound, Policy.SSRC_ANY_OUTBOUND),
    )
