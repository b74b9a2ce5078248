"""Binding of announced tracks to the media sections of a participant's offer. Pure."""

from __future__ import annotations

from dataclasses import replace

from livekit.protocol import models, rtc

from g2gbench.service.sfu import packets, sdp
from g2gbench.service.sfu.participants import Participant, Track


def announce(participant: Participant, request: rtc.AddTrackRequest, sid: str) -> Track:
    """Take in a track that its participant is about to offer."""
    asked = request.simulcast_codecs[0].codec if request.simulcast_codecs else ""
    kind = "video" if request.type == models.TrackType.VIDEO else "audio"
    name = asked.rpartition("/")[2]
    info = models.TrackInfo(
        sid=sid,
        type=request.type,
        name=request.name,
        width=request.width,
        height=request.height,
        source=request.source,
        layers=request.layers,
        muted=request.muted,
        packet_trailer_features=request.packet_trailer_features,
        mime_type=asked if "/" in asked or not asked else f"{kind}/{asked.upper()}",
    )
    track = Track(participant, request.cid, info, name)
    participant.tracks[request.cid] = track
    return track


def take(participant: Participant, offer: sdp.Offer) -> bool:
    """Bind announced tracks to the sections that carry them; whether what is live changed."""
    carried: dict[str, sdp.Section] = {}
    for section in offer.sections:
        if section.kind in ("audio", "video") and section.direction in ("sendonly", "sendrecv"):
            track = participant.tracks.get(section.track_id) or at(participant, section.mid)
            if track is not None:
                carried[track.client_id] = section
    changed = False
    for track in list(participant.tracks.values()):
        offered = carried.get(track.client_id)
        if offered is None:
            if track.section is not None:
                del participant.tracks[track.client_id]
                changed = True
            continue
        if offered.rids and not offered.sources:
            if track.section is None:
                participant.learning = track
            else:
                offered = replace(offered, sources=track.section.sources)
        before = track.section.sources if track.section else None
        changed |= bool(offered.sources) and offered.sources != before
        track.section = offered
    return changed


def at(participant: Participant, mid: str) -> Track | None:
    """The track that a section of the participant's carries."""
    return next(
        (t for t in participant.tracks.values() if t.section and t.section.mid == mid), None
    )


def learn(participant: Participant, packet: bytes) -> bool:
    """Take the SSRC of a simulcast track from one of its packets; whether it is known now."""
    track = participant.learning
    if track is None or track.section is None:
        return False
    of_it = {c.payload_type for c in sdp.forwardable(track.section) if not c.is_retransmission}
    ssrc = packets.ssrc(packet)
    of_another = any(t.section and ssrc in t.section.ssrcs for t in participant.tracks.values())
    if of_another or packets.payload_type(packet) not in of_it:
        return False
    participant.learning = None
    track.section = track.section.with_source(ssrc)
    return True
