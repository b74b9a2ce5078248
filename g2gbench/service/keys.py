"""API keys, the ephemeral keys that are made with them, and what each admits to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from g2gbench.service.token_request import TokenRequest

EPHEMERAL_PREFIX = "ek_"
_JWT_PREFIX = "eyJ"  # how every JWT begins; ours is an ephemeral key's other form
_MOST = 10_000
INVALID = "Invalid API key"  # words that the public clients take for final


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights of a key; None: no limit.

    ``models``, ``origins``: only these. ``longest_s``: of a session. ``ephemeral``: it makes no
    further keys.
    """

    models: tuple[str, ...] | None = None
    origins: tuple[str, ...] | None = None
    longest_s: float | None = None
    ephemeral: bool = False

    def objection(self, model: str, origin: str | None) -> str | None:
        """Return why a session may not be had with this key; None when it may.

        Args:
            model: the one asked for.
            origin: the request's ``Origin``; None: it has none, as with everything but a browser.

        """
        if self.origins is not None and origin not in self.origins:
            return "permission denied: this key is not for this origin"
        if self.models is not None and model not in self.models:
            return f"permission denied: this key is for {', '.join(self.models)} alone"
        return None


class KeyRing:
    """The keys that are let in.

    Args:
        keys: API keys; None: whatever is no ephemeral key.
        sign: makes a JWT of claims.

    """

    def __init__(
        self, keys: tuple[str, ...] | None, sign: Callable[[Mapping[str, object]], str]
    ) -> None:
        self._keys = keys
        self._sign = sign
        self._issued: dict[str, tuple[float, Grant]] = {}  # key -> expiry, what it is good for

    def grant(self, key: str, *, now_s: float) -> Grant | None:
        """Return the grant of a key at ``now_s`` (Unix time); None: it is not let in."""
        found = self._issued.get(key)
        if found is not None:
            expires_s, grant = found
            return grant if now_s < expires_s else None
        if self._keys is not None:
            return Grant() if key in self._keys else None
        forgotten = key.startswith((EPHEMERAL_PREFIX, _JWT_PREFIX))
        return None if forgotten or not key else Grant()

    def issue(
        self, request: TokenRequest, key: str, date: str, *, now_s: float
    ) -> dict[str, object]:
        """Make an ephemeral key; the answer to who asked.

        Args:
            request: what was asked for.
            key: the new key; random, and begins with EPHEMERAL_PREFIX.
            date: its expiry as the answer writes it.
            now_s: Unix time.

        """
        expires_s = now_s + request.expires_s
        claims = {
            "sub": "g2gbench",
            "iss": "g2gbench",
            "aud": "g2gbench",
            "jti": key[-12:],
            "iat": int(now_s),
            "exp": int(expires_s),
            "models": request.models,
            "origins": request.origins,
            "constraints": request.constraints,
            "metadata": request.metadata,
        }
        token = self._sign({name: value for name, value in claims.items() if value is not None})
        self._forget(now_s)
        grant = Grant(request.models, request.origins, request.longest_s, ephemeral=True)
        for form in (key, token):
            self._issued[form] = expires_s, grant
        return {"apiKey": key, "token": token, "expiresAt": date, **request.answer}

    def _forget(self, now_s: float) -> None:
        """Expired keys stay out by their look alone."""
        if len(self._issued) >= _MOST:
            self._issued = {k: v for k, v in self._issued.items() if now_s < v[0]}
