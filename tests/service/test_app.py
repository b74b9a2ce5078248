"""The whole service as the public clients meet it; rooms and workers are real processes."""

from __future__ import annotations

import base64
import datetime
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from g2gbench.service.app import TOKENS_PATH
from g2gbench.service.plan import ClientRefused, SessionEnded
from tests.service.services import KEY, Running, host_settings, running

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ANY_ORIGIN = "Access-Control-Allow-Origin"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Running]:
    """One service for all that needs no other; there is always a seat."""
    async with running(host_settings(transform="restyle", marker="v1"), seats=50) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked() -> AsyncIterator[Running]:
    """A service that knows its keys."""
    async with running(keys=(KEY,), seats=20) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(claims, dict)
    return claims


# -- the three forms of a join


async def test_android_sends_its_initial_state_within_the_join(shared: Running) -> None:
    async with shared.client() as user:
        prompt = {"type": "prompt", "prompt": "räuberisch 🏙", "enhance_prompt": True}
        await user.say("livekit_join", initial_state=prompt)
        heard = await user.hear_of("prompt_ack", "livekit_room_info")
    assert heard["prompt_ack"] == {
        "type": "prompt_ack",
        "prompt": "räuberisch 🏙",
        "success": True,
        "error": None,
    }


async def test_javascript_sends_its_prompt_before_it_has_its_room(shared: Running) -> None:
    async with shared.client() as user:
        capabilities = {"frame_timing": True}
        await user.say("livekit_join", passthrough=False, client_capabilities=capabilities)
        await user.say("prompt", prompt="a city", enhance_prompt=True)
        heard = await user.hear_of("prompt_ack", "livekit_room_info")
    assert heard["prompt_ack"]["success"] is True


async def test_javascript_without_a_prompt_says_passthrough_and_no_more(shared: Running) -> None:
    async with shared.client() as user:
        await user.say("livekit_join", passthrough=True)
        await user.hear_of("livekit_room_info")


async def test_python_waits_for_its_room_and_then_for_the_ack(shared: Running) -> None:
    """An ack that waited for media would never come: this client joins the room after it."""
    async with shared.client(livekit_early_room_info="true") as user:
        await user.say("livekit_join")
        await user.hear_of("livekit_room_info")
        await user.say("prompt", prompt="a city", enhance_prompt=True)
        await user.hear_of("prompt_ack")
        await user.say("set_image", image_data=None, prompt=None)
        assert (await user.hear_of("set_image_ack"))["set_image_ack"]["success"] is True


# -- what a client gets


async def test_the_room_info_admits_this_client_to_its_own_room(shared: Running) -> None:
    async with shared.client() as one, shared.client() as other:
        infos = []
        for user in (one, other):
            await user.say("livekit_join")
            infos.append((await user.hear_of("livekit_room_info"))["livekit_room_info"])
    first, second = infos
    assert first["livekit_url"].startswith("ws://127.0.0.1:")
    claims = _claims(first["token"])
    assert claims["video"]["room"] == first["room_name"]
    assert claims["video"]["roomJoin"] is True
    assert not claims["sub"].startswith("inference-server-")
    assert first["room_name"].isascii()
    assert first["room_name"] != second["room_name"]
    assert first["session_id"] != second["session_id"]


async def test_acks_come_in_order_and_images_of_megabytes_pass(shared: Running) -> None:
    image = base64.b64encode(bytes(3 << 20)).decode()
    async with shared.client() as user:
        await user.say("livekit_join")
        await user.hear_of("livekit_room_info")
        await user.say("set_image", image_data=image, prompt="a hat")
        await user.say("prompt", prompt="b")
        await user.say("set_image", image_data=None, prompt="c")
        acks = [await user.hear() for _ in range(3)]
    assert [ack["type"] for ack in acks] == ["set_image_ack", "prompt_ack", "set_image_ack"]
    assert all(ack["success"] for ack in acks)


async def test_malformed_frames_are_answered_and_end_nothing(shared: Running) -> None:
    async with shared.client() as user:
        texts = ("{", "[]", "{}", '{"type": "dance"}', '{"type": "prompt", "prompt": "x"}')
        for frame in (*texts, b"\x00binary frames are none of the protocol"):
            await user.socket.send(frame)
            assert (await user.hear())["type"] == "error"
        await user.say("livekit_join")
        await user.hear_of("livekit_room_info")
        await user.say("livekit_join")
        assert (await user.hear())["error"] == "livekit_join twice"


async def test_five_hundred_frames_of_garbage_are_each_answered_and_end_nothing(
    shared: Running,
) -> None:
    chance = random.Random(5)
    frames: list[str | bytes] = [
        "",
        "{",
        "null",
        "[]",
        '{"type": 5}',
        "[" * 50_000,
        b"",
        b"\xff\x00",
    ]
    kinds = ["dance", "livekit_join", "prompt", "set_image", "generation_tick"]
    values: list[Any] = [
        None,
        5,
        "x",
        [],
        {},
        True,
        "\ud800",
        1e308,
        "x" * 2000,
        {"type": "prompt"},
    ]
    names = ["prompt", "image_data", "image_ref", "initial_state", "enhance_prompt", "type"]
    while len(frames) < 500:
        message: dict[str, Any] = {"type": chance.choice(kinds)}
        for _ in range(chance.randrange(4)):
            message[chance.choice(names)] = chance.choice(values)
        text = json.dumps(message)
        frames.append(text[: chance.randrange(len(text))] if chance.random() < 0.3 else text)
    async with shared.client() as user:
        await user.join()
        for frame in frames:
            await user.socket.send(frame)
            answer = await user.hear()
            assert answer["type"] in ("error", "prompt_ack", "set_image_ack")
        # It lives; the rate limit may have to let some time pass first.
        prompt = {"success": False}
        while not prompt["success"]:
            await user.say("prompt", prompt="still there?")
            prompt = await user.until("prompt_ack")


async def test_half_a_surrogate_pair_is_a_prompt_like_any_other(shared: Running) -> None:
    async with shared.client() as user:
        await user.join()
        await user.socket.send('{"type": "prompt", "prompt": "\\ud83c"}')
        ack = (await user.hear_of("prompt_ack"))["prompt_ack"]
        assert (ack["success"], ack["prompt"]) == (True, "\ud83c")
        await user.say("prompt", prompt="the model is still there")
        await user.hear_of("prompt_ack")


# -- refusals: a message, then the end of the socket


async def test_a_wrong_key_is_refused_in_words_that_clients_do_not_retry(locked: Running) -> None:
    for key in ("another-key", "", "ek_of-somebody"):
        async with locked.client(key) as user:
            assert await user.refusal() == "Invalid API key"
    assert await locked.told(ClientRefused) == ClientRefused("Invalid API key")


async def test_an_unknown_model_is_refused_with_those_that_there_are(locked: Running) -> None:
    async with locked.client(model="lucy-9") as user:
        assert await user.refusal() == "no model 'lucy-9' here; this service runs lucy-2.1"
    async with locked.client(model=None) as user:
        assert "no model was asked for" in await user.refusal()
    async with locked.client(resolution="8k") as user:
        assert "480p, 720p, 1080p are known" in await user.refusal()


async def test_what_else_clients_put_into_their_query_is_no_hindrance(locked: Running) -> None:
    query = {"livekit_early_room_info": "true", "speed": "fast", "user_agent": "a b/1 (c)"}
    async with locked.client(**query, resolution="720p") as user:
        await user.join()


# -- the HTTP routes


def _post(http: aiohttp.ClientSession, to: Running, body: Any = None, key: str = KEY) -> Any:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return http.post(to.http + TOKENS_PATH, data=data, headers={"X-API-KEY": key})


def _watch(http: aiohttp.ClientSession, to: Running, room: str, key: str = KEY) -> Any:
    return http.post(f"{to.http}/watch-stream/{room}", headers={"x-api-key": key})


async def test_a_viewer_gets_a_token_to_watch_a_session_and_no_more(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with locked.client() as user:
        info = await user.join()
        async with _watch(http, locked, info["room_name"]) as answer:
            assert answer.status == 200
            assert answer.headers[ANY_ORIGIN] == "*"
            given = await answer.json()
    token = given.pop("token")
    assert given == {k: info[k] for k in ("livekit_url", "room_name", "session_id")}
    claims = _claims(token)
    assert claims["video"]["room"] == info["room_name"]
    assert claims["video"]["roomJoin"] is True
    assert claims["video"]["canPublish"] is False
    assert claims["video"]["canPublishData"] is False
    assert claims["sub"].startswith("viewer-")


async def test_a_viewer_without_a_key_or_a_stream_is_refused_and_a_page_can_read_why(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    for room, key, status in (("room-1", "wrong", 401), ("room-1", KEY, 404)):
        async with _watch(http, locked, room, key) as answer:
            assert answer.status == status
            assert answer.headers[ANY_ORIGIN] == "*"
    async with locked.client() as user:
        room = (await user.join())["room_name"]
        async with _watch(http, locked, room, "wrong") as answer:
            assert answer.status == 401
            assert await answer.text() == "Invalid API key"
    await locked.told(SessionEnded)
    async with _watch(http, locked, room) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", [TOKENS_PATH, "/watch-stream/room%201"])
async def test_a_page_of_any_origin_may_ask(
    locked: Running, http: aiohttp.ClientSession, path: str
) -> None:
    headers = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    async with http.options(locked.http + path, headers=headers) as answer:
        assert answer.ok
        assert answer.headers[ANY_ORIGIN] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "")
        assert set(allowed.split(",")) == {"x-api-key", "content-type"}


async def test_an_ephemeral_key_admits_until_it_expires(
    locked: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    async with _post(http, locked) as answer:
        assert answer.headers[ANY_ORIGIN] == "*"
        given = await answer.json()
    assert set(given) == {"apiKey", "token", "expiresAt"}
    assert given["apiKey"].startswith("ek_")
    assert given["token"].count(".") == 2
    expiry = datetime.datetime.fromisoformat(given["expiresAt"])
    assert 60 <= (expiry - before).total_seconds() <= 90
    for key in (given["apiKey"], given["token"]):
        async with locked.client(key) as user:
            await user.join()
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    for key in (given["apiKey"], given["token"]):
        async with locked.client(key) as user:
            assert await user.refusal() == "Invalid API key"


async def test_the_token_of_a_key_can_be_verified_by_anybody(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with http.get(locked.http + "/api/auth/jwks") as answer:
        assert answer.headers[ANY_ORIGIN] == "*"
        (key,) = (await answer.json())["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")


async def test_an_ephemeral_key_makes_no_other_but_may_watch(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with _post(http, locked) as answer:
        given = await answer.json()
    for key in (given["apiKey"], given["token"]):
        async with _post(http, locked, key=key) as answer:
            assert answer.status == 403
            assert answer.headers[ANY_ORIGIN] == "*"
            assert "makes no other keys" in await answer.text()
    async with locked.client(given["token"]) as user:
        room = (await user.join())["room_name"]
        async with _watch(http, locked, room, given["apiKey"]) as answer:
            assert answer.status == 200


async def test_limits_come_back_when_they_were_asked_for_and_hold(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    constraints = {"realtime": {"maxSessionDuration": 120}}
    body = {"allowedModels": ["lucy-2.5"], "constraints": constraints}
    async with _post(http, locked, body) as answer:
        given = await answer.json()
    assert given["permissions"] == {"models": ["lucy-2.5"]}
    assert given["constraints"] == constraints
    async with locked.client(given["apiKey"]) as user:
        assert await user.refusal() == "permission denied: this key is for lucy-2.5 alone"
    async with locked.client() as user:
        room = (await user.join())["room_name"]
        async with _watch(http, locked, room, given["apiKey"]) as answer:
            assert answer.status == 403


async def test_a_key_of_a_page_is_good_for_that_page(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with _post(http, locked, {"allowedOrigins": ["https://example.com"]}) as answer:
        key = (await answer.json())["apiKey"]
    for origin in (None, "https://evil.example"):
        async with locked.client(key, origin=origin) as user:
            assert await user.refusal() == "permission denied: this key is not for this origin"
    async with locked.client(key, origin="https://example.com") as user:
        await user.join()


async def test_a_session_ends_at_the_duration_that_its_key_allows(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    body = {"constraints": {"realtime": {"maxSessionDuration": 0.2}}}
    async with _post(http, locked, body) as answer:
        key = (await answer.json())["apiKey"]
    async with locked.client(key) as user:
        await user.join()
        ended = (await user.hear_of("generation_ended"))["generation_ended"]
        assert ended == {
            "type": "generation_ended",
            "seconds": 0,
            "reason": "session duration limit",
        }
        assert await user.closed() == 1000


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"expiresIn": 0}, "1 to 3600"),
        ({"allowedModels": "lucy"}, "a list of 1 to 20 texts"),
        ({"constraints": {"realtime": {"maxSessionDuration": -1}}}, "above 0"),
        (b"no json", "a JSON object"),
        (b"[" * 100_000, "a JSON object"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_what_cannot_be_granted_is_a_bad_request_that_a_page_can_read(
    locked: Running, http: aiohttp.ClientSession, body: Any, why: str
) -> None:
    async with _post(http, locked, body) as answer:
        assert answer.status == 400
        assert answer.headers[ANY_ORIGIN] == "*"
        assert why in await answer.text()


async def test_a_wrong_key_gets_no_token_and_a_page_can_read_why(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with _post(http, locked, key="another-key") as answer:
        assert answer.status == 401
        assert answer.headers[ANY_ORIGIN] == "*"
        assert "another-key" not in await answer.text()


async def test_what_is_not_there_can_be_read_by_a_page_too(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    async with http.get(locked.http + "/nowhere") as answer:
        assert answer.status == 404
        assert answer.headers[ANY_ORIGIN] == "*"
