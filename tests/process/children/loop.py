"""Tells what its event loop runs on."""

from __future__ import annotations

import asyncio

from g2gbench.process.child import Parent, run
from g2gbench.process.message import Message
from tests.process.children.plans import Nothing, Selector


async def _main(_: Nothing, parent: Parent[Message]) -> None:
    loop = asyncio.get_running_loop()
    parent.send(Selector(type(getattr(loop, "_selector")).__name__))  # noqa: B009 - private


if __name__ == "__main__":
    run(_main, Nothing)
