"""JWTs that anybody can verify with the service's public key (RFC 7519, RFC 8037). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

_ALGORITHM: Final = "EdDSA"


class Signer:
    """Signs claims with an Ed25519 key, as the service's own tokens are signed.

    Args:
        seed: 32 random bytes, the private key.

    """

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._id = str(self._public["x"])[:8]

    def __call__(self, claims: Mapping[str, object]) -> str:
        """The JWT of these claims."""
        return jwt.encode(dict(claims), self._key, _ALGORITHM, headers={"kid": self._id})

    @property
    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        key = {name: self._public[name] for name in ("kty", "crv", "x")}
        return {"keys": [{**key, "kid": self._id, "alg": _ALGORITHM, "use": "sig"}]}
