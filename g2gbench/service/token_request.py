"""Requests for an ephemeral key. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_EXPIRY_S = 3600
DEFAULT_EXPIRY_S = 60
MOST_ITEMS = 20


class BadRequest(ValueError):  # noqa: N818 - says what it is
    """A body that cannot be granted; the message says what can."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The body of a request for an ephemeral key.

    ``expires_s``: seconds that it lives. ``models``, ``origins``: it is good for these alone; None:
    for all. ``constraints``: as given. ``longest_s``: of a session with it; None: no limit.
    ``metadata``: whatever its maker wants it to carry.
    """

    expires_s: int = DEFAULT_EXPIRY_S
    models: tuple[str, ...] | None = None
    origins: tuple[str, ...] | None = None
    constraints: Mapping[str, object] | None = None
    longest_s: float | None = None
    metadata: dict[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: bytes) -> TokenRequest:
        """From the bytes of a request; none: all defaults. Raises BadRequest."""
        try:
            given = json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError):
            raise BadRequest("the body must be a JSON object") from None
        if not isinstance(given, dict):
            raise BadRequest("the body must be a JSON object")
        constraints = _mapping(given, "constraints")
        return cls(
            expires_s=_expiry(given.get("expiresIn")),
            models=_texts(given, "allowedModels"),
            origins=_texts(given, "allowedOrigins"),
            constraints=constraints,
            longest_s=_longest(constraints or {}),
            metadata=_mapping(given, "metadata") or {},
        )

    @property
    def answer(self) -> dict[str, object]:
        """The limits as the answer names them; nothing of what was not asked for."""
        asked = {"models": self.models, "origins": self.origins}
        permissions = {name: list(names) for name, names in asked.items() if names is not None}
        return {
            **({"permissions": permissions} if permissions else {}),
            **({"constraints": self.constraints} if self.constraints is not None else {}),
        }


def _expiry(value: object) -> int:
    if value is None:
        return DEFAULT_EXPIRY_S
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(_EXPIRY)
    if not 1 <= value <= LONGEST_EXPIRY_S or value != int(value):
        raise BadRequest(_EXPIRY)
    return int(value)


_EXPIRY = f"expiresIn must be a whole number of seconds, 1 to {LONGEST_EXPIRY_S}"


def _texts(given: dict[str, Any], name: str) -> tuple[str, ...] | None:
    value = given.get(name)
    if value is None:
        return None
    fits = isinstance(value, list) and 1 <= len(value) <= MOST_ITEMS
    if not fits or not all(isinstance(item, str) and item for item in value):
        raise BadRequest(f"{name} must be a list of 1 to {MOST_ITEMS} texts")
    return tuple(value)


def _mapping(given: Mapping[str, object], name: str) -> dict[str, object] | None:
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object")
    return value


def _longest(constraints: Mapping[str, object]) -> float | None:
    realtime = _mapping(constraints, "realtime") or {}
    value = realtime.get("maxSessionDuration")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(_DURATION)
    if not math.isfinite(value) or value <= 0:
        raise BadRequest(_DURATION)
    return float(value)


_DURATION = "constraints.realtime.maxSessionDuration must be a number of seconds above 0"
