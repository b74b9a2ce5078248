"""Prints in every way that a library may, between its messages."""

from __future__ import annotations

import asyncio
import os
import sys

from g2gbench.process.child import Parent, run
from g2gbench.process.message import Message
from tests.process.children.plans import Nothing, Ready, Said


async def _main(_: Nothing, parent: Parent[Message]) -> None:
    parent.send(Ready())
    print("printed", flush=True)
    os.write(1, b"written natively\n")
    grandchild = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('of a grandchild')"
    )
    await grandchild.wait()
    parent.send(Said(1))


if __name__ == "__main__":
    run(_main, Nothing)
