"""DTLS-SRTP (RFC 5764) as the passive side, without sockets: datagrams in, datagrams out."""

from __future__ import annotations

import datetime
import secrets
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy

MTU = 1200
_RECORD_HEADER = 13
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
}


class Profile(NamedTuple):
    """An SRTP protection profile: pylibsrtp's number, key and salt lengths in bytes."""

    number: int
    key: int
    salt: int


# In order of preference: GCM costs half of what the HMAC profile costs.
PROFILES: dict[bytes, Profile] = {
    b"SRTP_AEAD_AES_128_GCM": Profile(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AES128_CM_SHA1_80": Profile(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


class SrtpKeys(NamedTuple):
    """Keys of a finished handshake: master key and salt in one, for each direction."""

    profile: Profile
    inbound: bytes
    outbound: bytes


class DtlsError(Exception):
    """The handshake failed, or the peer is not the one of the signalling."""


class PeerGone(DtlsError):  # noqa: N818 - no error: the peer closed the connection
    """The peer ended the connection as it should."""


class Certificate:
    """A self-signed P-256 certificate, made once per process."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(8))])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = fingerprint(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        # Authenticated by the fingerprint in the signalling, not by a chain (RFC 5763 section 5).
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_tlsext_use_srtp(b":".join(PROFILES))


def fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    """The certificate's fingerprint as SDP writes it. Raises DtlsError for an unknown hash."""
    if algorithm.lower() not in _HASHES:
        raise DtlsError(f"fingerprint hash {algorithm!r}; {', '.join(_HASHES)} are allowed")
    digest = certificate.fingerprint(_HASHES[algorithm.lower()]())
    return ":".join(f"{byte:02X}" for byte in digest)


class DtlsServer:
    """One handshake. ``keys`` is None until it is done."""

    def __init__(self, certificate: Certificate) -> None:
        self._connection = SSL.Connection(certificate.context, None)
        self._connection.set_ciphertext_mtu(MTU)
        self._connection.set_accept_state()
        self.keys: SrtpKeys | None = None

    def receive(self, datagram: bytes, expected: tuple[str, str]) -> list[bytes]:
        """Feed one datagram; the datagrams to send back.

        Args:
            datagram: as it came from the peer.
            expected: hash algorithm and value of the peer's fingerprint, from its SDP.

        Raises DtlsError when the handshake fails, the peer is another one, or it says goodbye.

        """
        self._connection.bio_write(datagram)
        try:
            if self.keys is None:
                self._connection.do_handshake()
                self.keys = self._export(expected)
            else:
                self._connection.recv(MTU)  # data channels are declined: whatever comes is dropped
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            raise PeerGone("it said goodbye") from None
        except SSL.Error as error:
            raise DtlsError(f"DTLS: {error or type(error).__name__}") from error
        return self._outgoing()

    def timeout(self) -> float | None:
        """Seconds until ``handle_timeout`` is due; None when nothing is outstanding."""
        return None if self.keys else self._connection.DTLSv1_get_timeout()

    def handle_timeout(self) -> list[bytes]:
        """The retransmission that is due."""
        self._connection.DTLSv1_handle_timeout()
        return self._outgoing()

    def close(self) -> list[bytes]:
        """The datagrams of a goodbye."""
        if self.keys is None:
            return []
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing()

    def _export(self, expected: tuple[str, str]) -> SrtpKeys:
        algorithm, value = expected
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or fingerprint(certificate, algorithm) != value.upper():
            raise DtlsError("the peer's certificate does not match its fingerprint in the SDP")
        profile = PROFILES.get(self._connection.get_selected_srtp_profile())
        if profile is None:
            raise DtlsError("no common SRTP profile")
        length, salt = profile.key, profile.salt
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (length + salt)
        )
        # RFC 5764 4.2: client key, server key, client salt, server salt.
        client = material[:length] + material[2 * length : 2 * length + salt]
        server = material[length : 2 * length] + material[2 * length + salt :]
        return SrtpKeys(profile, inbound=client, outbound=server)

    def _outgoing(self) -> list[bytes]:
        chunks = []
        while True:
            try:
                chunks.append(self._connection.bio_read(65536))
            except SSL.Error:
                break
        return cut_at_records(b"".join(chunks))


def cut_at_records(flight: bytes) -> list[bytes]:
    """Datagrams of at most MTU bytes, cut at record borders: the memory BIO is a byte stream."""
    datagrams: list[bytes] = []
    start = end = 0
    while end < len(flight):
        known = 19 < flight[end] < 32 and end + _RECORD_HEADER <= len(flight)
        size = (
            _RECORD_HEADER + int.from_bytes(flight[end + 11 : end + 13], "big")
            if known
            else len(flight) - end
        )
        if end > start and end + size - start > MTU:
            datagrams.append(flight[start:end])
            start = end
        end += size
    if start < len(flight):
        datagrams.append(flight[start:])
    return datagrams
