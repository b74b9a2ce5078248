"""Does what its plan says: ends with a status or an exception, or says lines and waits."""

from __future__ import annotations

import asyncio
import os

from g2gbench.process.child import Parent, Plan, run


async def _main(plan: Plan, parent: Parent) -> None:
    if "status" in plan:
        os._exit(plan["status"])
    if "raises" in plan:
        raise RuntimeError(plan["raises"])
    for line in plan.get("says", ()):
        parent.write(line)
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(_main)
