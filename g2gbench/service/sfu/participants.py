"""Participants, their tracks, and the forwarding between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from livekit.protocol import models

from g2gbench.service.sfu import packets, sdp
from g2gbench.service.sfu.header_rewriting import HeaderRewriter


@dataclass(slots=True, eq=False)
class Track:
    """A published track: announced by add_track, live once an offer carries it.

    ``codec``: what its participant asked to have first (``H264``), "" for its offer's own order.
    """

    owner: Participant
    client_id: str
    info: models.TrackInfo
    codec: str = ""
    section: sdp.Section | None = None
    subscribed: bool = False

    @property
    def sid(self) -> str:
        """The room's id of the track."""
        return str(self.info.sid)

    @property
    def live(self) -> bool:
        """Whether the track's packets can be told apart: its SSRCs are known."""
        return self.section is not None and bool(self.section.sources)


@dataclass(slots=True, eq=False)
class Forwarding:
    """From one publisher to one who is shown its tracks.

    What is None is not done to the packets; a packet to which nothing is done stays the same bytes.
    """

    to: Participant
    ssrcs: frozenset[int] = frozenset()  # of the tracks that are shown
    renumberer: HeaderRewriter | None = None
    delay_writer: packets.PlayoutDelayWriter | None = None
    video_payloads: frozenset[int] = frozenset()  # payload types there that it applies to
    begun: set[int] = field(default_factory=set)  # SSRCs of which something went to a viewer

    def take(self, packet: bytes) -> bytes | None:
        """The RTP packet as it goes out there; None for one that would mean nothing there."""
        if self.renumberer is not None:
            renumbered = self.renumberer(packet)
            if renumbered is None:
                return None
            packet = renumbered
        if self.delay_writer is not None and packet[1] & 0x7F in self.video_payloads:
            packet = self.delay_writer(packet)
        return packet


@dataclass(slots=True, eq=False)
class Participant:
    """One seat of the room.

    ``forwarding`` leads to the other publisher, ``viewers`` to each that
    is shown something of it.
    """

    identity: str
    sid: str
    transport: sdp.Transport
    can_publish: bool = True
    tracks: dict[str, Track] = field(default_factory=dict)  # by the client's track id
    shown: dict[str, Track] = field(default_factory=dict)  # section's mid -> another's track
    spent: set[str] = field(default_factory=set)  # mids that have shown a track: never reused
    automatic: bool = True  # it wants whatever the others publish
    settled: bool = False  # it has published, or will not: it may be shown video unasked
    wanted: set[str] = field(default_factory=set)  # sids that it asked for
    fingerprint: tuple[str, str] | None = None
    learning: Track | None = None  # a simulcast track, whose offer names no SSRC
    forwarding: Forwarding | None = None
    viewers: list[Forwarding] = field(default_factory=list)

    @property
    def may_be_shown(self) -> bool:
        """Whether there is anything that it may be shown now."""
        return self.settled if self.automatic else bool(self.wanted)

    def takes(self, track: Track) -> bool:
        """Return whether it may be shown this track of another's now."""
        return self.settled if self.automatic else track.sid in self.wanted

    def info(
        self, state: models.ParticipantInfo.State = models.ParticipantInfo.ACTIVE
    ) -> models.ParticipantInfo:
        """The participant's info, as the others get it."""
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.identity,
            state=state,
            tracks=[t.info for t in self.tracks.values() if t.live],
            is_publisher=bool(self.tracks),
            permission=models.ParticipantPermission(
                can_publish=self.can_publish,
                can_subscribe=True,
                can_publish_data=self.can_publish,
            ),
        )
