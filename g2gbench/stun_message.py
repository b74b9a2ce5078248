"""STUN messages as they come from anybody."""

from __future__ import annotations

import struct

from aioice import stun


def parse(datagram: bytes) -> stun.Message | None:
    """The STUN message (RFC 8489) that a datagram is; None for anything else."""
    try:
        return stun.parse_message(datagram)
    except (ValueError, LookupError, struct.error, TypeError, OSError):
        # What its parser of attributes meets first: none of them is translated by it.
        return None
