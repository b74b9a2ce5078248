"""The link's packet log: one fixed-size record for each packet of the measured client. Pure.

The link writes it as it goes; budgets, drop phases and the link's own lateness are read from it.
Times are nanoseconds of the machine's monotonic clock.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

DIRECTIONS: Final = ("uplink", "downlink")
"""Codes of ``direction``: the index into this tuple."""

KINDS: Final = ("rtp", "rtcp", "stun", "dtls", "signalling", "other")
"""Codes of ``kind``: what the first bytes of a datagram say (RFC 7983, RFC 5761), or TCP."""

FATES: Final = ("passed", "copy", "queue", "codel", "loss", "blackout", "held")
"""Codes of ``fate``. passed: it left. copy: it left as well, a duplicate that the link made.
queue, codel, loss, blackout: dropped there. held: still in the link when the log ended."""

DROPPING: Final = ("queue", "codel", "loss", "blackout")
"""The fates of packets that the link dropped."""

RECORD: Final = "<qqqIIIHBBBBB"
"""The record for ``struct``: the fields of ``PACKET`` in its order, without padding."""

PACKET: Final = np.dtype(
    [
        ("arrived_ns", "<i8"),  # read from the socket
        ("due_ns", "<i8"),  # when the link's core decided that it leaves; -1: dropped
        ("left_ns", "<i8"),  # handed to the socket; -1: dropped or held
        ("rtp_timestamp", "<u4"),  # the five RTP fields: 0 unless kind is rtp
        ("ssrc", "<u4"),
        ("size", "<u4"),  # bytes of the payload of UDP, or of one signalling message
        ("sequence", "<u2"),
        ("payload_type", "u1"),
        ("marker", "u1"),
        ("direction", "u1"),
        ("kind", "u1"),
        ("fate", "u1"),
    ]
)
"""One packet; ``numpy.fromfile(path, PACKET)`` reads a log. Records stand in the order in which
fates were sealed, not in that of arrival."""

Packets: TypeAlias = npt.NDArray[np.void]


def parse(data: bytes) -> Packets:
    """The whole records of a log; what was cut off or overwritten is left out."""
    whole = len(data) // PACKET.itemsize
    packets = np.frombuffer(data, PACKET, whole)
    known = (
        (packets["direction"] < len(DIRECTIONS))
        & (packets["kind"] < len(KINDS))
        & (packets["fate"] < len(FATES))
    )
    for name in ("arrived_ns", "due_ns", "left_ns"):
        known &= np.abs(packets[name] // 2) < 2**61  # differences must fit, too
    return packets if known.all() else packets[known]
