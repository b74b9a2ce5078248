"""Whether a process stood still: its event loop notices when it wakes much later than it asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

EVERY_S: Final = 0.05
TOLD_FROM_S: Final = 0.1
"""A stall shorter than this is not worth a word."""


async def watch(
    stalled: Callable[[int, float], None],
    *,
    clock_ns: Callable[[], int] = time.monotonic_ns,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Call ``stalled(end_ns, seconds)`` after each time that the loop did not run; never returns.

    A process that was stopped, swapped out or kept from a core shows here, and so does a call that
    blocks the loop. ``seconds`` is short of the whole stall by up to ``EVERY_S``.
    """
    while True:
        due_ns = clock_ns() + round(EVERY_S * 1e9)
        await sleep(EVERY_S)
        now_ns = clock_ns()
        if now_ns - due_ns >= TOLD_FROM_S * 1e9:
            stalled(now_ns, (now_ns - due_ns) / 1e9)
