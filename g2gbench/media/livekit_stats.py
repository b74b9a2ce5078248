"""WebRTC statistics of the SDK as one flat record: W3C members in snake_case, W3C units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livekit import rtc

Scalar = str | int | float | bool | None

# part -> (message of the oneof, sub-messages, members)
_MEMBERS: Mapping[str, tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "outbound": (
        "outbound_rtp",
        (
            ("sent", ("packets_sent", "bytes_sent")),
            (
                "outbound",
                (
                    "header_bytes_sent",
                    "retransmitted_packets_sent",
                    "target_bitrate",
                    "frame_width",
                    "frame_height",
                    "frames_per_second",
                    "frames_sent",
                    "frames_encoded",
                    "key_frames_encoded",
                    "qp_sum",
                    "total_encode_time",
                    "total_packet_send_delay",
                    "quality_limitation_reason",
                    "nack_count",
                    "pli_count",
                    "fir_count",
                    "encoder_implementation",
                ),
            ),
        ),
    ),
    "remote_inbound": (
        "remote_inbound_rtp",
        (
            ("received", ("packets_lost", "jitter")),
            ("remote_inbound", ("round_trip_time", "fraction_lost")),
        ),
    ),
    "inbound": (
        "inbound_rtp",
        (
            ("received", ("packets_received", "packets_lost", "jitter")),
            (
                "inbound",
                (
                    "bytes_received",
                    "header_bytes_received",
                    "frames_received",
                    "frames_decoded",
                    "frames_dropped",
                    "key_frames_decoded",
                    "frame_width",
                    "frame_height",
                    "qp_sum",
                    "total_decode_time",
                    "total_processing_delay",
                    "total_assembly_time",
                    "jitter_buffer_delay",
                    "jitter_buffer_target_delay",
                    "jitter_buffer_emitted_count",
                    "freeze_count",
                    "total_freeze_duration",
                    "nack_count",
                    "pli_count",
                    "retransmitted_packets_received",
                    "decoder_implementation",
                ),
            ),
        ),
    ),
    "pair": (
        "candidate_pair",
        (
            (
                "candidate_pair",
                (
                    "current_round_trip_time",
                    "available_outgoing_bitrate",
                    "bytes_sent",
                    "bytes_received",
                ),
            ),
        ),
    ),
    "source": (
        "media_source",
        (("video", ("width", "height", "frames", "frames_per_second")),),
    ),
}
MEMBERS: Mapping[str, tuple[str, ...]] = {
    part: tuple(member for _, members in groups for member in members)
    for part, (_, groups) in _MEMBERS.items()
}
"""The members of each part of a snapshot, whatever they were read from."""

_LIMITATIONS = {0: "none", 1: "cpu", 2: "bandwidth", 3: "other"}
_CANDIDATES = {0: "host", 1: "srflx", 2: "prflx", 3: "relay"}
_ICE = ("new", "checking", "connected", "completed", "disconnected", "failed", "closed")
_DTLS = ("new", "connecting", "connected", "closed", "failed")


async def snapshot(room: rtc.Room) -> dict[str, Scalar]:
    """The video members of the room's statistics now.

    Raises RuntimeError when the room is not connected.
    """
    stats = await room.get_rtc_stats()
    return flatten([*stats.publisher_stats, *stats.subscriber_stats])


def flatten(stats: Iterable[Any]) -> dict[str, Scalar]:
    """``part.member`` -> value of the video streams among the SDK's RtcStats messages."""
    by_kind: dict[str, list[Any]] = {}
    for one in stats:
        kind = one.WhichOneof("stats")
        if kind:
            by_kind.setdefault(kind, []).append(getattr(one, kind))
    selected = {t.transport.selected_candidate_pair_id for t in by_kind.get("transport", ())}
    values: dict[str, Scalar] = {}
    for part, (kind, groups) in _MEMBERS.items():
        chosen = _choose(part, by_kind.get(kind, []), selected)
        if chosen is None:
            continue
        for group, members in groups:
            message = getattr(chosen, group)
            for member in members:
                values[f"{part}.{member}"] = _scalar(member, getattr(message, member))
        if part in ("outbound", "inbound"):
            codecs = {c.rtc.id: c.codec.mime_type for c in by_kind.get("codec", ())}
            values[f"{part}.mime_type"] = codecs.get(chosen.stream.codec_id)
        if part == "pair":
            values |= _ends(chosen.candidate_pair, by_kind)
    for transport in by_kind.get("transport", ())[-1:]:
        values["transport.ice_state"] = _ICE[transport.transport.ice_state]
        values["transport.dtls_state"] = _DTLS[transport.transport.dtls_state]
    return values


def _ends(pair: Any, by_kind: Mapping[str, list[Any]]) -> dict[str, Scalar]:
    """Return a pair's kinds of candidates and its protocol; no addresses."""
    values: dict[str, Scalar] = {}
    for end, wanted in (("local", pair.local_candidate_id), ("remote", pair.remote_candidate_id)):
        for one in by_kind.get(f"{end}_candidate", ()):
            if one.rtc.id == wanted:
                values[f"pair.{end}_candidate_type"] = _CANDIDATES.get(one.candidate.candidate_type)
                values["pair.protocol"] = one.candidate.protocol
    return values


def _choose(part: str, candidates: list[Any], selected: set[str]) -> Any | None:
    """The one that matters: of video, of the selected pair, with traffic."""
    if part == "pair":
        found = [c for c in candidates if c.rtc.id in selected]
    elif part == "source":
        found = [c for c in candidates if c.source.kind == "video"]
    else:
        found = [c for c in candidates if c.stream.kind == "video"]
        if part == "inbound":
            found = [c for c in found if c.inbound.frames_received]
        if part == "outbound":
            found = [c for c in found if c.sent.bytes_sent] or found
    return found[-1] if found else None


def _scalar(member: str, value: Any) -> Scalar:
    if member == "quality_limitation_reason":
        return _LIMITATIONS.get(int(value), "other")
    return value if isinstance(value, str | int | float | bool) else str(value)
