from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from g2gbench.link import signalling

ROOM = ("127.0.0.1", 7882)
RELAY = ("127.0.0.1", 40000)


def _relay(address: tuple[str, int]) -> tuple[str, int]:
    assert address == ROOM
    return RELAY


HOST = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"


def test_a_host_candidate_leads_through_the_relay() -> None:
    found = signalling.candidate_through(HOST, _relay)
    assert found == "candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host"


def test_candidates_that_lead_round_the_link_are_dropped() -> None:
    for candidate in (
        "candidate:1 1 tcp 1 127.0.0.1 7881 typ host tcptype passive",
        "candidate:1 1 udp 1 ::1 7882 typ host",
        "candidate:1 1 udp 1 10.0.0.1 7882 typ relay raddr 1.2.3.4 rport 1",
        "candidate:1 1 udp 1 10.0.0.1 7882 typ srflx",
        "candidate:1 1 udp 1 abcd.local 7882 typ host",
        "candidate:1 1 udp",
    ):
        assert signalling.candidate_through(candidate, _relay) is None


def test_an_answer_names_the_relay_alone() -> None:
    answer = rtc.SessionDescription(
        type="answer",
        sdp=f"v=0\r\nm=video 9 X 96\r\na={HOST}\r\na=candidate:2 1 tcp 1 h 1 typ host",
    )
    data = rtc.SignalResponse(answer=answer).SerializeToString()
    out = signalling.to_client(data, _relay)
    assert out is not None
    text = rtc.SignalResponse.FromString(out).answer.sdp
    assert text == (
        "v=0\r\nm=video 9 X 96\r\na=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host"
    )


def test_a_join_names_no_ice_servers() -> None:
    join = rtc.JoinResponse(ice_servers=[rtc.ICEServer(urls=["stun:example.org"])])
    out = signalling.to_client(rtc.SignalResponse(join=join).SerializeToString(), _relay)
    assert out is not None
    assert not rtc.SignalResponse.FromString(out).join.ice_servers


def test_a_trickled_candidate_is_rewritten_or_dropped() -> None:
    def through(candidate: str) -> bytes | None:
        trickle = rtc.TrickleRequest(candidateInit=json.dumps({"candidate": candidate}))
        message = rtc.SignalResponse(trickle=trickle)
        return signalling.to_client(message.SerializeToString(), _relay)

    out = through(HOST)
    assert out is not None
    init = json.loads(rtc.SignalResponse.FromString(out).trickle.candidateInit)
    assert "40000" in init["candidate"]
    assert through("candidate:1 1 tcp 1 127.0.0.1 1 typ host") is None


def test_the_room_sees_no_address_of_the_client() -> None:
    trickle = rtc.SignalRequest(trickle=rtc.TrickleRequest(candidateInit="{}"))
    assert signalling.to_room(trickle.SerializeToString()) is None
    offer = rtc.SignalRequest(offer=rtc.SessionDescription(sdp=f"v=0\r\na={HOST}\r\ns=-"))
    out = signalling.to_room(offer.SerializeToString())
    assert out is not None
    assert rtc.SignalRequest.FromString(out).offer.sdp == "v=0\r\ns=-"


def test_other_messages_pass_unchanged() -> None:
    update = rtc.ParticipantUpdate(participants=[models.ParticipantInfo(identity="x")])
    data = rtc.SignalResponse(update=update).SerializeToString()
    assert signalling.to_client(data, _relay) == data
    ping = rtc.SignalRequest(ping=1).SerializeToString()
    assert signalling.to_room(ping) == ping


@given(st.text())
def test_no_sdp_text_breaks_it_and_no_foreign_candidate_survives(text: str) -> None:
    out = signalling.sdp_through(text, lambda _: RELAY)
    for line in out.split("\r\n"):
        if line.startswith("a=candidate:"):
            assert " 127.0.0.1 40000 " in line
