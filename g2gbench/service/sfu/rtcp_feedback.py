"""RTCP between publishers and viewers (RFC 3550 section 6, RFC 4585, RFC 5104). Pure.

The two publishers get each other's RTCP whole: it steers one control loop. A viewer is no part of
it: of what a viewer sends only requests count, and it gets of a publisher's only what concerns the
tracks that it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

KEY_FRAME_INTERVAL_NS = 500_000_000
_SENDER_REPORT = 200
_GOODBYE = 203
_TRANSPORT_FEEDBACK = 205
_PAYLOAD_FEEDBACK = 206
_NACK = 1  # of transport feedback
_PLI = 1  # of payload feedback
_FIR = 4
_SENDER_INFO = 28  # bytes of a sender report before its report blocks
_OURS = 1  # an SSRC for what the room itself asks


class FeedbackRequest(NamedTuple):
    """A viewer's request to a stream: lost packets, or with none of them a key frame."""

    ssrc: int
    lost: tuple[int, ...] = ()  # sequence numbers


def feedback_requests(compound: bytes) -> list[FeedbackRequest]:
    """Return a viewer's feedback requests, without reports, estimates, transport feedback."""
    found = []
    for kind, count, packet in _packets(compound):
        if kind == _TRANSPORT_FEEDBACK and count == _NACK and len(packet) > 12:
            found.append(FeedbackRequest(_number(packet, 8), tuple(_lost(packet[12:]))))
        elif kind == _PAYLOAD_FEEDBACK and count == _PLI and len(packet) >= 12:
            found.append(FeedbackRequest(_number(packet, 8)))
        elif kind == _PAYLOAD_FEEDBACK and count == _FIR:
            found += [FeedbackRequest(_number(packet, at)) for at in range(12, len(packet) - 7, 8)]
    return found


def for_viewer(compound: bytes, ssrcs: frozenset[int]) -> bytes:
    """A publisher's RTCP as a viewer gets it: clock and end of the streams that it is shown.

    Args:
        compound: as the publisher sent it.
        ssrcs: the streams.

    Empty when nothing of it concerns them. What the publisher says of others' streams is no
    viewer's business.
    """
    out = []
    for kind, count, packet in _packets(compound):
        about_shown = len(packet) >= 8 and _number(packet, 4) in ssrcs
        if kind == _SENDER_REPORT and about_shown and len(packet) >= _SENDER_INFO:
            header = bytes((0x80, _SENDER_REPORT)) + (_SENDER_INFO // 4 - 1).to_bytes(2, "big")
            out.append(header + packet[4:_SENDER_INFO])
        elif kind == _GOODBYE and count == 1 and about_shown:
            out.append(packet)
    return b"".join(out)


def ask_for_key_frame(ssrc: int) -> bytes:
    """A picture loss indication (RFC 4585 section 6.3.1)."""
    words = (_OURS.to_bytes(4, "big"), ssrc.to_bytes(4, "big"))
    return bytes((0x80 | _PLI, _PAYLOAD_FEEDBACK, 0, 2)) + b"".join(words)


class KeyFrames:
    """Rate limit of requests for key frames: each costs the measured pair its bitrate.

    Who is refused asks again: SDKs repeat themselves until they have a picture.
    """

    def __init__(self) -> None:
        self._asked_ns: dict[int, int] = {}

    def may_ask(self, ssrc: int, now_ns: int) -> bool:
        """Return whether to ask now; it is then taken as asked."""
        last = self._asked_ns.get(ssrc)
        if last is not None and now_ns - last < KEY_FRAME_INTERVAL_NS:
            return False
        self._asked_ns[ssrc] = now_ns
        return True


def _packets(compound: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, count or format, and bytes of each whole packet."""
    at = 0
    while at + 4 <= len(compound):
        end = at + 4 + 4 * int.from_bytes(compound[at + 2 : at + 4], "big")
        if compound[at] >> 6 != 2 or end > len(compound):
            return
        yield compound[at + 1], compound[at] & 0x1F, compound[at:end]
        at = end


def _number(packet: bytes, at: int) -> int:
    return int.from_bytes(packet[at : at + 4], "big")


def _lost(entries: bytes) -> Iterator[int]:
    """The sequence numbers of a generic NACK: one, and a mask of the sixteen after it."""
    for at in range(0, len(entries) - 3, 4):
        first = int.from_bytes(entries[at : at + 2], "big")
        mask = int.from_bytes(entries[at + 2 : at + 4], "big")
        yield first
        for bit in range(16):
            if mask >> bit & 1:
                yield (first + bit + 1) & 0xFFFF
