"""A ``g2gbench serve`` for somebody else's client."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psutil

from tests.e2e.sessions import all_gone, g2gbench, until

KEY = "the-vendors-key"


@dataclass
class Served:
    """Where it listens, and what it said in the end."""

    port: int
    said: list[str] = field(default_factory=list)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def serving(room: str, *options: str) -> AsyncIterator[Served]:
    """It stamps every frame anew: not every SDK can ask for that. Ended by SIGTERM, whole."""
    given = ("--port", "0", "--room", room, "--key", KEY, "--restamp", "always", *options)
    process = await g2gbench("serve", *given)
    found = re.search(r"ws://127\.0\.0\.1:(\d+)", await until(process.stdout, "serving"))
    assert found
    assert process.stdout is not None
    assert process.stderr is not None
    # As it comes: a livekit-server stands still when nobody reads what it says.
    said = asyncio.gather(process.stdout.read(), process.stderr.read())
    served = Served(int(found[1]))
    failure: BaseException | None = None
    try:
        yield served
    except BaseException as error:
        failure = error
        raise
    finally:
        children = {str(p.pid): p.pid for p in psutil.Process(process.pid).children(recursive=True)}
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(said, 30)
        await process.wait()
        if failure is not None:
            failure.add_note(f"g2gbench serve: {err.decode()[-20000:]}")
        assert all_gone(children)
        assert process.returncode == 0, err.decode()[-2000:]
        assert KEY not in (out + err).decode()
        served.said += out.decode().splitlines()
