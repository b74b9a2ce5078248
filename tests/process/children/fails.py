"""Does what its plan says: ends with a status or an exception, or says lines and waits."""

from __future__ import annotations

import asyncio
import os

from g2gbench.process.child import Parent, run
from g2gbench.process.message import Message
from tests.process.children.plans import FailsPlan


async def _main(plan: FailsPlan, parent: Parent[Message]) -> None:
    if plan.status is not None:
        os._exit(plan.status)
    if plan.raises is not None:
        raise RuntimeError(plan.raises)
    for line in plan.says:
        parent.write(line)
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(_main, FailsPlan)
