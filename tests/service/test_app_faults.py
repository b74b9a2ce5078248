"""Each fault as a client meets it on the wire; rooms and workers are real processes."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from g2gbench.service.admin import Admin
from g2gbench.service.plan import SessionEnded
from g2gbench.service.signalling_faults import FAILED_ACK, GARBAGE, SignallingFaults
from tests.service.cameras import Camera
from tests.service.services import KEY, LONG_S, host_settings, running

pytestmark = [pytest.mark.integration, pytest.mark.slow]


async def test_every_key_is_refused_and_the_next_session_is_as_usual() -> None:
    async with running(faults=SignallingFaults(refuse_key=True, sessions=1)) as one:
        async with one.client() as user:
            assert await user.refusal() == "Invalid API key"
        async with one.client() as user:
            await user.join()


async def test_a_client_queues_for_as_long_as_asked_and_hears_its_position_change() -> None:
    async with running(faults=SignallingFaults(queue_s=0.9)) as one, one.client() as user:
        loop = asyncio.get_running_loop()
        await user.say("livekit_join")
        begun = loop.time()
        positions = [(await user.hear())["position"] for _ in range(3)]
        assert positions == [3, 2, 1]
        await user.hear_of("livekit_room_info")
        assert loop.time() - begun > 0.8


async def test_acks_that_never_come_leave_the_session_alive() -> None:
    async with running(faults=SignallingFaults(acks="never")) as one, one.client() as user:
        await user.join()
        await user.say("prompt", prompt="x")
        await user.say("set_image", image_data=None)
        await user.say("dance")
        assert (await user.hear())["type"] == "error"  # an ack would have come before


async def test_acks_fail_on_request() -> None:
    async with running(faults=SignallingFaults(acks="error")) as one, one.client() as user:
        await user.join()
        await user.say("prompt", prompt="x")
        assert await user.hear() == {
            "type": "prompt_ack",
            "prompt": "x",
            "success": False,
            "error": FAILED_ACK,
        }


async def test_the_socket_is_cut_after_its_time_without_a_word() -> None:
    faults = SignallingFaults(drop_after_s=0.1, sessions=1)
    async with running(faults=faults) as one:
        async with one.client() as user:
            await user.join()
            assert await user.closed() is None
        ended = await one.told(SessionEnded)
        assert ended.reason == "the socket was dropped on purpose"
        async with one.client() as user:
            await user.join()


async def test_the_socket_is_cut_at_a_message_even_before_there_is_a_room() -> None:
    faults = SignallingFaults(drop_after_messages=1)
    async with running(faults=faults) as one, one.client() as user:
        await user.say("livekit_join")
        assert await user.closed() is None


async def test_a_killed_worker_is_told_the_socket_closed_and_the_next_session_has_another() -> None:
    faults = SignallingFaults(kill_worker_after_s=0.1, sessions=1)
    async with running(faults=faults) as one:
        async with one.client() as user:
            first = await user.join()
            heard = await user.hear_of("generation_ended", "error")
            assert heard["error"]["error"] == "the worker process ended (signal 9)"
            assert heard["generation_ended"]["reason"] == heard["error"]["error"]
            assert await user.closed() == 1000
        async with one.client() as user:
            second = await user.join()
            await user.say("prompt", prompt="a new one?")
            assert (await user.hear_of("prompt_ack"))["prompt_ack"]["success"] is True
    assert first["room_name"] != second["room_name"]


async def test_stalled_video_stops_and_goes_on() -> None:
    """The camera numbers its pictures: those of the stall are the gap."""
    host = host_settings(transform="mirror", marker="v1")
    async with running(host, restamp="always") as one, one.client() as user, Camera() as camera:
        await user.say("livekit_join", passthrough=True)
        await camera.join(await user.until("livekit_room_info"))
        async with asyncio.timeout(LONG_S):
            last = await camera.numbers.get()
            one.service.misbehave(SignallingFaults(stall_after_s=0, stall_s=1.0))
            while (number := await camera.numbers.get()) - last <= 15:  # of thirty
                last = number
        assert (await user.until("generation_tick"))["seconds"] >= 1  # the session goes on


async def test_garbage_comes_in_turn_and_the_session_goes_on_as_if_nothing_were() -> None:
    kinds = tuple(GARBAGE)
    faults = SignallingFaults(garbage=kinds, garbage_every_s=0.02)
    async with running(faults=faults) as one, one.client() as user:
        await user.say("livekit_join")
        frames: list[str | bytes] = []
        ordinary: list[str] = []
        while len(frames) < len(kinds) or "livekit_room_info" not in ordinary:
            frame = await user.frame()
            if frame in GARBAGE.values():
                frames.append(frame)
            else:
                ordinary.append(json.loads(frame)["type"])
        assert frames[: len(kinds)] == [GARBAGE[kind] for kind in kinds]
        assert ordinary == ["livekit_room_info"]


async def test_an_administrator_sees_the_sessions_and_spoils_those_that_are_there() -> None:
    async with running(seats=2) as one, aiohttp.ClientSession() as http:
        admin = Admin(one.service)
        base = f"http://127.0.0.1:{await admin.start(0)}/admin"
        try:
            async with one.client() as user, one.client() as silent:
                info = await user.join()
                async with http.get(f"{base}/state") as answer:
                    state = await answer.json()
                assert state["models"] == ["lucy-2.1"]
                assert (state["room"], state["seats"], state["free"]) == ("embedded", 2, 1)
                session, other = state["sessions"]
                assert session == {
                    "session_id": info["session_id"],
                    "room_name": info["room_name"],
                    "model": "lucy-2.1",
                    "size": [320, 192],
                    "joined": True,
                    "generating": False,
                    "seconds": 0,
                }
                assert (other["session_id"], other["joined"]) == (None, False)
                assert KEY not in json.dumps(state)
                async with http.post(f"{base}/faults", json={"drop_after": "0s"}) as answer:
                    assert answer.status == 200
                assert await user.closed() is None
                async with http.delete(f"{base}/faults"):
                    pass
                await silent.join()
        finally:
            await admin.stop()
