"""Prints in every way that a library may, between its messages."""

from __future__ import annotations

import asyncio
import os
import sys

from g2gbench.process.child import Parent, Plan, run


async def _main(_: Plan, parent: Parent) -> None:
    parent.tell({"message": 1})
    print("printed", flush=True)
    os.write(1, b"written natively\n")
    grandchild = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('of a grandchild')"
    )
    await grandchild.wait()
    parent.tell({"message": 2})


if __name__ == "__main__":
    run(_main)
