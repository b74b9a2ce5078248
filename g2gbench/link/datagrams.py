"""What a datagram is, from its first bytes, and what it costs on the wire. Pure."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from g2gbench.measure.packets import KINDS

UDP_OVERHEAD_BYTES: Final = {4: 28, 6: 48}
"""IP and UDP headers, by the version of IP: they take capacity too."""

RTP, RTCP, STUN, DTLS, SIGNALLING, OTHER = (
    KINDS.index(name) for name in ("rtp", "rtcp", "stun", "dtls", "signalling", "other")
)
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
    """Which protocol a datagram belongs to: the index into ``KINDS``.

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
