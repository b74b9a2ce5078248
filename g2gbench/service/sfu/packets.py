"""Classification (RFC 7983) and RTP headers of what a participant's socket receives. Pure."""

from __future__ import annotations

from enum import Enum

PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
RING_SIZE = 2048
_MIN_RTP = 12
_MIN_RTCP = 8


class Kind(Enum):
    """Kind of a datagram by its first bytes."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    OTHER = "other"


def classify(datagram: bytes) -> Kind:
    """The protocol of a datagram on a multiplexed port (RFC 7983 section 7, RFC 5761 section 4)."""
    if not datagram:
        return Kind.OTHER
    first = datagram[0]
    if first < 4:
        return Kind.STUN
    if 19 < first < 64:
        return Kind.DTLS
    if 127 < first < 192:
        if len(datagram) >= _MIN_RTCP and 191 < datagram[1] < 224:
            return Kind.RTCP
        if len(datagram) >= _MIN_RTP:
            return Kind.RTP
    return Kind.OTHER


def sequence_number(packet: bytes) -> int:
    """RTP sequence number, 16 bits."""
    return int.from_bytes(packet[2:4], "big")


def ssrc(packet: bytes) -> int:
    """RTP synchronisation source, 32 bits."""
    return int.from_bytes(packet[8:12], "big")


def payload_type(packet: bytes) -> int:
    """RTP payload type, 7 bits."""
    return packet[1] & 0x7F


def header_length(packet: bytes) -> int:
    """Bytes of an RTP header with its contributing sources and extension (RFC 3550 5.1, 5.3.1).

    May exceed the packet's length when the packet is malformed: compare before slicing.
    """
    length = _MIN_RTP + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < length + 4:
            return len(packet) + 1
        length += 4 + 4 * int.from_bytes(packet[length + 2 : length + 4], "big")
    return length


class RetransmissionRing:
    """The latest packets of one participant in clear, by sequence number.

    The SDK publishes without RTX, so a retransmission has the sequence number of the first copy and
    SRTP refuses it as a replay if that copy had arrived here and was lost only behind the room. Its
    header is in clear; with the payload that was kept it can be forwarded again.
    """

    def __init__(self) -> None:
        self._packets: list[bytes | None] = [None] * RING_SIZE

    def keep(self, packet: bytes) -> None:
        """Remember a decrypted RTP packet."""
        self._packets[sequence_number(packet) % RING_SIZE] = packet

    def find(self, source: int, number: int) -> bytes | None:
        """The packet of that SSRC and sequence number, while it is kept."""
        kept = self._packets[number % RING_SIZE]
        if kept is None or sequence_number(kept) != number or ssrc(kept) != source:
            return None
        return kept

    def again(self, protected: bytes) -> bytes | None:
        """The packet that a refused copy repeats: its new header with the payload that was kept."""
        kept = self._packets[sequence_number(protected) % RING_SIZE]
        if kept is None or kept[2:4] != protected[2:4] or kept[8:12] != protected[8:12]:
            return None
        start = header_length(protected)
        if start > len(protected):
            return None
        return protected[:start] + kept[header_length(kept) :]


class PlayoutDelayWriter:
    """Adds the playout-delay extension to RTP packets, so that the receiver's jitter buffer obeys.

    Args:
        extension_id: the extension's id in the receiver's session.
        minimum_ms, maximum_ms: bounds of the delay, in steps of 10 ms, below 40 960 ms.

    """

    def __init__(self, extension_id: int, minimum_ms: int, maximum_ms: int) -> None:
        if not 0 < extension_id < 256:
            raise ValueError(f"extension id {extension_id}; 1 to 255 are allowed")
        if not 0 <= minimum_ms <= maximum_ms <= 40_950:
            raise ValueError(f"playout delay {minimum_ms} to {maximum_ms} ms; 0 to 40950 allowed")
        value = ((minimum_ms // 10) << 12 | maximum_ms // 10).to_bytes(3, "big")
        self._one_byte = bytes((extension_id << 4 | 2,)) + value if extension_id < 15 else None
        self._two_byte = bytes((extension_id, 3)) + value + b"\0\0\0"

    def __call__(self, packet: bytes) -> bytes:
        """The packet with the extension, or as it was where it has no room for one."""
        start = _MIN_RTP + 4 * (packet[0] & 0x0F)
        end = header_length(packet)
        if not packet[0] & 0x10 or end > len(packet):
            return packet
        element = self._one_byte if packet[start : start + 2] == b"\xbe\xde" else self._two_byte
        if element is None:
            return packet
        words = (end - start - 4 + len(element)) // 4
        return b"".join(
            (
                packet[: start + 2],
                words.to_bytes(2, "big"),
                packet[start + 4 : end],
                element,
                packet[end:],
            )
        )
