"""Several sessions on one real livekit-server, and what becomes of them when it dies."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from g2gbench.service.plan import LivekitServerRoom
from tests.e2e.livekit import needs_livekit_server
from tests.service.services import host_settings, running

pytestmark = [pytest.mark.integration, needs_livekit_server]


@pytest.mark.slow
async def test_sessions_share_a_server_and_its_death_is_told_to_each() -> None:
    settings = host_settings(room=LivekitServerRoom())
    async with running(settings, seats=3) as one:
        async with one.client() as first, one.client() as second:
            infos = [await user.join() for user in (first, second)]
            assert infos[0]["livekit_url"] == infos[1]["livekit_url"]
            assert infos[0]["room_name"] != infos[1]["room_name"]
            os.kill(one.service.pids["room"], signal.SIGKILL)
            for user in (first, second):
                assert (await user.until("error"))["error"] == "livekit-server ended (signal 9)"
                assert await user.closed() == 1000
        async with one.client() as user:
            third = await user.join()
            assert third["livekit_url"] != infos[0]["livekit_url"]
    assert psutil.Process().children() == []
