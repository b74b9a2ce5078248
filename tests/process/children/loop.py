"""Tells what its event loop runs on."""

from __future__ import annotations

import asyncio

from g2gbench.process.child import Parent, Plan, run


async def _main(_: Plan, parent: Parent) -> None:
    loop = asyncio.get_running_loop()
    parent.tell({"selector": type(getattr(loop, "_selector")).__name__})  # noqa: B009 - private


if __name__ == "__main__":
    run(_main)
