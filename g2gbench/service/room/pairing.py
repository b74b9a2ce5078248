"""The room's signalling (LiveKit v1, one peer connection each) as a state machine without sockets.

Two participants at most. A participant always offers; the room answers. To show one participant's
track to the other, the other is told of it and asked for zero more media sections, whereupon its
SDK makes a new offer whose first free receiving section is answered with the track's own SSRCs.

A participant that subscribes to nothing by itself is shown what it asks for. Any other is shown
nothing before it has published, or has had the time to: a client whose first remote frames arrive
while it negotiates its own track may never be handed another frame, although it decodes them all
(seen with livekit 1.2.1 in up to half of the sessions of a busy machine).

Protobuf messages and the time come in, actions go out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from livekit.protocol import models, rtc

from g2gbench.service.room import packets, sdp
from g2gbench.service.room.participants import Participant, Track

SEATS = 2
PROTOCOL = 16
SERVER_VERSION = "1.9.0"
PING_INTERVAL_S = 5
PING_TIMEOUT_S = 15
CODECS = ("VP8", "H264", "VP9", "AV1", "H265")


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What the room adds to what it forwards.

    ``start_bitrate_kbps``: hint for a publisher's congestion controller, 0 for none.
    ``playout_delay_ms``: (minimum, maximum) that receivers shall keep, None for their own choice.
    """

    name: str = "loopback"
    start_bitrate_kbps: int = 2000
    playout_delay_ms: tuple[int, int] | None = None


class Send(NamedTuple):
    """Send a signalling message to a participant."""

    to: Participant
    message: rtc.SignalResponse


class Note(NamedTuple):
    """Something that the room's log should say."""

    text: str


Action = Send | Note


class Pairing:
    """Who is in the room, what each publishes, and what each is shown.

    Args:
        settings: what the room adds.
        new_id: makes an id that begins with the given prefix, new at each call.

    """

    def __init__(self, settings: RoomSettings, new_id: Callable[[str], str]) -> None:
        self.settings = settings
        self.participants: list[Participant] = []
        self._new_id = new_id
        self._sid = new_id("RM_")

    @property
    def is_full(self) -> bool:
        """No seat is free."""
        return len(self.participants) >= SEATS

    def partner(self, participant: Participant) -> Participant | None:
        """The other one, once both are there."""
        return next((p for p in self.participants if p is not participant), None)

    def named(self, identity: str) -> Participant | None:
        """The participant of that identity."""
        return next((p for p in self.participants if p.identity == identity), None)

    def join(
        self, identity: str, request: rtc.JoinRequest, transport: sdp.Transport
    ) -> tuple[Participant, list[Action]]:
        """Seat a participant; its join answer, and word to its partner.

        Raises sdp.SdpError when its offer cannot be answered; it is not seated then.
        """
        participant = Participant(identity, self._new_id("PA_"), transport)
        if request.HasField("connection_settings"):
            participant.automatic = request.connection_settings.auto_subscribe
        offer = request.publisher_offer if request.HasField("publisher_offer") else None
        parsed = sdp.parse(offer.sdp) if offer is not None else None
        self.participants.append(participant)
        partner = self.partner(participant)
        join = rtc.JoinResponse(
            room=models.Room(
                sid=self._sid,
                name=self.settings.name,
                num_participants=len(self.participants),
            ),
            participant=participant.info(),
            other_participants=[partner.info()] if partner else [],
            server_version=SERVER_VERSION,
            subscriber_primary=False,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            fast_publish=True,
            server_info=models.ServerInfo(
                edition=models.ServerInfo.Standard,
                version=SERVER_VERSION,
                protocol=PROTOCOL,
                region="local",
                node_id="ND_room",
            ),
            enabled_publish_codecs=[
                *(models.Codec(mime=f"video/{name}") for name in CODECS),
                models.Codec(mime="audio/opus"),
            ],
        )
        actions: list[Action] = [Send(participant, rtc.SignalResponse(join=join))]
        if offer is not None and parsed is not None:
            actions += self._answer(participant, offer, parsed)
        if partner:
            actions.append(_update(partner, participant.info()))
        return participant, actions

    def settle(self, participant: Participant) -> list[Action]:
        """Show the partner's tracks to one who has not published anything of its own so far."""
        partner = self.partner(participant)
        if participant.settled or participant not in self.participants:
            return []
        participant.settled = True
        if not participant.automatic:
            return []
        return self._tell(participant, partner) if partner else []

    def leave(self, participant: Participant) -> list[Action]:
        """Free a seat; word to the one who stays."""
        if participant not in self.participants:
            return []
        partner = self.partner(participant)
        self.participants.remove(participant)
        if partner is None:
            return []
        partner.writer = None
        return self._tell(partner, participant, models.ParticipantInfo.DISCONNECTED)

    def request(
        self, participant: Participant, message: rtc.SignalRequest, wall_ms: int
    ) -> list[Action]:
        """What follows from one message of a participant.

        Raises sdp.SdpError for an offer that cannot be answered.
        """
        kind = message.WhichOneof("message")
        if kind == "offer":
            return self._answer(participant, message.offer, sdp.parse(message.offer.sdp))
        if kind == "add_track":
            return self._add_track(participant, message.add_track)
        if kind == "subscription":
            return self._subscribe(participant, message.subscription)
        if kind == "ping":
            return [Send(participant, rtc.SignalResponse(pong=wall_ms))]
        if kind == "ping_req":
            pong = rtc.Pong(last_ping_timestamp=message.ping_req.timestamp, timestamp=wall_ms)
            return [Send(participant, rtc.SignalResponse(pong_resp=pong))]
        return []

    def packet_seen(self, participant: Participant, packet: bytes) -> list[Action]:
        """Learn the SSRC of a simulcast track from its first packet."""
        track = participant.learning
        if track is None or track.section is None:
            return []
        if packets.payload_type(packet) not in _payload_types(track.section):
            return []
        participant.learning = None
        track.section = track.section.with_source(packets.ssrc(packet))
        partner = self.partner(participant)
        return self._tell(partner, participant) if partner else []

    def _add_track(self, participant: Participant, request: rtc.AddTrackRequest) -> list[Action]:
        is_video = request.type == models.TrackType.VIDEO
        mime = request.simulcast_codecs[0].codec if request.simulcast_codecs else ""
        if mime and "/" not in mime:
            mime = ("video/" if is_video else "audio/") + mime.upper()
        info = models.TrackInfo(
            sid=self._new_id("TR_VC" if is_video else "TR_AM"),
            type=request.type,
            name=request.name,
            width=request.width,
            height=request.height,
            source=request.source,
            layers=request.layers,
            muted=request.muted,
            packet_trailer_features=request.packet_trailer_features,
            mime_type=mime,
        )
        participant.tracks[request.cid] = Track(request.cid, info)
        published = rtc.TrackPublishedResponse(cid=request.cid, track=info)
        return [Send(participant, rtc.SignalResponse(track_published=published))]

    def _subscribe(self, participant: Participant, request: rtc.UpdateSubscription) -> list[Action]:
        sids = {*request.track_sids, *(s for p in request.participant_tracks for s in p.track_sids)}
        if request.subscribe:
            participant.wanted |= sids
        else:
            participant.wanted -= sids
        return [] if participant.automatic else [_offer_again(participant)]

    def _answer(
        self, participant: Participant, offer: rtc.SessionDescription, parsed: sdp.Offer
    ) -> list[Action]:
        participant.fingerprint = parsed.fingerprint
        changed = _take_published(participant, parsed)
        participant.settled |= bool(participant.tracks)
        actions = self._choose_shown(participant, parsed)
        partner = self.partner(participant)
        stream_id = partner.sid if partner else ""

        def media(section: sdp.Section) -> sdp.Media:
            track = participant.shown.get(section.mid)
            if track is not None and track.section is not None:
                lines = sdp.shown_track_lines(stream_id, track.sid, track.section.sources)
                return sdp.Media("sendonly", extra_lines=lines)
            if _published_at(participant, section.mid):
                return sdp.Media("recvonly", self.settings.start_bitrate_kbps)
            return sdp.Media("inactive")

        text = sdp.answer(parsed, participant.transport, media)
        answer = rtc.SessionDescription(
            type="answer",
            sdp=text,
            id=offer.id,
            mid_to_track_id={mid: t.sid for mid, t in participant.shown.items()},
        )
        actions.append(Send(participant, rtc.SignalResponse(answer=answer)))
        for track in participant.shown.values():
            if partner and not track.subscribed:
                track.subscribed = True
                word = rtc.TrackSubscribed(track_sid=track.sid)
                actions.append(Send(partner, rtc.SignalResponse(track_subscribed=word)))
        self._set_writer(participant, parsed)
        if changed and partner:
            actions += self._tell(partner, participant)
        return actions

    def _choose_shown(self, participant: Participant, parsed: sdp.Offer) -> list[Action]:
        """Give each of the partner's live tracks a receiving section; sections keep their track."""
        partner = self.partner(participant)
        tracks = partner.tracks.values() if partner else ()
        live = [t for t in tracks if t.live and participant.takes(t)]
        participant.shown = {m: t for m, t in participant.shown.items() if t in live}
        actions: list[Action] = []
        for track in live:
            source = track.section
            if source is None or track in participant.shown.values():
                continue
            free = [
                s
                for s in parsed.sections
                if s.direction == "recvonly"
                and s.kind == source.kind
                and s.mid not in participant.spent
            ]
            if not free:
                wanted = rtc.MediaSectionsRequirement(
                    num_videos=int(source.kind == "video"), num_audios=int(source.kind == "audio")
                )
                message = rtc.SignalResponse(media_sections_requirement=wanted)
                actions.append(Send(participant, message))
                continue
            differing = _differing_payload_types(source, free[0])
            if differing:
                actions.append(
                    Note(
                        f"{track.sid} is not shown to {participant.identity}: its payload types "
                        f"mean something else there ({differing}); this room renumbers nothing"
                    )
                )
                continue
            participant.shown[free[0].mid] = track
            participant.spent.add(free[0].mid)
        return actions

    def _set_writer(self, participant: Participant, parsed: sdp.Offer) -> None:
        bounds = self.settings.playout_delay_ms
        shown = [s for s in parsed.sections if s.mid in participant.shown and s.kind == "video"]
        if bounds is None or not shown:
            return
        extension_id = shown[0].extensions.get(packets.PLAYOUT_DELAY_URI)
        if extension_id:
            participant.writer = packets.PlayoutDelayWriter(extension_id, *bounds)
            participant.video_payloads = _payload_types(shown[0])

    def _tell(
        self,
        participant: Participant,
        about: Participant,
        state: models.ParticipantInfo.State = models.ParticipantInfo.ACTIVE,
    ) -> list[Action]:
        """Say what ``about`` publishes now."""
        actions: list[Action] = [_update(participant, about.info(state))]
        if participant.may_be_shown:
            actions.append(_offer_again(participant))
        return actions


def _offer_again(to: Participant) -> Send:
    """Zero more sections asked for: whereupon it offers what it has again."""
    nothing = rtc.MediaSectionsRequirement()
    return Send(to, rtc.SignalResponse(media_sections_requirement=nothing))


def _update(to: Participant, about: models.ParticipantInfo) -> Send:
    return Send(to, rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[about])))


def _take_published(participant: Participant, parsed: sdp.Offer) -> bool:
    """Bind announced tracks to the sections that carry them; whether what is live changed."""
    carried: dict[str, sdp.Section] = {}
    for section in parsed.sections:
        if section.kind in ("audio", "video") and section.direction in ("sendonly", "sendrecv"):
            track = participant.tracks.get(section.track_id) or _published_at(
                participant, section.mid
            )
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


def _published_at(participant: Participant, mid: str) -> Track | None:
    return next(
        (t for t in participant.tracks.values() if t.section and t.section.mid == mid), None
    )


def _payload_types(section: sdp.Section) -> frozenset[int]:
    return frozenset(c.payload_type for c in section.codecs)


def _differing_payload_types(source: sdp.Section, shown: sdp.Section) -> str:
    """Payload types that the sender and the receiver of a track use for different codecs."""
    there = {c.payload_type: c.name.lower() for c in shown.codecs}
    return ", ".join(
        f"{c.payload_type} {c.name}"
        for c in sdp.forwardable(source)
        if there.get(c.payload_type, c.name.lower()) != c.name.lower()
    )
