"""The whole service as the public clients meet it; rooms and workers are real processes."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from g2gbench.service.app import TOKENS_PATH
from tests.service.services import KEY, LONG_S, Running, host_settings, running

pytestmark = [pytest.mark.session, pytest.mark.asyncio(loop_scope="module")]

ANY_ORIGIN = "Access-Control-Allow-Origin"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Running]:
    """One service for all that needs no other; there is always a seat."""
    async with running(host_settings(transform="restyle", marker="v1"), seats=50) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked() -> AsyncIterator[Running]:
    """A service that knows its keys, has one seat, and lets its clients queue."""
    async with running(keys=(KEY,), queue=(2, 1)) as one:
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
        for text in ("{", "[]", "{}", '{"type": "dance"}', '{"type": "prompt", "prompt": "x"}'):
            await user.socket.send(text)
            assert (await user.hear())["type"] == "error"
        await user.socket.send(b"\x00binary frames are none of the protocol")
        await user.say("livekit_join")
        await user.hear_of("livekit_room_info")
        await user.say("livekit_join")
        assert (await user.hear())["error"] == "livekit_join twice"


# -- refusals: a message, then the end of the socket


async def test_a_wrong_key_is_refused_in_words_that_clients_do_not_retry(locked: Running) -> None:
    for key in ("another-key", ""):
        async with locked.client(key) as user:
            assert await user.refusal() == "Invalid API key"


async def test_another_model_is_refused_by_name(locked: Running) -> None:
    async with locked.client(model="lucy-9") as user:
        assert "lucy-2.1" in await user.refusal()


async def test_a_client_is_told_its_places_and_the_next_that_all_is_full(locked: Running) -> None:
    async with locked.client() as user:
        await user.say("livekit_join")
        positions = [await user.hear() for _ in range(2)]
        assert positions == [
            {"type": "queue_position", "position": 2, "queue_size": 2},
            {"type": "queue_position", "position": 1, "queue_size": 2},
        ]
        await user.hear_of("livekit_room_info")
        async with locked.client() as second:
            assert await second.refusal() == "all 1 sessions are taken"
        await user.say("prompt", prompt="undisturbed")
        await user.hear_of("prompt_ack")
    async with asyncio.timeout(LONG_S):
        while not await locked.seats_one():  # until the first one's processes have ended
            pass


# -- the HTTP routes


def _post(http: aiohttp.ClientSession, to: Running, body: Any = None, key: str = KEY) -> Any:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return http.post(to.http + TOKENS_PATH, data=data, headers={"X-API-KEY": key})


async def test_a_page_of_any_origin_may_ask_for_tokens(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    headers = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    async with http.options(locked.http + TOKENS_PATH, headers=headers) as answer:
        assert answer.ok
        assert answer.headers[ANY_ORIGIN] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "")
        assert set(allowed.split(",")) == {"x-api-key", "content-type"}


async def test_a_viewer_is_told_that_there_is_no_seat_for_it(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    url = f"{locked.http}/watch-stream/room-1"
    async with http.options(url) as answer:
        assert answer.ok
    async with http.post(url, headers={"x-api-key": KEY}) as answer:
        assert answer.status == 501
        assert answer.headers[ANY_ORIGIN] == "*"
        assert "not supported yet" in await answer.text()


async def test_an_ephemeral_key_admits_until_it_expires(
    locked: Running, shared: Running, http: aiohttp.ClientSession
) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    async with _post(http, locked) as answer:
        assert answer.headers[ANY_ORIGIN] == "*"
        given = await answer.json()
    assert set(given) == {"apiKey", "token", "expiresAt"}
    assert given["apiKey"].startswith("ek_")
    expiry = datetime.datetime.fromisoformat(given["expiresAt"])
    assert 60 <= (expiry - before).total_seconds() <= 90
    for key in (given["apiKey"], given["token"]):
        async with locked.client(key, model="none") as user:
            assert "runs the model" in await user.refusal()  # the key was good
    locked.service.ephemeral[given["apiKey"]] = 0.0
    async with locked.client(given["apiKey"]) as user:
        assert await user.refusal() == "Invalid API key"


async def test_limits_come_back_when_they_were_asked_for(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    constraints = {"realtime": {"maxSessionDuration": 120}}
    origins = ["https://example.com"]
    body = {"allowedModels": ["lucy-2.1"], "allowedOrigins": origins, "constraints": constraints}
    async with _post(http, locked, body) as answer:
        given = await answer.json()
    assert given["permissions"] == {"models": ["lucy-2.1"], "origins": origins}
    assert given["constraints"] == constraints


@pytest.mark.parametrize("seconds", [1, 3600])
async def test_keys_live_from_a_second_to_an_hour(
    locked: Running, http: aiohttp.ClientSession, seconds: int
) -> None:
    async with _post(http, locked, {"expiresIn": seconds}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"expiresIn": 0},
        {"expiresIn": 3601},
        {"expiresIn": "soon"},
        {"expiresIn": None},
        {"expiresIn": float("inf")},
        [],
        b"no json",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=repr,
)
async def test_what_cannot_be_granted_is_a_bad_request_that_a_page_can_read(
    locked: Running, http: aiohttp.ClientSession, body: Any
) -> None:
    async with _post(http, locked, body) as answer:
        assert answer.status == 400
        assert answer.headers[ANY_ORIGIN] == "*"
        assert "1 to 3600 seconds" in await answer.text()


async def test_an_unknown_charset_is_a_bad_request(
    locked: Running, http: aiohttp.ClientSession
) -> None:
    headers = {"X-API-KEY": KEY, "Content-Type": "application/json; charset=klingon"}
    async with http.post(locked.http + TOKENS_PATH, data=b"{}", headers=headers) as answer:
        assert 400 <= answer.status < 500
        assert answer.headers[ANY_ORIGIN] == "*"


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
