"""The administrator's routes, on a port of their own."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from g2gbench.service.admin import Admin
from g2gbench.service.signalling_faults import NO_FAULTS, SignallingFaults


class Asked:
    """Stands for the service: keeps what it is asked for."""

    def __init__(self) -> None:
        self.faults: list[SignallingFaults] = []

    def misbehave(self, faults: SignallingFaults) -> None:
        self.faults.append(faults)

    def snapshot(self) -> dict[str, Any]:
        return {"sessions": []}


class Client:
    def __init__(self, http: aiohttp.ClientSession, base: str, asked: Asked) -> None:
        self.asked = asked
        self.http = http
        self.base = base

    async def post(self, body: Any, kind: str = "application/json", **more: str) -> tuple[int, str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": kind, **more}
        url = f"{self.base}/admin/faults"
        async with self.http.post(url, data=data, headers=headers) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
            return answer.status, await answer.text()

    async def faults(self) -> Any:
        async with self.http.get(f"{self.base}/admin/state") as answer:
            return (await answer.json())["faults"]


@contextlib.asynccontextmanager
async def _admin() -> AsyncIterator[Client]:
    asked = Asked()
    admin = Admin(asked)
    base = f"http://127.0.0.1:{await admin.start(0)}"
    try:
        async with aiohttp.ClientSession() as http:
            yield Client(http, base, asked)
    finally:
        await admin.stop()


async def test_faults_are_written_as_in_a_scenario_and_hold_until_they_are_taken_back() -> None:
    async with _admin() as client:
        assert await client.faults() == {}
        faults = {"kill_worker_after": "1500ms", "garbage": ["huge"], "sessions": 1}
        status, said = await client.post(faults)
        assert (status, json.loads(said)) == (
            200,
            {"faults": {"kill_worker_after": "1.5s", "garbage": ["huge"], "sessions": 1}},
        )
        assert await client.faults() == json.loads(said)["faults"]
        async with client.http.delete(f"{client.base}/admin/faults") as answer:
            assert await answer.json() == {"faults": {}}
        assert await client.faults() == {}
        wanted = SignallingFaults(kill_worker_after_s=1.5, garbage=("huge",), sessions=1)
        assert client.asked.faults == [wanted, NO_FAULTS]


BAD = [
    ({"kill_worker_after": "soon"}, "kill_worker_after: allowed: "),
    ({"kill_worker_after": 5}, "kill_worker_after: allowed: "),
    ({"kill_workers": "5s"}, "kill_workers: Extra inputs are not permitted"),
    ({"acks": "sometimes"}, "acks: Input should be 'normal', 'never' or 'error'"),
    ({"garbage": ["tea"]}, "garbage.0: Input should be 'no-json', "),
    ({"garbage": "no-json"}, "garbage: allowed: a list"),
    ([], "the body: "),
    (b"no json", "the body must be a JSON object"),
    (b"[" * 100_000, "the body must be a JSON object"),
    (b"\xff", "the body must be a JSON object"),
]


@pytest.mark.parametrize(("body", "why"), BAD, ids=lambda value: repr(value)[:40])
async def test_what_cannot_be_done_is_told_with_what_can(body: Any, why: str) -> None:
    async with _admin() as client:
        status, said = await client.post(body)
        assert status == 400
        assert said.startswith(why)
        assert client.asked.faults == []


async def test_a_page_cannot_ask_for_faults() -> None:
    """It may send text anywhere; JSON only after a preflight, which nobody answers."""
    async with _admin() as client:
        status, _ = await client.post({"refuse_key": True}, kind="text/plain")
        assert status == 415
        async with client.http.options(f"{client.base}/admin/faults") as answer:
            assert answer.status == 405
        assert client.asked.faults == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:80"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ],
)
async def test_no_page_is_answered_whatever_it_calls_this_machine(headers: dict[str, str]) -> None:
    async with _admin() as client:
        assert (await client.post({"refuse_key": True}, **headers))[0] == 403
        async with client.http.get(f"{client.base}/admin/state", headers=headers) as answer:
            assert answer.status == 403
        assert client.asked.faults == []


async def test_any_body_is_taken_or_refused_in_words() -> None:
    chance = random.Random(3)
    pieces = [b"{", b"}", b"[", b'"acks"', b":", b'"never"', b"1e999", b"null", b"\xff", b",", b"-"]
    async with _admin() as client:
        for _ in range(100):
            body = b"".join(chance.choices(pieces, k=chance.randrange(1, 9)))
            status, said = await client.post(body)
            assert status in (200, 400)
            assert said
