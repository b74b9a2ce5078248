from __future__ import annotations

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from g2gbench.service.sfu.dtls import MTU, Certificate, DtlsError, cut_at_records, fingerprint
from g2gbench.service.sfu.endpoint import MAX_CLEAR_PACKET, Endpoint, Failed, Media, Transmit
from tests.drawn import drawn
from tests.service.sfu.peer import ADDRESS, Peer, check, rtp

CERTIFICATE = Certificate()


def _connected() -> tuple[Endpoint, Peer]:
    endpoint = Endpoint(CERTIFICATE)
    peer = Peer(endpoint)
    peer.connect()
    assert endpoint.state == "connected"
    return endpoint, peer


def test_a_valid_check_is_answered_and_its_address_taken() -> None:
    endpoint = Endpoint(CERTIFICATE)
    (answer,) = Peer(endpoint).ping(now_ns=42)
    assert isinstance(answer, Transmit)
    message = stun.parse_message(answer.data)
    assert message.message_class == stun.Class.RESPONSE
    assert message.attributes["XOR-MAPPED-ADDRESS"] == ADDRESS
    assert (endpoint.address, endpoint.state, endpoint.last_check_ns) == (ADDRESS, "checking", 42)


def test_a_nominated_address_replaces_the_first_and_others_do_not() -> None:
    endpoint = Endpoint(CERTIFICATE)
    Peer(endpoint).ping()
    other = ("127.0.0.1", 50001)
    ice = endpoint.ice
    endpoint.receive(check(ice.username, ice.password, nominate=False), other, 0)
    assert endpoint.address == ADDRESS
    endpoint.receive(check(ice.username, ice.password), other, 0)
    assert endpoint.address == other


def test_checks_with_another_name_or_password_are_not_answered() -> None:
    endpoint = Endpoint(CERTIFICATE)
    ice = endpoint.ice
    assert endpoint.receive(check("else", ice.password), ADDRESS, 0) == []
    assert endpoint.receive(check(ice.username, "wrong"), ADDRESS, 0) == []
    wrong_method = check(ice.username, ice.password, method=stun.Method.ALLOCATE)
    assert endpoint.receive(wrong_method, ADDRESS, 0) == []
    assert endpoint.counts["bad_stun"] == 3
    assert endpoint.address is None


def test_packets_pass_both_ways_once_keys_are_agreed() -> None:
    endpoint, peer = _connected()
    assert peer.outbound is not None
    assert peer.inbound is not None
    actions = endpoint.receive(peer.outbound.protect(rtp(1)), ADDRESS, 0)
    assert actions == [Media(rtp(1), False)]
    rtcp = bytes([0x80, 201, 0, 1, 0, 0, 0, 7])
    actions = endpoint.receive(peer.outbound.protect_rtcp(rtcp), ADDRESS, 0)
    assert actions == [Media(rtcp, True)]
    out = endpoint.send(rtp(9), False)
    assert out is not None
    assert peer.inbound.unprotect(out.data) == rtp(9)
    out = endpoint.send(rtcp, True)
    assert out is not None
    assert peer.inbound.unprotect_rtcp(out.data) == rtcp


def test_a_repeated_sequence_number_is_forwarded_again_from_what_was_kept() -> None:
    endpoint, peer = _connected()
    assert peer.outbound is not None
    protected = peer.outbound.protect(rtp(1))
    endpoint.receive(protected, ADDRESS, 0)
    assert endpoint.receive(protected, ADDRESS, 0) == [Media(rtp(1), False)]
    assert endpoint.counts["forwarded_again"] == 1


def test_a_forged_packet_goes_nowhere() -> None:
    endpoint, peer = _connected()
    assert peer.outbound is not None
    forged = bytearray(peer.outbound.protect(rtp(1)))
    forged[-1] ^= 1
    assert endpoint.receive(bytes(forged), ADDRESS, 0) == []
    assert endpoint.counts["not_authentic"] == 1
    genuine = peer.outbound.protect(rtp(2))
    assert endpoint.receive(genuine, ("127.0.0.1", 1), 0) == []  # from another address


def test_what_is_too_large_or_too_early_is_counted_not_raised() -> None:
    fresh = Endpoint(CERTIFICATE)
    assert fresh.send(rtp(1), False) is None
    assert fresh.receive(rtp(1), ADDRESS, 0) == []
    assert fresh.receive(b"\x16\xfe\xff", ADDRESS, 0) == []
    assert fresh.counts["too_early"] == 2
    endpoint, _ = _connected()
    assert endpoint.send(rtp(1, bytes(MAX_CLEAR_PACKET)), False) is None
    assert endpoint.counts["too_large"] == 1
    assert endpoint.send(b"", False) is None


def test_another_peer_than_the_one_of_the_sdp_is_refused() -> None:
    endpoint = Endpoint(CERTIFICATE)
    peer = Peer(endpoint)
    endpoint.fingerprint = ("sha-256", "AB:CD")
    (failed,) = [a for a in peer.connect() if isinstance(a, Failed)]
    assert "fingerprint" in failed.reason
    assert endpoint.state == "failed"
    assert endpoint.receive(rtp(1), ADDRESS, 0) == []


def test_a_goodbye_ends_the_transport() -> None:
    _, peer = _connected()
    (failed,) = peer.say_goodbye()
    assert isinstance(failed, Failed)
    assert "goodbye" in failed.reason


def test_closing_says_goodbye_and_nothing_more_is_sent() -> None:
    endpoint, _ = _connected()
    assert [type(a) for a in endpoint.close()] == [Transmit]
    assert endpoint.send(rtp(1), False) is None
    assert endpoint.timeout() is None
    assert endpoint.handle_timeout() == []


def test_an_unanswered_flight_is_sent_again() -> None:
    endpoint = Endpoint(CERTIFICATE)
    peer = Peer(endpoint)
    peer.ping()
    assert endpoint.timeout() is None  # nothing is outstanding yet
    try:
        peer.connection.do_handshake()
    except Exception:  # noqa: BLE001,RUF100 - WantRead: the flight is in the buffer
        hello = cut_at_records(peer._drain())
    for datagram in hello:
        endpoint.receive(datagram, ADDRESS, 0)
    assert endpoint.timeout() is not None
    assert all(isinstance(a, Transmit) for a in endpoint.handle_timeout())


def test_unknown_fingerprint_hashes_are_refused() -> None:
    with pytest.raises(DtlsError, match="sha-256"):
        fingerprint(CERTIFICATE.context, "md5")  # type: ignore[arg-type] # never looked at


def test_flights_are_cut_at_records() -> None:
    record = bytes([22, 254, 253]) + bytes(8) + (700).to_bytes(2, "big") + bytes(700)
    cut = cut_at_records(record * 3)
    assert [len(d) for d in cut] == [713, 713, 713]
    small = bytes([22, 254, 253]) + bytes(8) + (100).to_bytes(2, "big") + bytes(100)
    assert [len(d) for d in cut_at_records(small * 12)] == [113 * 10, 113 * 2]
    assert cut_at_records(b"") == []
    assert max(map(len, cut_at_records(small * 12))) <= MTU


@drawn(40, 1000, st.lists(st.binary(max_size=200), max_size=8))
def test_no_datagrams_break_an_endpoint(datagrams: list[bytes]) -> None:
    endpoint = Endpoint(CERTIFICATE)
    peer = Peer(endpoint)
    for datagram in datagrams:
        endpoint.receive(datagram, ADDRESS, 0)
    peer.ping()
    for datagram in datagrams:
        endpoint.receive(datagram, ADDRESS, 0)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=200), st.integers(0, 3))
def test_no_datagrams_break_a_connected_endpoint(data: bytes, prefix: int) -> None:
    start = (b"\x80\x60\x00\x01", b"\x80\xc8\x00\x01", b"\x16\xfe\xfd", b"\x00\x01")[prefix]
    _SHARED[0].receive(start + data, ADDRESS, 0)
    assert _SHARED[0].state in ("connected", "failed")


_SHARED = _connected()
