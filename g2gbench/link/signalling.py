"""Put the relay into a room's signalling, so that no media packet can go round the link. Pure.

The client must see only the relay's address and the room must see none of the client's: a single
candidate that slips through lets ICE choose the direct path, silently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from livekit.protocol import rtc

Address = tuple[str, int]
_CANDIDATE_FIELDS = 8  # foundation component protocol priority address port "typ" type


def candidate_through(candidate: str, relay: Callable[[Address], Address]) -> str | None:
    """A room's candidate with the relay's address in place of its own.

    Args:
        candidate: ``candidate:…`` as in SDP, without ``a=``.
        relay: opens (or finds) the relay's socket for a room's address.

    None for candidates that would lead round the link: TCP, relayed, IPv6, mDNS names.

    """
    fields = candidate.split()
    if len(fields) < _CANDIDATE_FIELDS or fields[2].lower() != "udp" or fields[7] != "host":
        return None
    if not re.fullmatch(r"\d+\.\d+\.\d+\.\d+", fields[4]) or not fields[5].isdigit():
        return None
    host, port = relay((fields[4], int(fields[5])))
    fields[4], fields[5] = host, str(port)
    return " ".join(fields)


def sdp_through(text: str, relay: Callable[[Address], Address]) -> str:
    """A room's SDP with the relay's address in its candidates."""
    out = []
    for line in text.split("\r\n"):
        if line.startswith("a=candidate:"):
            candidate = candidate_through(line[2:], relay)
            if candidate is not None:
                out.append(f"a={candidate}")
        else:
            out.append(line)
    return "\r\n".join(out)


def sdp_without_candidates(text: str) -> str:
    """A client's SDP without any address of its own."""
    return "\r\n".join(x for x in text.split("\r\n") if not x.startswith("a=candidate:"))


def to_client(data: bytes, relay: Callable[[Address], Address]) -> bytes | None:
    """A room's message as the client may see it; None when it may not see it at all.

    Raises google.protobuf.message.DecodeError for what is no SignalResponse.
    """
    message = rtc.SignalResponse()
    message.ParseFromString(data)
    kind = message.WhichOneof("message")
    if kind in ("join", "reconnect"):
        del getattr(message, kind).ice_servers[:]
    elif kind in ("answer", "offer"):
        description = getattr(message, kind)
        description.sdp = sdp_through(description.sdp, relay)
    elif kind == "trickle":
        init = json.loads(message.trickle.candidateInit)
        text = init.get("candidate", "")
        candidate = candidate_through(text, relay) if text else ""
        if candidate is None:
            return None
        init["candidate"] = candidate
        message.trickle.candidateInit = json.dumps(init)
    else:
        return data
    return message.SerializeToString()


def to_room(data: bytes) -> bytes | None:
    """A client's message as the room may see it; None when it may not see it at all.

    Raises google.protobuf.message.DecodeError for what is no SignalRequest.
    """
    message = rtc.SignalRequest()
    message.ParseFromString(data)
    kind = message.WhichOneof("message")
    if kind == "trickle":
        return None
    if kind in ("offer", "answer"):
        description = getattr(message, kind)
        description.sdp = sdp_without_candidates(description.sdp)
        return message.SerializeToString()
    return data
