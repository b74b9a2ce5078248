from __future__ import annotations

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.link.datagrams import RtpHeader, asked_of, kind_of, proves, rtp_header
from g2gbench.measure.packets import KINDS

RTP = bytes([0x90, 0xE0, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "other"),
        (b"\x00\x01\x00\x00", "stun"),
        (b"\x03", "stun"),
        (b"\x04", "other"),
        (b"\x13", "other"),
        (b"\x14\xfe\xfd", "dtls"),
        (b"\x3f", "dtls"),
        (b"\x40\x00", "other"),  # a TURN channel
        (b"\x7f" + RTP[1:], "other"),
        (RTP, "rtp"),
        (RTP[:11], "other"),
        (b"\x80", "other"),
        (bytes([0x80, 191]) + RTP[2:], "rtp"),
        (bytes([0x80, 192]) + RTP[2:], "rtcp"),
        (bytes([0x80, 200, 0, 6]), "rtcp"),
        (bytes([0xBF, 223]) + RTP[2:], "rtcp"),
        (bytes([0xBF, 224]) + RTP[2:], "rtp"),
        (b"\xc0" + RTP[1:], "other"),
    ],
)
def test_the_first_bytes_say_what_a_datagram_is(data: bytes, kind: str) -> None:
    assert KINDS[kind_of(data)] == kind


def test_the_header_of_rtp_is_read_in_network_order() -> None:
    assert rtp_header(RTP) == RtpHeader(0x01020304, 0x05060708, 0x1234, 0x60, 1)


@given(st.binary(max_size=40))
def test_every_datagram_has_a_kind_and_every_rtp_a_header(data: bytes) -> None:
    if KINDS[kind_of(data)] == "rtp":
        assert rtp_header(data).payload_type < 128


def check_of(name: str | None, kind: stun.Class = stun.Class.REQUEST) -> bytes:
    check = stun.Message(stun.Method.BINDING, kind, b"t" * 12)
    check.attributes["SOFTWARE"] = "odd"  # its length is no multiple of four
    if name is not None:
        check.attributes["USERNAME"] = name
    return bytes(check)


def test_a_check_names_the_credentials_that_it_was_made_with() -> None:
    assert asked_of(check_of("room:client")) == "room"
    assert asked_of(check_of("room")) == "room"
    assert asked_of(check_of(None)) is None
    assert asked_of(check_of("room:client", stun.Class.RESPONSE)) is None
    assert asked_of(RTP) is None


@given(st.binary(max_size=60))
def test_any_datagram_is_looked_through(tail: bytes) -> None:
    whole = check_of("room:client")
    for data in (tail, whole[: len(tail)], whole[:20] + tail):
        asked_of(data)
        proves(data)


def test_a_room_answers_with_a_success_or_dtls_to_those_who_know_it_alone() -> None:
    assert proves(check_of(None, stun.Class.RESPONSE))
    assert proves(bytes([22, 254, 253]))
    assert not proves(check_of(None, stun.Class.ERROR))
    assert not proves(check_of("room:client"))
    assert not proves(RTP)
