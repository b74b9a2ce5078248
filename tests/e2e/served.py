"""A ``g2gbench serve`` whose key is a secret that may be shown nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator

import psutil

from tests.e2e.sessions import all_gone, g2gbench, until

SECRET = "sk-a-very-secret-key-4711"


@contextlib.asynccontextmanager
async def serving(*options: str) -> AsyncIterator[str]:
    """A served URL. Ends the service by SIGTERM and sees that nothing stays."""
    process = await g2gbench("serve", "--port", "0", *options)
    try:
        line = await until(process.stdout, "serving")
        found = re.search(r"ws://[\d.]+:\d+", line)
        assert found
        yield found[0]
    finally:
        children = {str(p.pid): p.pid for p in psutil.Process(process.pid).children(recursive=True)}
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert all_gone(children)
        assert process.returncode == 0, err.decode()
        assert SECRET not in (out + err).decode()
