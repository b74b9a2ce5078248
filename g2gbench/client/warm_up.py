"""A warm-up without a fixed time: until the session has settled."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from g2gbench.client.settling import Settling

EVERY_S: Final = 0.25  # how often it is looked


async def until_settled(
    settling: Settling,
    wait: Callable[[float], Awaitable[None]],
    longest_s: float,
    clock_ns: Callable[[], int] = time.monotonic_ns,
) -> tuple[float, bool]:
    """Seconds that it took until the session had settled, and whether it had, at ``longest_s``.

    ``wait`` lets so many seconds pass.
    """
    began_ns = now_ns = clock_ns()
    while now_ns - began_ns < longest_s * 1e9:
        await wait(EVERY_S)
        now_ns = clock_ns()
        if settling.settled(now_ns):
            return (now_ns - began_ns) / 1e9, True
    return (now_ns - began_ns) / 1e9, False
