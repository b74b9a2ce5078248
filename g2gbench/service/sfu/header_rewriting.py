"""Payload types and header-extension ids of one session in terms of another's. Pure.

Two clients of the same build number alike, and their packets pass as they are. Others number
differently: what one calls 109 is 103 to the other. Within a session a number means the same in
every section (RFC 9143 section 9.1), so one table for each direction is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from g2gbench.service.sfu import sdp

_REFUSED = 0xFF
_ONE_BYTE = 0xBEDE  # RFC 8285 section 4.2
_TWO_BYTE = 0x1000  # section 4.3, with four bits of the application's
_MOST_ONE_BYTE_ID = 14
# What makes two payload types of one name different formats; a level is only a limit.
_PROFILE = re.compile(r"(packetization-mode|profile-level-id|profile-id|profile|tier)=(\w+)")
_DEFAULTS = {"packetization-mode": "0", "profile-id": "0", "profile": "0", "tier": "0"}


class HeaderRewriter:
    """Writes RTP packets in the receiver's numbers.

    Args:
        payload_types: the sender's number -> the receiver's. Packets of others are refused.
        extension_ids: likewise. Elements of others are overwritten with padding, for which the
            receiver need not know them.

    """

    def __init__(self, payload_types: Mapping[int, int], extension_ids: Mapping[int, int]) -> None:
        self._payload_types = bytes(payload_types.get(n, _REFUSED) for n in range(128))
        self._ids = bytes(extension_ids.get(n, 0) for n in range(256))

    def __call__(self, packet: bytes) -> bytes | None:
        """The packet in the receiver's numbers; None for one of a payload type unknown there.

        The packet's header must be whole; elements that are not are left alone.
        """
        payload_type = self._payload_types[packet[1] & 0x7F]
        if payload_type == _REFUSED:
            return None
        out = bytearray(packet)
        out[1] = packet[1] & 0x80 | payload_type
        if packet[0] & 0x10:
            self._rename(out)
        return bytes(out)

    def _rename(self, out: bytearray) -> None:
        start = 12 + 4 * (out[0] & 0x0F) + 4
        kind = int.from_bytes(out[start - 4 : start - 2], "big")
        end = start + 4 * int.from_bytes(out[start - 2 : start], "big")
        if kind == _ONE_BYTE:
            self._rename_one_byte(out, start, end)
        elif kind & 0xFFF0 == _TWO_BYTE:
            self._rename_two_byte(out, start, end)

    def _rename_one_byte(self, out: bytearray, at: int, end: int) -> None:
        while at < end:
            first = out[at]
            if not first:
                at += 1
                continue
            after = at + 2 + (first & 0x0F)
            if first >> 4 == 0x0F or after > end:
                return  # RFC 8285 section 4.2: whatever follows is not to be read
            renamed = self._ids[first >> 4]
            if 0 < renamed <= _MOST_ONE_BYTE_ID:
                out[at] = renamed << 4 | first & 0x0F
            else:
                out[at:after] = bytes(after - at)
            at = after

    def _rename_two_byte(self, out: bytearray, at: int, end: int) -> None:
        while at + 1 < end:
            if not out[at]:
                at += 1
                continue
            after = at + 2 + out[at + 1]
            if after > end:
                return
            renamed = self._ids[out[at]]
            if renamed:
                out[at] = renamed
            else:
                out[at:after] = bytes(after - at)
            at = after


def header_rewriter(shown: Iterable[tuple[sdp.Section, sdp.Section]]) -> HeaderRewriter | None:
    """Return the rewriter of the packets of shown tracks; None where they need none.

    Args:
        shown: of each track the section that sends it and the section that shows it.

    """
    types: dict[int, int] = {}
    ids: dict[int, int] = {}
    alike = True
    for source, there in shown:
        found = payload_types(source, there)
        used = {c.payload_type for c in there.codecs}
        # A number that nobody uses there is harmless; one that means something else is not.
        alike &= all(
            found.get(c.payload_type, c.payload_type) == c.payload_type
            and (c.payload_type in found or c.payload_type not in used)
            for c in sdp.forwardable(source)
        )
        types |= found
        named = sdp.forwarded_extensions(there)
        for uri, number in sdp.forwarded_extensions(source).items():
            alike &= named.get(uri) == number or (uri not in named and number not in named.values())
            ids[number] = named.get(uri, 0)
    return None if alike else HeaderRewriter(types, ids)


def payload_types(source: sdp.Section, there: sdp.Section) -> dict[int, int]:
    """The sender's payload types in the receiver's numbers; those unknown there are left out.

    The same name and clock is needed; of several the one with the most alike profile is taken, for
    a decoder reads the profile in the stream itself.
    """
    found: dict[int, int] = {}
    theirs = sdp.forwardable(there)
    for codec in sdp.forwardable(source):
        if codec.is_retransmission:
            continue
        same = [c for c in theirs if (c.name.lower(), c.clock) == (codec.name.lower(), codec.clock)]
        if same:
            best = max(same, key=lambda c: _likeness(codec, c))
            found[codec.payload_type] = best.payload_type
    again = {c.repeats: c.payload_type for c in theirs if c.is_retransmission}
    for codec in sdp.forwardable(source):
        repeated = found.get(codec.repeats) if codec.repeats is not None else None
        if repeated in again:
            found[codec.payload_type] = again[repeated]
    return found


def _likeness(one: sdp.Codec, other: sdp.Codec) -> tuple[int, bool]:
    """Return how many of the profile's parameters are equal; then whether the number is."""
    first, second = _profile(one), _profile(other)
    equal = sum(second.get(name) == value for name, value in first.items())
    return equal, one.payload_type == other.payload_type


def _profile(codec: sdp.Codec) -> dict[str, str]:
    found = _DEFAULTS | {k: v.lower() for k, v in _PROFILE.findall(codec.parameters)}
    if "profile-level-id" in found:  # profile_idc and profile-iop alone (RFC 6184 section 8.1)
        found["profile-level-id"] = found["profile-level-id"][:4]
    return found
