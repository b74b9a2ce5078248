from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from g2gbench.service.signer import Signer


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _verified(token: str, key_set: dict[str, Any]) -> dict[str, Any]:
    """As RFC 7515 and RFC 8037 say; raises InvalidSignature."""
    header, claims, signature = token.split(".")
    (key,) = key_set["keys"]
    assert json.loads(_decoded(header)) == {"alg": "EdDSA", "typ": "JWT", "kid": key["kid"]}
    public = Ed25519PublicKey.from_public_bytes(_decoded(key["x"]))
    public.verify(_decoded(signature), f"{header}.{claims}".encode())
    verified = json.loads(_decoded(claims))
    assert isinstance(verified, dict)
    return verified


def test_a_token_verifies_with_the_published_key() -> None:
    signer = Signer(bytes(range(32)))
    claims = {"sub": "somebody", "exp": 7, "metadata": {"name": "räuber"}}
    assert _verified(signer(claims), signer.key_set) == claims


def test_a_token_of_another_key_does_not_verify() -> None:
    signer, other = Signer(bytes(range(32))), Signer(bytes(32))
    stranger = other.key_set
    stranger["keys"][0]["kid"] = signer.key_set["keys"][0]["kid"]
    with pytest.raises(InvalidSignature):
        _verified(signer({"sub": "x"}), stranger)
