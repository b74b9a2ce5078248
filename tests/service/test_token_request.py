from __future__ import annotations

import json
from typing import Any

import pytest

from g2gbench.service.token_request import BadRequest, TokenRequest


def _parse(body: Any) -> TokenRequest:
    return TokenRequest.parse(json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"expiresIn": null, "something": "newer"}'])
def test_nothing_asked_for_is_a_key_for_a_minute_without_limits(body: bytes) -> None:
    request = TokenRequest.parse(body)
    assert request == TokenRequest(60, None, None, None, None, {})
    assert request.answer == {}


def test_all_that_may_be_asked_for_is_taken_and_the_limits_are_answered() -> None:
    constraints = {"realtime": {"maxSessionDuration": 120}}
    request = _parse(
        {
            "expiresIn": 3600,
            "allowedModels": ["lucy-2.1"],
            "allowedOrigins": ["https://example.com"],
            "constraints": constraints,
            "metadata": {"role": "viewer"},
        }
    )
    assert request == TokenRequest(
        3600,
        ("lucy-2.1",),
        ("https://example.com",),
        constraints,
        120.0,
        {"role": "viewer"},
    )
    assert request.answer == {
        "permissions": {"models": ["lucy-2.1"], "origins": ["https://example.com"]},
        "constraints": constraints,
    }


def test_only_what_was_asked_for_is_answered() -> None:
    assert _parse({"allowedModels": ["a"]}).answer == {"permissions": {"models": ["a"]}}
    assert _parse({"constraints": {}}).answer == {"constraints": {}}


@pytest.mark.parametrize("seconds", [1, 3600, 60.0])
def test_a_key_lives_from_a_second_to_an_hour(seconds: float) -> None:
    assert _parse({"expiresIn": seconds}).expires_s == seconds


EXPIRY = "expiresIn must be a whole number of seconds, 1 to 3600"
DURATION = "constraints.realtime.maxSessionDuration must be a number of seconds above 0"
NO_EXPIRIES: list[Any] = [0, -1, 3601, 1.5, "60", True, [], float("inf"), float("nan"), 10**400]
NO_TEXTS: list[Any] = ["lucy", [], [1], [""], ["x"] * 21, {}]
NO_DURATIONS: list[Any] = [0, -5, "60", True, float("inf"), float("nan")]
BAD: list[tuple[Any, str]] = [
    *(({"expiresIn": value}, EXPIRY) for value in NO_EXPIRIES),
    *(
        ({"allowedModels": value}, "allowedModels must be a list of 1 to 20 texts")
        for value in NO_TEXTS
    ),
    ({"allowedOrigins": "https://x"}, "allowedOrigins must be a list of 1 to 20 texts"),
    ({"constraints": []}, "constraints must be an object"),
    ({"constraints": {"realtime": 7}}, "realtime must be an object"),
    *(
        ({"constraints": {"realtime": {"maxSessionDuration": value}}}, DURATION)
        for value in NO_DURATIONS
    ),
    ({"metadata": "x"}, "metadata must be an object"),
    ([], "the body must be a JSON object"),
    ("text", "the body must be a JSON object"),
]


@pytest.mark.parametrize(("body", "why"), BAD, ids=lambda value: repr(value)[:50])
def test_what_cannot_be_granted_is_told_with_what_can(body: Any, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        _parse(body)


@pytest.mark.parametrize("body", [b"no json", b"\xff\xfe", b"[" * 100_000, b"{"])
def test_what_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(BadRequest, match="must be a JSON object"):
        TokenRequest.parse(body)
