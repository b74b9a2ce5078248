"""Short sessions of the vendor's Python SDK, one after the other; not a test by itself.

Reads what to do from stdin, as JSON: where the service is, how many sessions, how many numbered
frames each waits for, and for how long. Prints what became of each, a line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

from tests.e2e.vendor.python_session import Camera, Screen, decart, realtime


async def _session(client: Any, asked: dict[str, Any]) -> dict[str, Any]:
    camera, screen = Camera(), Screen()
    running = asyncio.ensure_future(camera.run())
    try:
        session = await realtime.RealtimeClient.connect(
            base_url=client.realtime_base_url,
            api_key=asked["key"],
            local_track=camera.track,
            options=realtime.RealtimeConnectOptions(
                model=decart.models.realtime("lucy-2.5"), on_remote_stream=screen.show
            ),
        )
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(asked["seconds"]):
                    await screen.until_read(asked["frames"])
            return {"numbered": len(screen.numbers), "others": screen.unread, "sent": camera.sent}
        finally:
            await session.disconnect()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _main(asked: dict[str, Any]) -> None:
    client = decart.DecartClient(
        api_key=asked["key"], base_url=asked["http"], realtime_base_url=asked["websocket"]
    )
    try:
        for _ in range(asked["sessions"]):
            print(json.dumps(await _session(client, asked)), flush=True)
    finally:
        await client.close()


if __name__ == "__main__":
    asyncio.run(_main(json.load(sys.stdin)))
