"""Who has a seat in the room, and what each publishes and is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from livekit.protocol import models

from g2gbench.service.room import packets, sdp


@dataclass(slots=True, eq=False)
class Track:
    """A published track: announced by add_track, live once an offer carries it."""

    client_id: str
    info: models.TrackInfo
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
class Participant:
    """One seat of the room."""

    identity: str
    sid: str
    transport: sdp.Transport
    tracks: dict[str, Track] = field(default_factory=dict)  # by the client's track id
    shown: dict[str, Track] = field(default_factory=dict)  # section's mid -> partner's track
    spent: set[str] = field(default_factory=set)  # mids that have shown a track: never reused
    automatic: bool = True  # it wants whatever its partner publishes
    settled: bool = False  # it has published, or will not: it may be shown video unasked
    wanted: set[str] = field(default_factory=set)  # sids that it asked for
    fingerprint: tuple[str, str] | None = None
    learning: Track | None = None  # a simulcast track, whose offer names no SSRC
    writer: packets.PlayoutDelayWriter | None = None  # towards this participant
    video_payloads: frozenset[int] = frozenset()  # payload types that the writer applies to

    @property
    def may_be_shown(self) -> bool:
        """Whether there is anything that it may be shown now."""
        return self.settled if self.automatic else bool(self.wanted)

    def takes(self, track: Track) -> bool:
        """Whether it may be shown this track of its partner's now."""
        return self.settled if self.automatic else track.sid in self.wanted

    def info(
        self, state: models.ParticipantInfo.State = models.ParticipantInfo.ACTIVE
    ) -> models.ParticipantInfo:
        """The participant as its partner is told of it."""
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.identity,
            state=state,
            tracks=[t.info for t in self.tracks.values() if t.live],
            is_publisher=bool(self.tracks),
            permission=models.ParticipantPermission(
                can_publish=True, can_subscribe=True, can_publish_data=True
            ),
        )
