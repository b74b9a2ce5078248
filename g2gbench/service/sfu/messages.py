"""The signalling messages that the room says (LiveKit protocol). Pure."""

from __future__ import annotations

from typing import NamedTuple

from livekit.protocol import models, rtc

from g2gbench.service.sfu.participants import Participant, Track

PROTOCOL = 16
SERVER_VERSION = "1.9.0"
PING_INTERVAL_S = 5
PING_TIMEOUT_S = 15
CODECS = ("VP8", "H264", "VP9", "AV1", "H265")


class Send(NamedTuple):
    """Send a signalling message to a participant."""

    to: Participant
    message: rtc.SignalResponse


class Note(NamedTuple):
    """Something that the room's log should say."""

    text: str


Action = Send | Note


def welcome(to: Participant, room: models.Room, others: list[Participant]) -> Send:
    """The first message of all: the room, and who is in it."""
    join = rtc.JoinResponse(
        room=room,
        participant=to.info(),
        other_participants=[other.info() for other in others],
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
    return Send(to, rtc.SignalResponse(join=join))


def update(to: Participant, about: models.ParticipantInfo) -> Send:
    """Say what has become of another participant."""
    return Send(to, rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[about])))


def more_sections(to: Participant, kind: str = "") -> Send:
    """Ask for one more section of a kind; of none: whereupon it offers what it has again."""
    wanted = rtc.MediaSectionsRequirement(
        num_videos=int(kind == "video"), num_audios=int(kind == "audio")
    )
    return Send(to, rtc.SignalResponse(media_sections_requirement=wanted))


def published(to: Participant, track: Track) -> Send:
    """The track that it announced has an id now."""
    word = rtc.TrackPublishedResponse(cid=track.client_id, track=track.info)
    return Send(to, rtc.SignalResponse(track_published=word))


def subscribed(track: Track) -> Send:
    """Somebody is shown the track for the first time."""
    word = rtc.TrackSubscribed(track_sid=track.sid)
    return Send(track.owner, rtc.SignalResponse(track_subscribed=word))


def refused(to: Participant, request: rtc.AddTrackRequest) -> Send:
    """A viewer asked to publish."""
    word = rtc.RequestResponse(
        reason=rtc.RequestResponse.NOT_ALLOWED,
        message="this participant may not publish",
        add_track=request,
    )
    return Send(to, rtc.SignalResponse(request_response=word))


def answered(
    to: Participant, offer: rtc.SessionDescription, text: str, shown: dict[str, Track]
) -> Send:
    """The answer to an offer, with the track that each showing section shows."""
    answer = rtc.SessionDescription(
        type="answer",
        sdp=text,
        id=offer.id,
        mid_to_track_id={mid: track.sid for mid, track in shown.items()},
    )
    return Send(to, rtc.SignalResponse(answer=answer))


def leave(reason: models.DisconnectReason, action: rtc.LeaveRequest.Action) -> bytes:
    """The last message to a participant, as bytes."""
    word = rtc.LeaveRequest(reason=reason, action=action)
    return rtc.SignalResponse(leave=word).SerializeToString()
