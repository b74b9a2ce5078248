"""Offers in, answers out (RFC 8866, RFC 8829) of a room that forwards packets. Pure.

Every section is answered with the numbers of its own offer (payload types, extension ids). Where
two participants number alike, as those of one build do, nothing has to be renumbered
(``numbering`` does it for the others).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

# The partner finds a stream by SSRC: mid and rid differ between the two connections.
_UNFORWARDED_EXTENSIONS = ("sdes:mid", "repaired-rtp-stream-id")
# Redundancy formats would need the room to understand what it forwards.
_UNFORWARDED_CODECS = ("red", "ulpfec", "flexfec-03")
_DIRECTIONS = ("sendonly", "recvonly", "sendrecv", "inactive")
_MAX_SECTIONS = 64
_TOKEN = re.compile(r"[!-~]{1,256}")
# LiveKit's names of simulcast layers, the largest first.
_LAYERS = ("f", "h", "q")
# The H264 that every client decodes: constrained baseline, in fragments.
_COMMON_H264 = re.compile(r"(?=.*packetization-mode=1)(?=.*profile-level-id=42e0)", re.IGNORECASE)


class SdpError(ValueError):
    """An offer that the room cannot answer."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of a section."""

    payload_type: int
    name: str  # "VP8", "rtx", …
    clock: str  # "90000", "48000/2"
    parameters: str  # the fmtp line's value, "" without one

    @property
    def is_retransmission(self) -> bool:
        """RTX (RFC 4588): its ``apt`` parameter names the payload type it repeats."""
        return self.name.lower() == "rtx"

    @property
    def repeats(self) -> int | None:
        """The payload type that an RTX codec repeats."""
        found = re.search(r"apt=(\d+)", self.parameters) if self.is_retransmission else None
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line of an offer with the lines below it."""

    kind: str  # "audio" | "video" | "application"
    protocol: str
    formats: tuple[str, ...]
    lines: tuple[str, ...]
    mid: str
    direction: str
    track_id: str  # second word of a=msid: the client's track id ("cid")
    sources: tuple[str, ...]  # a=ssrc-group and "a=ssrc:N cname:…" lines
    rids: tuple[str, ...]

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The payload types in order of preference."""
        text = "\n".join(self.lines)
        names = dict(re.findall(r"^a=rtpmap:(\d+) ([^\s/]+/\S+)", text, re.MULTILINE))
        parameters = dict(re.findall(r"^a=fmtp:(\d+) (.*)", text, re.MULTILINE))
        codecs = []
        for number in self.formats:
            if number in names:
                name, clock = names[number].split("/", 1)
                codecs.append(Codec(int(number), name, clock, parameters.get(number, "")))
        return tuple(codecs)

    @property
    def extensions(self) -> dict[str, int]:
        """RTP header extensions: URI -> id."""
        found = re.findall(r"^a=extmap:(\d+)(?:/\w+)? (\S+)", "\n".join(self.lines), re.MULTILINE)
        return {uri: int(number) for number, uri in found}

    def layers(self, codec: str) -> tuple[str, ...]:
        """The simulcast layers (rids) to take: the largest, as its packets have an SSRC of theirs.

        The SDK sends VP9's layers in one stream, of which none can be left out.
        """
        named = [rid for rid in _LAYERS if rid in self.rids]
        return self.rids if codec.upper() == "VP9" else (*named, *self.rids)[:1]

    @property
    def ssrcs(self) -> frozenset[int]:
        """The SSRCs of the section's streams, retransmissions included."""
        found = (re.match(r"a=ssrc:(\d{1,10}) ", line) for line in self.sources)
        return frozenset(int(match[1]) for match in found if match)

    def with_source(self, ssrc: int) -> Section:
        """The section with the SSRC that its packets turned out to have (simulcast offers none)."""
        return replace(self, sources=(f"a=ssrc:{ssrc} cname:room",))


@dataclass(frozen=True, slots=True)
class Offer:
    """A parsed offer."""

    sections: tuple[Section, ...]
    fingerprint: tuple[str, str]  # (hash algorithm, colon-separated value in upper case)


@dataclass(frozen=True, slots=True)
class Transport:
    """Transport lines of an answer: the room's own end."""

    host: str
    port: int
    username: str  # ice-ufrag
    password: str  # ice-pwd
    fingerprint: str  # sha-256


@dataclass(frozen=True, slots=True)
class Media:
    """Answer to one audio or video section.

    ``codec``: name of the one to put first, "" for the offer's own order. ``layers``: the rids
    that are taken of a simulcast offer.
    """

    direction: str
    start_bitrate_kbps: int = 0  # 0: no hint
    extra_lines: tuple[str, ...] = ()
    codec: str = ""
    layers: tuple[str, ...] = ()


def parse(text: str) -> Offer:
    """The offer's sections. Raises SdpError for what is no offer of a WebRTC client."""
    chunks = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n").strip())
    if not 1 < len(chunks) <= _MAX_SECTIONS + 1:
        raise SdpError(f"{len(chunks) - 1} media sections; 1 to {_MAX_SECTIONS} are expected")
    sections = tuple(_section(chunk) for chunk in chunks[1:])
    if len({s.mid for s in sections}) != len(sections):
        raise SdpError("media sections without distinct a=mid")
    lines = text.replace("\r", "")
    found = re.search(r"^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)\s*$", lines, re.MULTILINE)
    if not found:
        raise SdpError("no a=fingerprint")
    return Offer(sections, (found[1].lower(), found[2].upper()))


def _section(chunk: str) -> Section:
    head, *lines = chunk.strip().split("\n")
    words = head[2:].split()
    if len(words) < 4 or words[0] not in ("audio", "video", "application"):
        raise SdpError(f"media section {head[:80]!r}")
    mids = [line[6:] for line in lines if line.startswith("a=mid:")]
    if not mids or not _TOKEN.fullmatch(mids[0]):
        raise SdpError(f"media section without a=mid: {head[:80]!r}")
    directions = [line[2:] for line in lines if line[2:] in _DIRECTIONS]
    identities = [line.split() for line in lines if line.startswith("a=msid:")]
    return Section(
        kind=words[0],
        protocol=words[2],
        formats=tuple(words[3:]),
        lines=tuple(lines),
        mid=mids[0],
        direction=directions[0] if directions else "sendrecv",
        track_id=identities[0][-1].removeprefix("a=msid:") if identities else "",
        sources=tuple(
            line
            for line in lines
            if line.startswith("a=ssrc-group:") or re.match(r"a=ssrc:\d+ cname:", line)
        ),
        rids=tuple(line[6:].split()[0] for line in lines if re.match(r"a=rid:\S", line)),
    )


def forwardable(section: Section) -> tuple[Codec, ...]:
    """The section's codecs that can be forwarded, with the RTX of those."""
    kept = {
        c.payload_type
        for c in section.codecs
        if c.name.lower() not in _UNFORWARDED_CODECS and not c.is_retransmission
    }
    return tuple(c for c in section.codecs if c.payload_type in kept or c.repeats in kept)


def forwarded_extensions(section: Section) -> dict[str, int]:
    """The section's header extensions that an answer takes: URI -> id."""
    named = section.extensions.items()
    return {u: n for u, n in named if not any(e in u for e in _UNFORWARDED_EXTENSIONS)}


def answer(
    offer: Offer, transport: Transport, media: Callable[[Section], Media]
) -> str:  # fmt: skip
    """The answer's text. ``media`` says how each audio or video section is taken.

    Data channels are declined (port 0): they would have to be terminated here.
    """
    bundled = " ".join(s.mid for s in offer.sections if s.kind != "application")
    out = [
        "v=0",
        f"o=- 1 2 IN IP4 {transport.host}",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {bundled}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]
    for section in offer.sections:
        if section.kind == "application":
            formats = " ".join(section.formats)
            out += [f"m=application 0 {section.protocol} {formats}", "c=IN IP4 0.0.0.0"]
            out += [f"a=mid:{section.mid}", "a=inactive"]
            continue
        how = media(section)
        formats = " ".join(str(c.payload_type) for c in taken(section, how))
        out.append(f"m={section.kind} {transport.port} {section.protocol} {formats}".rstrip())
        out += _transport_lines(section, transport)
        out += _media_lines(section, how)
    return "\r\n".join(out) + "\r\n"


def _transport_lines(section: Section, transport: Transport) -> list[str]:
    host, port = transport.host, transport.port
    return [
        f"c=IN IP4 {host}",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{transport.username}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:sha-256 {transport.fingerprint}",
        "a=setup:passive",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
    ]


def taken(section: Section, how: Media) -> list[Codec]:
    """The codecs of an answer in order: a publisher sends the first.

    A simulcast offer names no SSRC. Without RTX all its packets have one, which the first tells.
    """
    codecs = [c for c in forwardable(section) if not (how.layers and c.is_retransmission)]
    wanted = how.codec.lower()
    if not wanted or not codecs or codecs[0].name.lower() == wanted:
        return codecs

    def rank(codec: Codec) -> int:
        if codec.name.lower() != wanted:
            return 2
        return int(wanted == "h264" and not _COMMON_H264.match(codec.parameters))

    return sorted(codecs, key=rank)


def _media_lines(section: Section, how: Media) -> list[str]:
    kept = {str(c.payload_type): c for c in taken(section, how)}
    out = [f"a={how.direction}", "a=rtcp-mux", "a=rtcp-rsize"]
    out += [
        line
        for line in section.lines
        if line.startswith("a=extmap:") and not any(e in line for e in _UNFORWARDED_EXTENSIONS)
    ]
    hint = how.start_bitrate_kbps if section.kind == "video" else 0
    hinted: set[str] = set()
    for line in section.lines:
        found = re.match(r"a=(rtpmap|rtcp-fb|fmtp):(\d+) (.*)", line)
        # One congestion controller: the senders' own, on transport-wide feedback, not REMB.
        if not found or found[2] not in kept or found[3] == "goog-remb":
            continue
        if found[1] == "fmtp" and hint and not kept[found[2]].is_retransmission:
            # The SDK offers a hint of its own; it counts only where the answer repeats it.
            value = re.sub(r";?\s*x-google-start-bitrate=\d+", "", found[3]).strip("; ")
            line = f"a=fmtp:{found[2]} " + ";".join(filter(None, [value, _hint(hint)]))
            hinted.add(found[2])
        out.append(line)
    if hint:
        out += [
            f"a=fmtp:{number} {_hint(hint)}"
            for number, codec in kept.items()
            if number not in hinted and not codec.is_retransmission
        ]
    if how.layers:
        out += [f"a=rid:{layer} recv" for layer in how.layers]
        out.append(f"a=simulcast:recv {';'.join(how.layers)}")
    return out + list(how.extra_lines)


def _hint(kbps: int) -> str:
    return f"x-google-start-bitrate={kbps}"


def shown_track_lines(stream_id: str, track_sid: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The lines that make a section show another participant's track."""
    return (f"a=msid:{stream_id}|{track_sid} {track_sid}", *sources)
