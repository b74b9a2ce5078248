"""The service's HTTP routes: ephemeral keys, and admission of read-only viewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from g2gbench.realtime.errors import ErrorCode, RealtimeError, from_status

TOKENS_PATH = "/v1/client/tokens"
ANSWER_S = 15.0
MAX_EXPIRY_S = 3600


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """A short-lived key, safe to hand to a client application.

    ``expires_at``: ISO 8601, UTC. ``permissions`` and ``constraints``: as the service answers, when
    they were asked for.
    """

    api_key: str = field(repr=False)
    expires_at: str
    permissions: Mapping[str, object] | None = None
    constraints: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ViewerTicket:
    """A viewer's way into a room."""

    livekit_url: str
    token: str = field(repr=False)
    room_name: str
    session_id: str | None = None


async def create_token(
    base_url: str,
    api_key: str,
    *,
    expires_in: int,
    allowed_models: Sequence[str] | None,
    allowed_origins: Sequence[str] | None,
    max_session_duration: int | None,
    metadata: Mapping[str, object] | None,
) -> EphemeralKey:
    """Ask for an ephemeral key. Raises RealtimeError."""
    if not 1 <= expires_in <= MAX_EXPIRY_S:
        raise RealtimeError(
            ErrorCode.INVALID_INPUT,
            f"expires_in is {expires_in}; allowed: 1 to {MAX_EXPIRY_S} seconds",
        )
    body: dict[str, object] = {"expiresIn": expires_in}
    if allowed_models is not None:
        body["allowedModels"] = list(allowed_models)
    if allowed_origins is not None:
        body["allowedOrigins"] = list(allowed_origins)
    if max_session_duration is not None:
        body["constraints"] = {"realtime": {"maxSessionDuration": max_session_duration}}
    if metadata is not None:
        body["metadata"] = dict(metadata)
    answer = await _post(base_url, TOKENS_PATH, api_key, body)
    return EphemeralKey(
        _text(answer, "apiKey"),
        str(answer.get("expiresAt", "")),
        answer.get("permissions"),
        answer.get("constraints"),
    )


async def join_as_viewer(base_url: str, api_key: str, room_name: str) -> ViewerTicket:
    """Ask to watch a room. Raises RealtimeError."""
    path = f"/watch-stream/{quote(room_name, safe='')}"
    answer = await _post(base_url, path, api_key, None)
    session_id = answer.get("session_id")
    return ViewerTicket(
        _text(answer, "livekit_url"),
        _text(answer, "token"),
        str(answer.get("room_name", room_name)),
        None if session_id is None else str(session_id),
    )


async def _post(
    base_url: str, path: str, api_key: str, body: Mapping[str, object] | None
) -> dict[str, Any]:
    """One answer. The service's own words of a refusal are kept; the key is in no error."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    url = base_url.rstrip("/") + path
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(url, json=body, headers={"x-api-key": api_key}) as response,
        ):
            if response.status >= 400:
                words = (await response.text())[:200].replace(api_key, "…")
                refused = from_status(response.status)
                raise RealtimeError(refused.code, f"{refused} ({words})" if words else str(refused))
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
        timed_out = isinstance(error, TimeoutError)
        raise RealtimeError(
            ErrorCode.WEBRTC_TIMEOUT_ERROR if timed_out else ErrorCode.WEBRTC_SERVER_ERROR,
            f"the service gave no usable answer: {reason or type(error).__name__}",
        ) from None
    if not isinstance(answer, dict):
        raise RealtimeError(ErrorCode.WEBRTC_SERVER_ERROR, "the service's answer is no JSON object")
    return answer


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise RealtimeError(ErrorCode.WEBRTC_SERVER_ERROR, f"the service's answer has no {name}")
    return value
