"""Says so when it cleans up; may be stuck in something that no cancellation reaches."""

from __future__ import annotations

import asyncio
import signal

from g2gbench.process import child
from g2gbench.process.child import Parent, Plan, run


async def _main(plan: Plan, parent: Parent) -> None:
    child.GRACE_S = plan.get("grace_s", child.GRACE_S)
    parent.tell({"ready": True})
    try:
        if plan.get("stuck"):
            while True:
                signal.pause()  # the event loop stands still
        await asyncio.Event().wait()
    finally:
        parent.tell({"cleaned": True})


if __name__ == "__main__":
    run(_main)
