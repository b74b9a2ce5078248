"""JWTs that anybody can verify with the service's public key (RFC 7519, RFC 8037). Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """Signs claims with an Ed25519 key, as the service's own tokens are signed.

    Args:
        seed: 32 random bytes, the private key.

    """

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = _base64url(public)
        self._id = self._x[:8]

    def __call__(self, claims: Mapping[str, Any]) -> str:
        """The JWT of these claims."""
        header = {"alg": "EdDSA", "typ": "JWT", "kid": self._id}
        parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
        signed = ".".join(_base64url(part) for part in parts)
        return f"{signed}.{_base64url(self._key.sign(signed.encode()))}"

    @property
    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        key = {"kty": "OKP", "crv": "Ed25519", "x": self._x, "kid": self._id}
        return {"keys": [{**key, "alg": "EdDSA", "use": "sig"}]}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
