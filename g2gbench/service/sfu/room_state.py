"""The room's signalling (LiveKit v1, one peer connection each) as a state machine without sockets.

Two publishers, which are each other's partners, and viewers, which are shown what both publish and
may publish nothing. A participant always offers; the room answers. To show one participant's
track to another, the other gets an update and is asked for zero more media sections, whereupon its
SDK makes a new offer whose first free receiving section is answered with the track's own SSRCs.

A participant that subscribes to nothing by itself is shown what it asks for. Any other is shown
nothing before it has published, or has had the time to: a client whose first remote frames arrive
while it negotiates its own track may never be handed another frame, although it decodes them all
(seen with livekit 1.2.1 in up to half of the sessions of a busy machine). A viewer has nothing to
wait for.

Protobuf messages and the time come in, actions go out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livekit.protocol import models, rtc

from g2gbench.service.sfu import messages, packets, sdp, track_binding
from g2gbench.service.sfu.header_rewriting import header_rewriter, payload_types
from g2gbench.service.sfu.messages import Action, Note, Send
from g2gbench.service.sfu.participants import Forwarding, Participant, Track

PUBLISHERS = 2
VIEWERS = 8


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Settings of the room: hints that it adds to SDP, and its numbers of seats.

    ``start_bitrate_kbps``: hint for a publisher's congestion controller, 0 for none.
    ``playout_delay_ms``: (minimum, maximum) that receivers shall keep, None for their own choice.
    ``viewers``: how many there may be beside the two publishers.
    """

    name: str = "loopback"
    start_bitrate_kbps: int = 2000
    playout_delay_ms: tuple[int, int] | None = None
    viewers: int = VIEWERS


class RoomState:
    """Participants of the room, with the tracks that each publishes and is shown.

    Args:
        settings: what the room adds.
        new_id: makes an id that begins with the given prefix, new at each call.

    """

    def __init__(self, settings: RoomSettings, new_id: Callable[[str], str]) -> None:
        self.settings = settings
        self.participants: list[Participant] = []
        self._new_id = new_id
        self._sid = new_id("RM_")

    def free_seats(self, *, can_publish: bool) -> int:
        """Return how many more publishers, or viewers, are let in."""
        seats = PUBLISHERS if can_publish else self.settings.viewers
        return seats - sum(p.can_publish == can_publish for p in self.participants)

    def partner(self, participant: Participant) -> Participant | None:
        """The other publisher, once both are there; a viewer has none."""
        return participant.forwarding.to if participant.forwarding else None

    def named(self, identity: str) -> Participant | None:
        """The participant of that identity."""
        return next((p for p in self.participants if p.identity == identity), None)

    def join(
        self,
        identity: str,
        request: rtc.JoinRequest,
        transport: sdp.Transport,
        *,
        can_publish: bool = True,
    ) -> tuple[Participant, list[Action]]:
        """Seat a participant; its join answer, and word to the others.

        Raises sdp.SdpError when its offer cannot be answered; it is not seated then.
        """
        participant = Participant(identity, self._new_id("PA_"), transport, can_publish)
        participant.settled = not can_publish
        if request.HasField("connection_settings"):
            participant.automatic = request.connection_settings.auto_subscribe
        offer = request.publisher_offer if request.HasField("publisher_offer") else None
        parsed = sdp.parse(offer.sdp) if offer is not None else None
        self.participants.append(participant)
        others = self._others(participant)
        for other in others if can_publish else ():
            if other.can_publish:
                participant.forwarding, other.forwarding = (
                    Forwarding(other),
                    Forwarding(participant),
                )
        room = models.Room(
            sid=self._sid, name=self.settings.name, num_participants=len(self.participants)
        )
        actions: list[Action] = [messages.welcome(participant, room, others)]
        if offer is not None and parsed is not None:
            actions += self._answer(participant, offer, parsed)
        actions += [messages.update(other, participant.info()) for other in others]
        return participant, actions

    def settle(self, participant: Participant) -> list[Action]:
        """Show the partner's tracks to one who has not published anything of its own so far."""
        if participant.settled or participant not in self.participants:
            return []
        participant.settled = True
        if not participant.automatic:
            return []
        partner = self.partner(participant)
        return self._send(participant, partner) if partner else []

    def leave(self, participant: Participant) -> list[Action]:
        """Free a seat; word to those who stay."""
        if participant not in self.participants:
            return []
        self.participants.remove(participant)
        others = self._others(participant)
        for other in others:
            if other.forwarding is not None and other.forwarding.to is participant:
                other.forwarding = None
            other.viewers = [one for one in other.viewers if one.to is not participant]
        gone = participant.info(models.ParticipantInfo.DISCONNECTED)
        if not participant.can_publish:  # nobody was shown anything of it
            return [messages.update(other, gone) for other in others]
        state = models.ParticipantInfo.DISCONNECTED
        return [a for other in others for a in self._send(other, participant, state)]

    def request(
        self, participant: Participant, message: rtc.SignalRequest, wall_ms: int
    ) -> list[Action]:
        """Return the actions for one message of a participant.

        Raises sdp.SdpError for an offer that cannot be answered.
        """
        kind = message.WhichOneof("message")
        if kind == "offer":
            return self._answer(participant, message.offer, sdp.parse(message.offer.sdp))
        if kind == "add_track":
            return [self._add_track(participant, message.add_track)]
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
        if not track_binding.learn(participant, packet):
            return []
        return [a for other in self._others(participant) for a in self._send(other, participant)]

    def _others(self, participant: Participant) -> list[Participant]:
        return [p for p in self.participants if p is not participant]

    def _add_track(self, participant: Participant, request: rtc.AddTrackRequest) -> Send:
        if not participant.can_publish:
            return messages.refused(participant, request)
        prefix = "TR_VC" if request.type == models.TrackType.VIDEO else "TR_AM"
        track = track_binding.announce(participant, request, self._new_id(prefix))
        return messages.published(participant, track)

    def _subscribe(self, participant: Participant, request: rtc.UpdateSubscription) -> list[Action]:
        sids = {*request.track_sids, *(s for p in request.participant_tracks for s in p.track_sids)}
        if request.subscribe:
            participant.wanted |= sids
        else:
            participant.wanted -= sids
        return [] if participant.automatic else [messages.more_sections(participant)]

    def _answer(
        self, participant: Participant, offer: rtc.SessionDescription, parsed: sdp.Offer
    ) -> list[Action]:
        participant.fingerprint = parsed.fingerprint
        changed = track_binding.take(participant, parsed)
        participant.settled |= bool(participant.tracks)
        actions = self._choose_shown(participant, parsed)
        text = sdp.answer(parsed, participant.transport, lambda s: self._media(participant, s))
        actions.append(messages.answered(participant, offer, text, participant.shown))
        for track in participant.shown.values():
            if not track.subscribed:
                track.subscribed = True
                actions.append(messages.subscribed(track))
        self._lay_ways(participant, parsed)
        if changed:
            for other in self._others(participant):
                actions += self._send(other, participant)
        return actions

    def _media(self, participant: Participant, section: sdp.Section) -> sdp.Media:
        """Return how a section of the participant's is answered."""
        # It counts in what is published alone, but a payload type of a bundle must mean the same in
        # all of its sections (RFC 9143, section 9.1).
        hint = self.settings.start_bitrate_kbps
        shown = participant.shown.get(section.mid)
        if shown is not None and shown.section is not None:
            lines = sdp.shown_track_lines(shown.owner.sid, shown.sid, shown.section.sources)
            return sdp.Media("sendonly", hint, extra_lines=lines)
        own = track_binding.at(participant, section.mid)
        if own is not None:
            sent = _sent(own)
            layers = section.layers(sent.name if sent else "")
            return sdp.Media("recvonly", hint, codec=own.codec, layers=layers)
        return sdp.Media("inactive", hint)

    def _choose_shown(self, participant: Participant, parsed: sdp.Offer) -> list[Action]:
        """Give each of the others' live tracks a receiving section; sections keep their track."""
        tracks = [t for other in self._others(participant) for t in other.tracks.values()]
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
                actions.append(messages.more_sections(participant, source.kind))
                continue
            sent = _sent(track)
            if sent is not None and sent.payload_type not in payload_types(source, free[0]):
                actions.append(
                    Note(
                        f"{track.sid} is not shown to {participant.identity}: "
                        f"it is {sent.name}, which was not offered there"
                    )
                )
                continue
            participant.shown[free[0].mid] = track
            participant.spent.add(free[0].mid)
        return actions

    def _lay_ways(self, participant: Participant, parsed: sdp.Offer) -> None:
        """Renew how the packets of each track that the participant is shown are rewritten."""
        sections = {s.mid: s for s in parsed.sections}
        for owner in self._others(participant):
            pairs = [
                (track.section, sections[mid])
                for mid, track in participant.shown.items()
                if track.owner is owner and track.section is not None and mid in sections
            ]
            forwarding = (
                owner.forwarding
                if owner.forwarding and owner.forwarding.to is participant
                else None
            )
            if forwarding is None:
                owner.viewers = [one for one in owner.viewers if one.to is not participant]
                if not pairs:
                    continue
                forwarding = Forwarding(participant)
                owner.viewers.append(forwarding)
            forwarding.ssrcs = frozenset().union(*(source.ssrcs for source, _ in pairs))
            forwarding.renumberer = header_rewriter(pairs)
            self._set_delay(forwarding, [there for _, there in pairs if there.kind == "video"])

    def _set_delay(self, forwarding: Forwarding, shown: list[sdp.Section]) -> None:
        bounds = self.settings.playout_delay_ms
        if bounds is None or not shown:
            return
        extension_id = shown[0].extensions.get(packets.PLAYOUT_DELAY_URI)
        if extension_id:
            forwarding.delay_writer = packets.PlayoutDelayWriter(extension_id, *bounds)
            forwarding.video_payloads = frozenset(c.payload_type for c in shown[0].codecs)

    def _send(
        self,
        participant: Participant,
        about: Participant,
        state: models.ParticipantInfo.State = models.ParticipantInfo.ACTIVE,
    ) -> list[Action]:
        """Say what ``about`` publishes now."""
        actions: list[Action] = [messages.update(participant, about.info(state))]
        if participant.may_be_shown:
            actions.append(messages.more_sections(participant))
        return actions


def _sent(track: Track) -> sdp.Codec | None:
    """The codec that a track's publisher sends: the first of what it was answered."""
    if track.section is None:
        return None
    taken = sdp.taken(track.section, sdp.Media("recvonly", codec=track.codec))
    return taken[0] if taken else None
