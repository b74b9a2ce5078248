"""How many sessions of the vendor's Python SDK on a livekit-server are handed no frame.

    python -m tests.benchmarks.vendor_sessions --sessions 150 [--load 2] [--room livekit-server]

One ``g2gbench serve``, short sessions one after the other, ``--load`` busy loops beside them. A
session connects, waits for 20 numbered frames, 20 s at most, and disconnects. Prints a line of JSON
for each session that did not get its frames, with what it was handed, then how many were handed no
numbered frame at all, and how many fewer than 20, each with the exact binomial interval. Needs
$G2GBENCH_VENDOR_PYTHON. A session takes about 3 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator
from typing import Any, Final

from g2gbench.statistics import clopper_pearson
from tests.benchmarks.busy import busy
from tests.e2e.sessions import ROOT
from tests.e2e.vendor.provided import VENDOR_PYTHON
from tests.e2e.vendor.served import KEY, Served, serving
from tests.provisioning import PYTHON_SDK_VARIABLE

FRAMES: Final = 20
LONGEST_S: Final = 20.0
AT_A_TIME: Final = 25  # sessions of one process of the client


async def sessions(served: Served, count: int) -> AsyncIterator[dict[str, Any]]:
    """What each of so many sessions was handed; one process of the client has them all."""
    process = await asyncio.create_subprocess_exec(
        VENDOR_PYTHON,
        "-m",
        "tests.e2e.vendor.python_short_sessions",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"},
    )
    asked = {
        "http": served.http,
        "websocket": served.websocket,
        "key": KEY,
        "sessions": count,
        "frames": FRAMES,
        "seconds": LONGEST_S,
    }
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asked).encode())
        process.stdin.close()
        async for line in process.stdout:
            yield json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def measure(room: str, count: int) -> list[int]:
    """The numbered frames that each session was handed."""
    found: list[int] = []
    async with serving(room) as served:
        while len(found) < count:
            before = len(found)
            async for session in sessions(served, min(AT_A_TIME, count - before)):
                found.append(session["numbered"])
                if session["numbered"] < FRAMES:
                    print(json.dumps({"session": len(found), **session}), flush=True)
            if len(found) == before:
                raise SystemExit(f"the client ended after {before} sessions")
    return found


def words(what: str, count: int, of: int) -> str:
    """A count with the interval of its share."""
    least, most = clopper_pearson.interval(count, of)
    return f"{what}: {count} of {of}, {count / of:.2%} [{least:.2%}, {most:.2%}]"


def main() -> None:
    """Run the sessions and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=150)
    parser.add_argument("--load", type=int, default=0)
    parser.add_argument("--room", default="livekit-server")
    arguments = parser.parse_args()
    if not VENDOR_PYTHON:
        raise SystemExit(f"no ${PYTHON_SDK_VARIABLE}")
    with busy(arguments.load):
        found = asyncio.run(measure(arguments.room, arguments.sessions))
    print(words("no frame", found.count(0), len(found)))
    print(words(f"fewer than {FRAMES}", sum(n < FRAMES for n in found), len(found)))


if __name__ == "__main__":
    main()
