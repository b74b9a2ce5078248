"""Classification of datagrams by their first bytes, and their size on the wire. Pure."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from g2gbench.measure.packets import KINDS

UDP_OVERHEAD_BYTES: Final = {4: 28, 6: 48}
"""IP and UDP headers, by the version of IP: they take capacity too."""

RTP, RTCP, STUN, DTLS, SIGNALLING, OTHER = (
    KINDS.index(name) for name in ("rtp", "rtcp", "stun", "dtls", "signalling", "other")
)
_STUN_HEADER = struct.Struct("!HHI12x")
_STUN_COOKIE = 0x2112A442
_STUN_REQUEST, _STUN_SUCCESS = 0x0001, 0x0101  # of a binding (RFC 8489 5)
_STUN_ATTRIBUTE = struct.Struct("!HH")
_STUN_USERNAME = 0x0006
_RTP_HEADER = struct.Struct("!BBHII")


class RtpHeader(NamedTuple):
    """The fixed header of RTP (RFC 3550 5.1), which SRTP leaves in clear."""

    timestamp: int = 0
    ssrc: int = 0
    sequence: int = 0
    payload_type: int = 0
    marker: int = 0


NO_HEADER: Final = RtpHeader()


def kind_of(data: bytes) -> int:
    """Return which protocol a datagram belongs to: the index into ``KINDS``.

    By the first byte (RFC 7983 section 7) and, for RTP and RTCP, the second (RFC 5761 section 4).
    """
    if not data:
        return OTHER
    first = data[0]
    if 128 <= first <= 191 and len(data) >= 2:
        if 192 <= data[1] <= 223:
            return RTCP
        return RTP if len(data) >= _RTP_HEADER.size else OTHER
    if first <= 3:
        return STUN
    return DTLS if 20 <= first <= 63 else OTHER


def rtp_header(data: bytes) -> RtpHeader:
    """The header of a datagram that ``kind_of`` calls RTP."""
    _, second, sequence, timestamp, ssrc = _RTP_HEADER.unpack_from(data)
    return RtpHeader(timestamp, ssrc, sequence, second & 0x7F, second >> 7)


def asked_of(data: bytes) -> str | None:
    """Whose ICE credentials a connectivity check was made with: the ufrag of the one it asks.

    None for what is no check (RFC 8445 7.2.2: its user name is the two ufrags, the asked one's
    first). Whether its integrity holds is for the one it asks to say.
    """
    if not _is_stun(data, _STUN_REQUEST):
        return None
    at = _STUN_HEADER.size
    while at + _STUN_ATTRIBUTE.size <= len(data):
        kind, size = _STUN_ATTRIBUTE.unpack_from(data, at)
        at += _STUN_ATTRIBUTE.size
        if kind == _STUN_USERNAME and at + size <= len(data):
            return data[at : at + size].decode(errors="replace").partition(":")[0]
        at += size + -size % 4
    return None


def proves(data: bytes) -> bool:
    """Return whether an answer proves that its sender knew the credentials: a check's, or DTLS."""
    return _is_stun(data, _STUN_SUCCESS) or kind_of(data) == DTLS


def _is_stun(data: bytes, message_type: int) -> bool:
    if len(data) < _STUN_HEADER.size:
        return False
    found, _, cookie = _STUN_HEADER.unpack_from(data)
    return bool(found == message_type and cookie == _STUN_COOKIE)
