"""Says so when it cleans up; may be stuck in something that no cancellation reaches."""

from __future__ import annotations

import asyncio
import signal

from g2gbench.process import child
from g2gbench.process.child import Parent, run
from g2gbench.process.message import Message
from tests.process.children.plans import Cleaned, CleansPlan, Ready


async def _main(plan: CleansPlan, parent: Parent[Message]) -> None:
    if plan.grace_s is not None:
        child.GRACE_S = plan.grace_s
    parent.send(Ready())
    try:
        if plan.stuck:
            while True:
                signal.pause()  # the event loop stands still
        await asyncio.Event().wait()
    finally:
        parent.send(Cleaned())


if __name__ == "__main__":
    run(_main, CleansPlan)
