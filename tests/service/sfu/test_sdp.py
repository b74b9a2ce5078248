from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.service.sfu import sdp
from tests.service.sfu import offers

TRANSPORT = sdp.Transport("127.0.0.1", 5004, "user", "password", "AA:BB")


def _answer(text: str, how: sdp.Media) -> list[str]:
    return sdp.answer(sdp.parse(text), TRANSPORT, lambda _: how).split("\r\n")


def test_an_offer_is_read_into_sections() -> None:
    parsed = sdp.parse(offers.publish_offer("cam", 77))
    assert parsed.fingerprint == ("sha-256", offers.FINGERPRINT)
    assert [(s.kind, s.mid, s.direction) for s in parsed.sections] == [
        ("video", "3", "recvonly"),
        ("video", "4", "recvonly"),
        ("application", "6", "sendrecv"),
        ("video", "7", "sendonly"),
    ]
    published = parsed.sections[3]
    assert published.track_id == "cam"
    assert published.sources == ("a=ssrc:77 cname:x",)
    assert [(c.payload_type, c.name) for c in published.codecs][:2] == [(96, "VP8"), (97, "rtx")]
    assert published.extensions["urn:ietf:params:rtp-hdrext:sdes:mid"] == 4


def test_what_cannot_be_forwarded_is_left_out_with_its_numbers() -> None:
    parsed = sdp.parse(offers.join_offer())
    assert [c.payload_type for c in sdp.forwardable(parsed.sections[0])] == [96, 97, 103]


def test_an_answer_keeps_the_offers_numbers_and_names_one_candidate() -> None:
    lines = _answer(offers.join_offer(), sdp.Media("sendonly"))
    assert "m=video 5004 UDP/TLS/RTP/SAVPF 96 97 103" in lines
    assert "a=candidate:1 1 udp 2130706431 127.0.0.1 5004 typ host" in lines
    assert "a=setup:passive" in lines
    assert "a=ice-lite" in lines
    assert "a=group:BUNDLE 3 4" in lines
    assert "a=rtcp-fb:96 transport-cc" in lines
    assert "a=rtcp-fb:96 goog-remb" not in lines
    assert not [x for x in lines if "sdes:mid" in x]
    assert [x for x in lines if "rtp-stream-id" in x]


def test_data_channels_are_declined() -> None:
    lines = _answer(offers.join_offer(), sdp.Media("inactive"))
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in lines


def test_the_bitrate_hint_replaces_the_clients_own() -> None:
    lines = _answer(offers.publish_offer("cam", 1), sdp.Media("recvonly", 2000))
    assert "a=fmtp:103 packetization-mode=1;x-google-start-bitrate=2000" in lines
    assert "a=fmtp:96 x-google-start-bitrate=2000" in lines
    assert "a=fmtp:97 apt=96" in lines


def test_without_a_hint_nothing_is_added() -> None:
    lines = _answer(offers.join_offer(), sdp.Media("recvonly"))
    assert not [x for x in lines if x.startswith("a=fmtp:96")]


def test_a_shown_track_has_its_own_ssrc() -> None:
    extra = sdp.shown_track_lines("PA_1", "TR_1", ["a=ssrc:77 cname:x"])
    lines = _answer(offers.join_offer(), sdp.Media("sendonly", extra_lines=extra))
    assert "a=msid:PA_1|TR_1 TR_1" in lines
    assert "a=ssrc:77 cname:x" in lines


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "media sections"),
        ("v=0", "media sections"),
        (offers.offer("m=video 9 X 96\na=mid:1"), "fingerprint"),
        (offers.offer("m=video 9 X 96"), "a=mid"),
        (offers.offer("m=picture 9 X 96\na=mid:1"), "media section"),
        (offers.offer("m=video\na=mid:1"), "media section"),
        (offers.offer("m=video 9 X 96\na=mid:1", "m=video 9 X 96\na=mid:1"), "distinct"),
        (offers.offer(*["m=video 9 X 96\na=mid:1"] * 65), "media sections"),
    ],
)
def test_what_is_no_offer_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(sdp.SdpError, match=why):
        sdp.parse(text)


LINES = st.sampled_from(
    [*offers.publish_offer("cam", 1).split("\r\n"), "a=rid:", "a=msid:", "a=rtpmap:x", "m="]
)


@given(st.one_of(st.text(), st.lists(LINES, max_size=60).map("\r\n".join)))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        parsed = sdp.parse(text)
    except sdp.SdpError:
        return
    answer = sdp.answer(parsed, TRANSPORT, lambda _: sdp.Media("inactive", 500))
    assert answer.count("\nm=") == len(parsed.sections)
