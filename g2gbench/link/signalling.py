"""Put the relay into a room's signalling, so that no media packet can bypass the link. Pure.

The client must see only the relay's address and the room must see none of the client's: a single
candidate that slips through lets ICE choose the direct path, silently.
"""

from __future__ import annotations

import base64
import gzip
import ipaddress
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote, unquote

from google.protobuf.message import DecodeError, Message
from livekit.protocol import rtc

Address = tuple[str, int]
_CANDIDATE_FIELDS = 8  # foundation component protocol priority address port "typ" type
_UFRAG = "a=ice-ufrag:"
_JOIN_REQUEST = "join_request="


def candidate_through(candidate: str, relay: Callable[[Address], Address]) -> str | None:
    """A room's candidate with the relay's address in place of its own.

    Args:
        candidate: ``candidate:…`` as in SDP, without ``a=``.
        relay: opens (or finds) the relay's socket for a room's IP address, IPv4 or IPv6.

    None for candidates that would bypass the link (TCP, relayed, mDNS names) or that the relay
    cannot reach: link-local addresses mean nothing without their interface.

    """
    fields = candidate.split()
    if len(fields) < _CANDIDATE_FIELDS or fields[2].lower() != "udp" or fields[7] != "host":
        return None
    try:
        ip, port = ipaddress.ip_address(fields[4]), int(fields[5])
    except ValueError:
        return None
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or not 0 < port < 1 << 16:
        return None
    try:
        host, near_port = relay((str(ip), port))
    except ValueError:  # it has no more sockets
        return None
    fields[4], fields[5] = host, str(near_port)
    return " ".join(fields)


def _is_candidate(line: str) -> bool:
    return line.lstrip().lower().startswith("a=candidate:")


def sdp_through(text: str, relay: Callable[[Address], Address]) -> str:
    """A room's SDP with the relay's address in its candidates."""
    out = []
    for line in text.splitlines(keepends=True):
        if not _is_candidate(line):
            out.append(line)
            continue
        candidate = candidate_through(line.strip()[2:], relay)
        if candidate is not None:
            ending = line[len(line.rstrip("\r\n")) :]
            out.append(f"a={candidate}{ending}")
    return "".join(out)


def sdp_without_candidates(text: str) -> str:
    """A client's SDP without any address of its own."""
    return "".join(x for x in text.splitlines(keepends=True) if not _is_candidate(x))


def path_to_room(path: str) -> str:
    """Path and query with which the client asks the room to join, without an address of its own.

    A join request (``join_request`` of the query) may hold an offer, and after a reconnect the
    descriptions of before. Raises ValueError for one that cannot be read.
    """
    start, mark, query = path.partition("?")
    pairs = [
        _JOIN_REQUEST + _join_request(pair[len(_JOIN_REQUEST) :])
        if pair.startswith(_JOIN_REQUEST)
        else pair
        for pair in query.split("&")
    ]
    return start + mark + "&".join(pairs)


def _join_request(value: str) -> str:
    """A join request without candidates, in the form it came in: gzip or not."""
    try:
        wrapped, join = decoded(unquote(value)), rtc.JoinRequest()
        packed = wrapped.compression == rtc.WrappedJoinRequest.GZIP
        inner = wrapped.join_request
        join.ParseFromString(gzip.decompress(inner) if packed else inner)
    except (DecodeError, ValueError, EOFError, OSError, zlib.error) as error:
        raise ValueError("no join request") from error
    before = join.SerializeToString(deterministic=True)
    _strip(join, "publisher_offer")
    if join.HasField("sync_state"):
        _strip(join.sync_state, "offer", "answer")
    after = join.SerializeToString(deterministic=True)
    if after == before:
        return value
    wrapped.join_request = gzip.compress(after) if packed else after
    return encoded(wrapped)


def decoded(value: str) -> rtc.WrappedJoinRequest:
    """The message in a ``join_request`` of a query, in either alphabet of base64.

    Raises ValueError or google.protobuf.message.DecodeError for what is none.
    """
    text = value.rstrip("=").replace("+", "-").replace("/", "_")
    wrapped = rtc.WrappedJoinRequest()
    wrapped.ParseFromString(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return wrapped


def encoded(wrapped: rtc.WrappedJoinRequest) -> str:
    """A message as the value of ``join_request`` in a query."""
    return quote(base64.urlsafe_b64encode(wrapped.SerializeToString()).decode(), safe="")


def _strip(message: Message, *names: str) -> None:
    for name in names:
        if message.HasField(name):
            description = getattr(message, name)
            description.sdp = sdp_without_candidates(description.sdp)


def ufrags(sdp: str) -> list[str]:
    """The ICE user fragments of a description (RFC 8839 5.4)."""
    lines = (line.strip() for line in sdp.splitlines())
    return [line[len(_UFRAG) :] for line in lines if line.startswith(_UFRAG)]


def to_client(
    data: bytes,
    relay: Callable[[Address], Address],
    learn: Callable[[str], object] = lambda _: None,
) -> bytes | None:
    """A room's message as the client may see it; None when it may not see it at all.

    ``learn`` is called with the ICE user fragments of the room. Raises ValueError or
    google.protobuf.message.DecodeError for what is no SignalResponse.
    """
    message = rtc.SignalResponse()
    message.ParseFromString(data)
    kind = message.WhichOneof("message")
    if kind in ("join", "reconnect"):
        del getattr(message, kind).ice_servers[:]
        if kind == "join":
            message.join.alternative_url = ""
    elif kind == "leave":
        message.leave.ClearField("regions")  # other servers' URLs: media would bypass the link
    elif kind in ("answer", "offer"):
        description = getattr(message, kind)
        for ufrag in ufrags(description.sdp):
            learn(ufrag)
        description.sdp = sdp_through(description.sdp, relay)
    elif kind == "trickle":
        init = json.loads(message.trickle.candidateInit)
        text = init.get("candidate", "") if isinstance(init, dict) else None
        if not isinstance(text, str):
            raise ValueError("a candidate that is no text")
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
        _strip(message, kind)
        return message.SerializeToString()
    if kind == "sync_state":
        _strip(message.sync_state, "offer", "answer")
        return message.SerializeToString()
    return data
