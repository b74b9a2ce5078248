from __future__ import annotations

import gzip
import json
from urllib.parse import unquote

import pytest
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


def test_a_host_candidate_of_ipv6_leads_through_the_relay_whatever_its_spelling() -> None:
    asked: list[tuple[str, int]] = []

    def relay(address: tuple[str, int]) -> tuple[str, int]:
        asked.append(address)
        return RELAY

    found = signalling.candidate_through("candidate:1 1 UDP 1 2001:DB8:0::1 7882 typ host", relay)
    assert found == "candidate:1 1 UDP 1 127.0.0.1 40000 typ host"
    assert asked == [("2001:db8::1", 7882)]


def test_candidates_that_lead_round_the_link_are_dropped() -> None:
    for candidate in (
        "candidate:1 1 tcp 1 127.0.0.1 7881 typ host tcptype passive",
        "candidate:1 1 udp 1 fe80::1 7882 typ host",
        "candidate:1 1 udp 1 169.254.1.1 7882 typ host",
        "candidate:1 1 udp 1 0.0.0.0 7882 typ host",
        "candidate:1 1 udp 1 224.0.0.1 7882 typ host",
        "candidate:1 1 udp 1 127.0.0.1 0 typ host",
        "candidate:1 1 udp 1 127.0.0.1 x typ host",
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
        "v=0\r\nm=video 9 X 96\r\na=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n"
    )


def _as_the_client_sees(message: rtc.SignalResponse) -> rtc.SignalResponse:
    out = signalling.to_client(message.SerializeToString(), _relay)
    assert out is not None
    return rtc.SignalResponse.FromString(out)


SERVERS = [rtc.ICEServer(urls=["stun:example.org", "turn:example.org"])]


def test_a_join_names_no_other_server() -> None:
    join = rtc.JoinResponse(ice_servers=SERVERS, alternative_url="wss://elsewhere", ping_timeout=3)
    seen = _as_the_client_sees(rtc.SignalResponse(join=join)).join
    assert seen == rtc.JoinResponse(ping_timeout=3)


def test_a_reconnect_names_no_ice_servers() -> None:
    reconnect = rtc.ReconnectResponse(ice_servers=SERVERS, last_message_seq=4)
    seen = _as_the_client_sees(rtc.SignalResponse(reconnect=reconnect)).reconnect
    assert seen == rtc.ReconnectResponse(last_message_seq=4)


def test_a_leave_names_no_other_regions() -> None:
    regions = rtc.RegionSettings(regions=[rtc.RegionInfo(url="wss://elsewhere")])
    leave = rtc.LeaveRequest(regions=regions, action=rtc.LeaveRequest.RECONNECT)
    seen = _as_the_client_sees(rtc.SignalResponse(leave=leave)).leave
    assert seen == rtc.LeaveRequest(action=rtc.LeaveRequest.RECONNECT)


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


OWN = f"v=0\r\na={HOST}\r\ns=-"


def test_a_resumed_session_tells_the_room_no_address_either() -> None:
    state = rtc.SyncState(
        answer=rtc.SessionDescription(sdp=OWN), offer=rtc.SessionDescription(sdp=OWN)
    )
    out = signalling.to_room(rtc.SignalRequest(sync_state=state).SerializeToString())
    assert out is not None
    seen = rtc.SignalRequest.FromString(out).sync_state
    assert seen.answer.sdp == seen.offer.sdp == "v=0\r\ns=-"


def test_line_ends_of_any_kind_hide_no_candidate() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = f"v=0{end} A=Candidate:1 1 udp 1 10.0.0.1 9 typ host{end}s=-{end}"
        assert signalling.sdp_without_candidates(text) == f"v=0{end}s=-{end}"
        through = signalling.sdp_through(text, lambda _: RELAY)
        assert "10.0.0.1" not in through
        assert through.splitlines()[1].endswith(" 127.0.0.1 40000 typ host")


# -- the join request


def _query(join: rtc.JoinRequest, *, packed: bool) -> str:
    data = join.SerializeToString()
    wrapped = rtc.WrappedJoinRequest(join_request=gzip.compress(data) if packed else data)
    if packed:
        wrapped.compression = rtc.WrappedJoinRequest.GZIP
    return signalling.encoded(wrapped)


@pytest.mark.parametrize("packed", [False, True])
def test_a_join_request_loses_its_candidates_and_keeps_the_rest(packed: bool) -> None:
    own = rtc.SessionDescription(type="offer", sdp=OWN)
    state = rtc.SyncState(offer=own, answer=own)
    join = rtc.JoinRequest(publisher_offer=own, sync_state=state, metadata="m")
    path = f"/rtc/v1?a=1&join_request={_query(join, packed=packed)}&b=2"
    seen = signalling.path_to_room(path)
    assert seen.startswith("/rtc/v1?a=1&join_request=")
    assert seen.endswith("&b=2")
    inner = signalling.decoded(unquote(seen.split("join_request=")[1].split("&")[0]))
    assert (inner.compression == rtc.WrappedJoinRequest.GZIP) is packed
    data = gzip.decompress(inner.join_request) if packed else inner.join_request
    bare = rtc.SessionDescription(type="offer", sdp="v=0\r\ns=-")
    state = rtc.SyncState(offer=bare, answer=bare)
    assert rtc.JoinRequest.FromString(data) == rtc.JoinRequest(
        publisher_offer=bare, sync_state=state, metadata="m"
    )


def test_a_join_request_without_addresses_passes_to_the_letter() -> None:
    value = _query(rtc.JoinRequest(metadata="m" * 40), packed=True).replace("%3D", "")
    for path in (f"/rtc/v1?join_request={value}", "/rtc?protocol=9&sdk=js", "/rtc"):
        assert signalling.path_to_room(path) == path


@pytest.mark.parametrize("value", ["%FF", "AAAA", "x", "CAESA2FiYw"])
def test_a_join_request_that_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no join request"):
        signalling.path_to_room(f"/rtc/v1?join_request={value}")


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


def test_the_rooms_fragments_are_told() -> None:
    sdp = "v=0\r\na=ice-ufrag:abcd\r\nm=video 9 x 0\r\na=ice-ufrag:efgh\r\na=ice-pwd:p\r\n"
    assert signalling.ufrags(sdp) == ["abcd", "efgh"]
    message = rtc.SignalResponse(answer=rtc.SessionDescription(type="answer", sdp=sdp))
    told: list[str] = []
    signalling.to_client(message.SerializeToString(), _relay, told.append)
    assert told == ["abcd", "efgh"]


def test_a_candidate_for_which_the_relay_has_no_socket_is_dropped() -> None:
    def full(_: tuple[str, int]) -> tuple[str, int]:
        raise ValueError("no more")

    assert signalling.candidate_through(HOST, full) is None


@pytest.mark.parametrize("init", ["[]", "3", '{"candidate": 3}', "{", '"x"'])
def test_a_candidate_that_is_none_is_no_message(init: str) -> None:
    message = rtc.SignalResponse(trickle=rtc.TrickleRequest(candidateInit=init))
    with pytest.raises(ValueError, match=r"candidate|Expecting"):
        signalling.to_client(message.SerializeToString(), _relay)
