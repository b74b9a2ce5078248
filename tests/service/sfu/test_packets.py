from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.service.sfu import packets
from g2gbench.service.sfu.packets import Kind


def _rtp(
    number: int = 1, *, ssrc: int = 7, extension: bytes = b"", payload: bytes = b"pay"
) -> bytes:
    first = 0x90 if extension else 0x80
    return (
        bytes([first, 96])
        + number.to_bytes(2, "big")
        + bytes(4)
        + ssrc.to_bytes(4, "big")
        + extension
        + payload
    )


ONE_BYTE = b"\xbe\xde\x00\x01\x31\x00\x05\x00"  # one word: id 3, two bytes, then padding
TWO_BYTE = b"\x10\x00\x00\x01\x03\x02\x00\x05"


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        (b"", Kind.OTHER),
        (b"\x00\x01", Kind.STUN),
        (b"\x16\xfe\xff", Kind.DTLS),
        (_rtp(), Kind.RTP),
        (bytes([0x80, 200]) + bytes(6), Kind.RTCP),
        (bytes([0x80, 200]), Kind.OTHER),
        (b"\x80\x60\x00", Kind.OTHER),
        (b"\xff\xff", Kind.OTHER),
    ],
)
def test_the_first_bytes_say_what_a_datagram_is(datagram: bytes, kind: Kind) -> None:
    assert packets.classify(datagram) is kind


def test_header_fields() -> None:
    packet = _rtp(513, ssrc=0x01020304)
    assert packets.sequence_number(packet) == 513
    assert packets.ssrc(packet) == 0x01020304
    assert packets.payload_type(packet) == 96
    assert packets.header_length(packet) == 12
    assert packets.header_length(_rtp(extension=ONE_BYTE)) == 20


def test_a_truncated_header_is_longer_than_its_packet() -> None:
    packet = _rtp(extension=ONE_BYTE)[:14]
    assert packets.header_length(packet) > len(packet)


def test_a_refused_copy_is_forwarded_with_its_new_header_and_the_kept_payload() -> None:
    ring = packets.RetransmissionRing()
    ring.keep(_rtp(5, extension=ONE_BYTE, payload=b"clear"))
    again = ring.again(_rtp(5, extension=ONE_BYTE[:5] + b"\x00\x09\x00", payload=b"cipher+tag"))
    assert again is not None
    assert again.endswith(b"clear")
    assert again[12:20] == ONE_BYTE[:5] + b"\x00\x09\x00"


def test_only_the_same_packet_counts_as_kept() -> None:
    ring = packets.RetransmissionRing()
    ring.keep(_rtp(5))
    assert ring.again(_rtp(6)) is None
    assert ring.again(_rtp(5, ssrc=8)) is None
    assert ring.again(_rtp(5 + packets.RING_SIZE)) is None


def test_playout_delay_is_appended_to_one_byte_extensions() -> None:
    writer = packets.PlayoutDelayWriter(5, 0, 0)
    out = writer(_rtp(extension=ONE_BYTE))
    assert out[12:16] == b"\xbe\xde\x00\x02"
    assert out[20:24] == b"\x52\x00\x00\x00"
    assert out.endswith(b"pay")
    assert packets.header_length(out) == 24


def test_playout_delay_holds_both_bounds_in_steps_of_ten() -> None:
    writer = packets.PlayoutDelayWriter(5, 100, 400)
    value = int.from_bytes(writer(_rtp(extension=ONE_BYTE))[21:24], "big")
    assert (value >> 12, value & 0xFFF) == (10, 40)


def test_playout_delay_in_two_byte_extensions_is_padded_to_words() -> None:
    out = packets.PlayoutDelayWriter(5, 0, 10)(_rtp(extension=TWO_BYTE))
    assert out[14:16] == b"\x00\x03"
    assert out[20:25] == b"\x05\x03\x00\x00\x01"
    assert packets.header_length(out) == 28


def test_a_packet_without_extensions_stays_as_it_is() -> None:
    assert packets.PlayoutDelayWriter(5, 0, 0)(_rtp()) == _rtp()


@pytest.mark.parametrize("bounds", [(-10, 0), (20, 10), (0, 40_960)])
def test_impossible_playout_delays_are_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        packets.PlayoutDelayWriter(5, *bounds)


@given(st.binary(min_size=12, max_size=80))
def test_no_bytes_break_the_writer_or_the_ring(data: bytes) -> None:
    packet = bytes([0x80 | data[0] & 0x1F, *data[1:]])
    out = packets.PlayoutDelayWriter(5, 0, 0)(packet)
    assert len(out) >= len(packet)
    ring = packets.RetransmissionRing()
    if packets.header_length(packet) <= len(packet):
        ring.keep(packet)
        assert ring.again(packet) == packet
