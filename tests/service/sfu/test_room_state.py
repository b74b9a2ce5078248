from __future__ import annotations

import itertools

import pytest
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from g2gbench.service.sfu import sdp
from g2gbench.service.sfu.messages import Action, Note, Send
from g2gbench.service.sfu.participants import Participant
from g2gbench.service.sfu.room_state import RoomSettings, RoomState
from tests.drawn import drawn
from tests.service.sfu import offers

TRANSPORT = sdp.Transport("127.0.0.1", 5004, "user", "password", "AA:BB")


def _pairing(**kw: object) -> RoomState:
    numbers = itertools.count()
    settings = RoomSettings(**kw)  # type: ignore[arg-type] # mixed fields
    return RoomState(settings, lambda prefix: f"{prefix}{next(numbers)}")


def _join(
    pairing: RoomState, identity: str, auto_subscribe: bool = True
) -> tuple[Participant, list[Action]]:
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    settings = rtc.ConnectionSettings(auto_subscribe=auto_subscribe)
    request = rtc.JoinRequest(publisher_offer=offer, connection_settings=settings)
    return pairing.join(identity, request, TRANSPORT)


def _request(pairing: RoomState, who: Participant, **kw: object) -> list[Action]:
    return pairing.request(who, rtc.SignalRequest(**kw), 1234)  # type: ignore[arg-type] # mixed fields


def _publish(pairing: RoomState, who: Participant, text: str, cid: str = "cam") -> list[Action]:
    video = models.TrackType.VIDEO
    add = rtc.AddTrackRequest(cid=cid, type=video, width=1088, height=624)
    offer = rtc.SessionDescription(type="offer", sdp=text)
    return _request(pairing, who, add_track=add) + _request(pairing, who, offer=offer)


def _kinds(actions: list[Action], to: Participant) -> list[str]:
    return [
        str(a.message.WhichOneof("message")) for a in actions if isinstance(a, Send) and a.to is to
    ]


def _answers(actions: list[Action], to: Participant) -> list[rtc.SessionDescription]:
    return [
        a.message.answer
        for a in actions
        if isinstance(a, Send) and a.to is to and a.message.HasField("answer")
    ]


def test_a_participant_gets_its_join_then_the_answer_to_its_offer() -> None:
    pairing = _pairing()
    a, actions = _join(pairing, "a")
    assert _kinds(actions, a) == ["join", "answer"]
    assert a.fingerprint == ("sha-256", offers.FINGERPRINT)
    assert pairing.free_seats(can_publish=True) == 1


def test_the_second_is_told_of_the_first_and_the_first_of_the_second() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, actions = _join(pairing, "b")
    join = next(a.message.join for a in actions if isinstance(a, Send) and a.to is b)
    assert [p.identity for p in join.other_participants] == ["a"]
    assert _kinds(actions, a) == ["update"]
    assert pairing.free_seats(can_publish=True) == 0
    assert pairing.partner(a) is b


def test_a_track_is_shown_when_the_partner_offers_again() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    actions = _publish(pairing, a, offers.publish_offer("cam", 77))
    assert _kinds(actions, a) == ["track_published", "answer"]
    assert _kinds(actions, b) == ["update"]  # it may be about to publish: not yet
    assert _kinds(pairing.settle(b), b) == ["update", "media_sections_requirement"]
    assert pairing.settle(b) == []
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer(), id=9)
    shown = _request(pairing, b, offer=offer)
    answer = _answers(shown, b)[0]
    assert answer.id == 9
    assert list(answer.mid_to_track_id) == ["3"]
    assert "a=ssrc:77 cname:x" in answer.sdp
    assert _kinds(shown, a) == ["track_subscribed"]
    again = _request(pairing, b, offer=offer)
    assert list(_answers(again, b)[0].mid_to_track_id) == ["3"]
    assert _kinds(again, a) == []  # said once


def test_a_track_of_one_who_was_there_first_is_shown_with_the_answer_to_publishing() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    _publish(pairing, a, offers.publish_offer("cam", 77))
    b, actions = _join(pairing, "b")
    assert not _answers(actions, b)[0].mid_to_track_id
    published = _publish(pairing, b, offers.publish_offer("mine", 88))
    assert list(_answers(published, b)[0].mid_to_track_id) == ["3"]
    assert pairing.settle(b) == []


def test_a_payload_type_means_the_same_in_every_section_of_a_bundle() -> None:
    """WebRTC complains of one that does not, and may refuse it one day."""
    pairing = _pairing(start_bitrate_kbps=1500)
    a, _ = _join(pairing, "a")
    _publish(pairing, a, offers.publish_offer("cam", 77))
    b, _ = _join(pairing, "b")
    (answer,) = _answers(_publish(pairing, b, offers.publish_offer("mine", 88), "mine"), b)
    _, *sections = answer.sdp.replace("\r", "").split("\nm=video")
    told = [
        [line for line in one.splitlines() if line.startswith(("a=sendonly", "a=recvonly"))]
        + sorted(line for line in one.splitlines() if line.startswith("a=fmtp:"))
        for one in sections
    ]
    formats = [
        "a=fmtp:103 packetization-mode=1;x-google-start-bitrate=1500",
        "a=fmtp:96 x-google-start-bitrate=1500",
        "a=fmtp:97 apt=96",
    ]
    assert told == [["a=sendonly", *formats], formats, ["a=recvonly", *formats]]


@pytest.mark.parametrize("by_participant", [False, True])
def test_who_subscribes_to_nothing_by_itself_is_shown_what_it_asks_for(
    by_participant: bool,
) -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    _publish(pairing, a, offers.publish_offer("cam", 77))
    sid = a.tracks["cam"].sid
    b, actions = _join(pairing, "b", auto_subscribe=False)
    join = next(x.message.join for x in actions if isinstance(x, Send) and x.to is b)
    assert [t.sid for t in join.other_participants[0].tracks] == [sid]  # it learns of it
    published = _publish(pairing, b, offers.publish_offer("mine", 88))
    assert not _answers(published, b)[0].mid_to_track_id
    assert pairing.settle(b) == []

    def subscribe(wanted: bool) -> list[Action]:
        named = (
            {"participant_tracks": [models.ParticipantTracks(track_sids=[sid])]}
            if by_participant
            else {"track_sids": [sid]}
        )
        update = rtc.UpdateSubscription(subscribe=wanted, **named)
        return _request(pairing, b, subscription=update)

    def shown() -> list[str]:
        text = offers.publish_offer("mine", 88)
        offer = rtc.SessionDescription(type="offer", sdp=text)
        return list(_answers(_request(pairing, b, offer=offer), b)[0].mid_to_track_id)

    assert _kinds(subscribe(True), b) == ["media_sections_requirement"]
    assert shown() == ["3"]
    assert _kinds(pairing.leave(a), b) == ["update", "media_sections_requirement"]


def test_who_no_longer_asks_is_no_longer_shown() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    _publish(pairing, a, offers.publish_offer("cam", 77))
    b, _ = _join(pairing, "b", auto_subscribe=False)
    sids = [a.tracks["cam"].sid]
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    for wanted in (True, False):
        update = rtc.UpdateSubscription(track_sids=sids, subscribe=wanted)
        _request(pairing, b, subscription=update)
        answer = _answers(_request(pairing, b, offer=offer), b)[0]
        assert bool(answer.mid_to_track_id) is wanted


def test_who_subscribes_by_itself_need_not_ask() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    update = rtc.UpdateSubscription(track_sids=["any"], subscribe=True)
    assert _request(pairing, a, subscription=update) == []


def test_settling_without_a_partner_says_nothing() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    assert pairing.settle(a) == []
    assert a.settled


def test_a_new_partner_gets_a_section_that_has_shown_nothing_yet() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    pairing.settle(b)
    _publish(pairing, a, offers.publish_offer("cam", 77))
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    _request(pairing, b, offer=offer)
    gone = pairing.leave(a)
    assert _kinds(gone, b) == ["update", "media_sections_requirement"]
    c, _ = _join(pairing, "c")
    _publish(pairing, c, offers.publish_offer("cam", 99))
    assert list(_answers(_request(pairing, b, offer=offer), b)[0].mid_to_track_id) == ["4"]


def test_without_a_free_section_more_are_asked_for() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    pairing.settle(b)
    _publish(pairing, a, offers.publish_offer("cam", 77))
    text = offers.offer(offers.section("video", "3", "inactive"))
    actions = _request(pairing, b, offer=rtc.SessionDescription(type="offer", sdp=text))
    assert _kinds(actions, b) == ["media_sections_requirement", "answer"]


def test_a_simulcast_track_is_shown_once_its_first_packet_tells_the_ssrc() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    pairing.settle(b)
    actions = _publish(pairing, a, offers.simulcast_offer("cam"))
    assert _kinds(actions, b) == []
    assert "a=simulcast:recv f\r\n" in _answers(actions, a)[0].sdp  # the largest alone
    audio = bytes([0x80, 111]) + bytes(10)
    assert pairing.packet_seen(a, audio) == []
    video = bytes([0x80, 96]) + bytes(6) + (5).to_bytes(4, "big")
    assert _kinds(pairing.packet_seen(a, video), b) == ["update", "media_sections_requirement"]
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    assert "a=ssrc:5 cname:room" in _answers(_request(pairing, b, offer=offer), b)[0].sdp


def test_a_track_whose_numbers_mean_something_else_there_is_not_shown() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    pairing.settle(b)
    _publish(pairing, a, offers.publish_offer("cam", 77))
    text = offers.join_offer().replace("a=rtpmap:96 VP8", "a=rtpmap:96 VP9")
    actions = _request(pairing, b, offer=rtc.SessionDescription(type="offer", sdp=text))
    assert [a.text for a in actions if isinstance(a, Note)]
    assert not _answers(actions, b)[0].mid_to_track_id


def test_playout_delay_is_written_towards_whoever_is_shown_video() -> None:
    pairing = _pairing(playout_delay_ms=(0, 0))
    a, _ = _join(pairing, "a")
    b, _ = _join(pairing, "b")
    pairing.settle(b)
    _publish(pairing, a, offers.publish_offer("cam", 77))
    assert a.forwarding
    before = a.forwarding.delay_writer
    assert before is None
    offer = rtc.SessionDescription(type="offer", sdp=offers.join_offer())
    _request(pairing, b, offer=offer)
    assert a.forwarding.delay_writer is not None
    assert b.forwarding
    assert b.forwarding.delay_writer is None
    assert 96 in a.forwarding.video_payloads
    pairing.leave(a)
    assert b.forwarding is None


def test_pings_are_answered_and_other_messages_ignored() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    assert _kinds(_request(pairing, a, ping=1), a) == ["pong"]
    assert _kinds(_request(pairing, a, ping_req=rtc.Ping(timestamp=1)), a) == ["pong_resp"]
    assert _request(pairing, a, mute=rtc.MuteTrackRequest()) == []
    assert pairing.request(a, rtc.SignalRequest(), 0) == []


def test_leaving_twice_is_once() -> None:
    pairing = _pairing()
    a, _ = _join(pairing, "a")
    assert pairing.leave(a) == []
    assert pairing.leave(a) == []
    assert pairing.named("a") is None


def test_an_offer_that_is_none_seats_nobody() -> None:
    pairing = _pairing()
    offer = rtc.SessionDescription(type="offer", sdp="nonsense")
    with pytest.raises(sdp.SdpError):
        pairing.join("a", rtc.JoinRequest(publisher_offer=offer), TRANSPORT)
    assert pairing.participants == []


OFFERS = st.sampled_from(
    [
        offers.join_offer(),
        offers.publish_offer("cam", 77),
        offers.publish_offer("other", 78),
        offers.simulcast_offer("cam"),
        offers.offer(offers.section("video", "3", "inactive")),
        "nonsense",
    ]
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["offer", "add", "packet", "settle", "leave"]),
        OFFERS,
    ),
    max_size=25,
)


@drawn(25, 1000, STEPS)
def test_no_sequence_of_messages_breaks_the_room(steps: list[tuple[str, str, str]]) -> None:
    pairing = _pairing(playout_delay_ms=(0, 0))
    for name, what, text in steps:
        who = pairing.named(name)
        if who is None:
            if pairing.free_seats(can_publish=True):
                _join(pairing, name)
            continue
        try:
            if what == "offer":
                description = rtc.SessionDescription(type="offer", sdp=text)
                _request(pairing, who, offer=description)
            elif what == "add":
                _request(pairing, who, add_track=rtc.AddTrackRequest(cid="cam"))
            elif what == "packet":
                pairing.packet_seen(who, bytes([0x80, 96]) + bytes(10))
            elif what == "settle":
                pairing.settle(who)
            else:
                pairing.leave(who)
        except sdp.SdpError:
            assert text == "nonsense"
        assert len(pairing.participants) <= 2
        for one in pairing.participants:
            assert all(t.live for t in one.shown.values())
