from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from g2gbench.service import keys as keys_module
from g2gbench.service.keys import Grant, KeyRing
from g2gbench.service.token_request import TokenRequest

NOW_S = 1_800_000_000.0


def _sign(claims: Mapping[str, Any]) -> str:
    return "eyJ" + json.dumps(claims)


def _ring(*keys: str) -> KeyRing:
    return KeyRing(keys or None, _sign)


def _issue(ring: KeyRing, **asked: Any) -> dict[str, Any]:
    return ring.issue(TokenRequest(**asked), "ek_1234567890abcdef", "a date", now_s=NOW_S)


def test_without_a_list_every_key_is_let_in_but_none_at_all() -> None:
    ring = _ring()
    assert ring.grant("whatever", now_s=NOW_S) == Grant()
    assert ring.grant("", now_s=NOW_S) is None


def test_with_a_list_only_its_keys_are_let_in() -> None:
    ring = _ring("mine", "yours")
    assert ring.grant("mine", now_s=NOW_S) == Grant()
    for key in ("", "min", "mine ", "other"):
        assert ring.grant(key, now_s=NOW_S) is None


def test_an_ephemeral_key_is_let_in_in_both_its_forms_until_it_expires() -> None:
    ring = _ring("mine")
    given = _issue(ring, expires_s=60)
    assert given["expiresAt"] == "a date"
    for key in (given["apiKey"], given["token"]):
        grant = ring.grant(key, now_s=NOW_S + 59.9)
        assert grant == Grant(ephemeral=True)
        assert ring.grant(key, now_s=NOW_S + 60) is None


def test_where_any_key_is_let_in_an_ephemeral_one_that_is_unknown_is_not() -> None:
    ring = _ring()
    for key in ("ek_unknown", "eyJhbGciOiJFZERTQSJ9.e30.x"):
        assert ring.grant(key, now_s=NOW_S) is None


def test_expired_keys_are_forgotten_and_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "_MOST", 4)
    ring = _ring()
    for n in range(10):
        ring.issue(TokenRequest(expires_s=1), f"ek_{n}", "", now_s=NOW_S + 2 * n)
    assert len(ring._issued) <= 6
    assert ring.grant("ek_0", now_s=NOW_S + 20) is None
    assert ring.grant("ek_9", now_s=NOW_S + 18) is not None


def test_the_token_carries_what_it_is_good_for() -> None:
    given = _issue(
        _ring(),
        expires_s=90,
        models=("lucy-2.1",),
        constraints={"realtime": {}},
        metadata={"role": "viewer"},
    )
    claims = json.loads(given["token"][3:])
    assert claims == {
        "sub": "g2gbench",
        "iss": "g2gbench",
        "aud": "g2gbench",
        "jti": "567890abcdef",
        "iat": int(NOW_S),
        "exp": int(NOW_S) + 90,
        "models": ["lucy-2.1"],
        "constraints": {"realtime": {}},
        "metadata": {"role": "viewer"},
    }


def test_a_key_is_good_for_its_models_its_origins_and_its_time() -> None:
    ring = _ring()
    given = _issue(ring, models=("a", "b"), origins=("https://x",), longest_s=5.0)
    grant = ring.grant(given["apiKey"], now_s=NOW_S)
    assert grant == Grant(("a", "b"), ("https://x",), 5.0, ephemeral=True)
    assert grant.objection("a", "https://x") is None
    assert grant.objection("c", "https://x") == "permission denied: this key is for a, b alone"
    for origin in (None, "https://x/", "http://x", "null"):
        objection = grant.objection("a", origin)
        assert objection == "permission denied: this key is not for this origin"


def test_a_key_without_limits_has_no_objection() -> None:
    assert Grant().objection("anything", None) is None
