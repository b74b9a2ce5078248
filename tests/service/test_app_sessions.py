"""Sessions of the service from their media to their end; rooms and workers are real processes."""

from __future__ import annotations

import asyncio
import os
import signal

import aiohttp
import psutil
import pytest

from g2gbench.process.message import Lost
from g2gbench.service import connection
from g2gbench.service.models import Picture
from g2gbench.service.plan import (
    LivekitServerRoom,
    ProcessReport,
    ServiceEvent,
    SessionEnded,
    SessionStarted,
)
from g2gbench.service.room import livekit_server
from g2gbench.service.session import SessionRules
from g2gbench.service.session_host import SessionHost
from tests.service.cameras import Camera
from tests.service.services import KEY, LONG_S, MODEL, SIZE, host_settings, running

pytestmark = [pytest.mark.integration, pytest.mark.slow]


# -- media


async def test_video_comes_back_stamped_is_billed_by_the_second_and_its_loss_is_told() -> None:
    host = host_settings(transform="mirror", marker="v1")
    async with (
        running(host) as one,
        one.client(pixel_latency="1") as user,
        Camera() as camera,
    ):
        await user.say("livekit_join", passthrough=True)
        info = await user.until("livekit_room_info")
        await camera.join(info)
        await user.until("generation_started")
        number = await asyncio.wait_for(camera.numbers.get(), LONG_S)
        assert 5000 <= number < 6000
        assert camera.identities[0].startswith("inference-server-")
        tick = await user.until("generation_tick")
        assert tick["seconds"] == 1
        assert isinstance(tick["seconds"], int)

        os.kill(one.service.pids["worker"], signal.SIGKILL)
        ended = await user.until("generation_ended")
        assert ended["reason"] == "the worker process ended (signal 9)"
        assert isinstance(ended["seconds"], int)
        assert (await user.until("error"))["error"] == ended["reason"]
        assert await user.closed() == 1000  # so that it comes again
        assert await one.lost() == ProcessReport("worker", Lost(ended["reason"]))


# -- losses and ends


async def test_a_lost_room_is_told_before_any_media() -> None:
    async with running() as one, one.client() as user:
        await user.say("livekit_join")
        await user.until("livekit_room_info")
        os.kill(one.service.pids["room"], signal.SIGKILL)
        assert (await user.until("error"))["error"] == "the room process ended (signal 9)"
        assert await one.lost() == ProcessReport("room", Lost("the room process ended (signal 9)"))


async def test_a_worker_that_died_while_nobody_was_there_is_replaced() -> None:
    async with running() as one:
        os.kill(one.service.pids["worker"], signal.SIGKILL)
        await one.lost()
        async with one.client() as user:
            await user.say("livekit_join")
            await user.hear_of("livekit_room_info")
            await user.say("prompt", prompt="still there?")
            await user.hear_of("prompt_ack")


async def test_a_session_that_cannot_be_made_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as one:
        assert await one.seats_one()
        await one.told(SessionEnded)

        async def no_start(_: SessionHost) -> None:
            raise OSError("too many processes")

        monkeypatch.setattr(SessionHost, "start", no_start)
        async with one.client() as user:
            await user.say("livekit_join")
            error = (await user.until("error"))["error"]
            await user.closed()
    assert error == "no session could be made ready: too many processes"


async def test_a_room_that_cannot_be_had_is_told_to_each_client_that_asks_and_is_no_loss() -> None:
    missing = LivekitServerRoom(command="no-such-server")
    async with running(host_settings(room=missing)) as one:
        assert one.service.pids == {}
        for _ in range(2):
            async with one.client() as user:
                await user.say("livekit_join")
                said = await user.until("error")
                assert "no no-such-server on this machine" in said["error"]
                assert livekit_server.INSTALL in said["error"]
    assert one.said.empty()
    assert psutil.Process().children() == []


async def test_a_service_that_nobody_asked_for_its_missing_room_ends_quietly() -> None:
    missing = LivekitServerRoom(command="no-such-server")
    async with running(host_settings(room=missing)):
        pass
    assert psutil.Process().children() == []


async def test_stopping_tells_the_clients_and_leaves_no_process() -> None:
    """Those that have a room, those that wait for one, and those that have not joined."""
    rules = SessionRules(queue=1, place_s=3600)
    async with running(seats=3, rules=rules) as one, one.client() as silent:
        async with one.client() as queued:
            await queued.say("livekit_join")
            await queued.hear_of("queue_position")
            async with asyncio.timeout(5):
                await one.service.stop()
            ended = (await queued.hear_of("generation_ended"))["generation_ended"]
            assert ended["reason"] == "shutdown"
            await queued.closed()
        await silent.closed()
    assert psutil.Process().children() == []


async def test_stopping_tells_a_client_that_has_its_room() -> None:
    async with running(seats=2) as one, one.client() as user:
        await user.join()
        async with asyncio.timeout(5):
            await one.service.stop()
        ended = (await user.hear_of("generation_ended"))["generation_ended"]
        assert ended == {"type": "generation_ended", "seconds": 0, "reason": "shutdown"}
        assert await user.closed() == 1000
        assert (await one.told(SessionEnded)).reason == "shutdown"
    assert psutil.Process().children() == []


async def test_a_client_that_takes_no_messages_is_cut_off_before_they_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_MOST_WAITING", 0)
    async with running() as one, one.client() as user:
        await user.say("dance")
        assert await user.closed() is None


async def test_a_service_that_nobody_listens_to_serves_on_and_ends_whole() -> None:
    def deaf(_: ServiceEvent) -> None:
        raise BrokenPipeError

    async with running() as one:
        one.service._notify = deaf
        for _ in range(2):
            async with one.client() as user:
                await user.join()
    assert psutil.Process().children() == []


# -- seats, models, rooms


async def test_a_seat_is_free_as_soon_as_its_client_is_gone() -> None:
    async with running() as one:
        async with one.client() as user:
            await user.join()
            async with one.client() as second:
                assert await second.refusal() == "all 1 sessions are taken"
            await user.say("prompt", prompt="undisturbed")
            await user.hear_of("prompt_ack")
        await one.told(SessionEnded)
        async with one.client() as user:
            await user.join()


async def test_who_waits_for_a_seat_is_told_its_place_as_it_changes() -> None:
    async with (
        running(seats=1, waiting=2) as one,
        one.client() as first,
        one.client() as second,
        one.client() as third,
    ):
        await first.join()
        for position, user in enumerate((second, third), 1):
            await user.say("livekit_join")
            told = (await user.hear_of("queue_position"))["queue_position"]
            assert (told["position"], told["queue_size"]) == (position, position)
        assert (await second.hear())["queue_size"] == 2
        async with one.client() as fourth:
            assert await fourth.refusal() == "all 1 sessions are taken"
        await first.socket.close()
        await second.hear_of("livekit_room_info")
        assert (await third.hear())["position"] == 1
        await second.socket.close()
        await third.hear_of("livekit_room_info")


async def test_who_leaves_the_line_makes_the_others_move_up() -> None:
    async with running(seats=1, waiting=2) as one, one.client() as first, one.client() as third:
        await first.join()
        async with one.client() as second:
            await second.say("livekit_join")
            await second.hear_of("queue_position")
            await third.say("livekit_join")
            assert (await third.hear())["position"] == 2
        assert (await third.hear())["position"] == 1


async def test_each_session_has_the_model_and_the_size_that_its_client_asks_for() -> None:
    models = {MODEL: Picture(*SIZE, 30.0), "small": Picture(192, 128, 30.0)}
    async with running(seats=2, models=models) as one:
        for model, query, size in (
            ("small", {}, (192, 128)),
            ("small", {"resolution": "480p"}, (720, 480)),
            (MODEL, {}, SIZE),
        ):
            async with one.client(model=model, **query) as user:
                await user.join()
                started = await one.told(SessionStarted)
                assert (started.model, started.size) == (model, size)


@pytest.mark.parametrize(
    ("restamp", "query", "stamps"),
    [
        ("auto", {}, False),
        ("auto", {"pixel_latency": "1"}, True),
        ("always", {}, True),
        ("never", {"pixel_latency": "1"}, False),
    ],
)
async def test_frames_are_stamped_anew_as_the_service_or_the_client_decides(
    restamp: str, query: dict[str, str], stamps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(SessionHost, "restamp", lambda _, wanted: told.append(wanted))
    async with running(restamp=restamp) as one, one.client(**query) as user:
        await user.join()
    assert told == [stamps]


async def test_no_silent_client_holds_up_the_end() -> None:
    """One that was refused and one that was let in; neither reads or answers a close."""
    async with running(keys=(KEY,)) as one, aiohttp.ClientSession() as http:
        url = f"{one.http}/v1/stream"
        query = {"model": "lucy-2.1"}
        async with (
            http.ws_connect(url, params={**query, "api_key": KEY}, autoclose=False) as admitted,
            http.ws_connect(url, params={**query, "api_key": "x"}, autoclose=False),
        ):
            await admitted.send_json({"type": "livekit_join"})
            async with asyncio.timeout(5):
                await one.service.stop()
