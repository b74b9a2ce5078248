"""Stall detection of a process, by its event loop.

A process of this package notices by its own event loop, which wakes much later than it asked. Of a
foreign one (a livekit-server, a browser) the system knows that it is stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Final

import psutil

EVERY_S: Final = 0.05
STALL_FROM_S: Final = 0.1
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
        if now_ns - due_ns >= STALL_FROM_S * 1e9:
            stalled(now_ns, (now_ns - due_ns) / 1e9)


def is_stopped(pid: int) -> bool:
    """Return whether a signal or a debugger holds this process; one that is gone is not held."""
    try:
        status = psutil.Process(pid).status()
    except psutil.Error:
        return False
    return status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)


class StoppedProcesses:
    """Time for which the system held each named process, or any process below it."""

    def __init__(self, stopped: Callable[[int], bool] = is_stopped) -> None:
        self._stopped = stopped
        self._since_ns: dict[str, int] = {}

    def look(self, now_ns: int, pids: Mapping[str, Iterable[int]]) -> Iterator[tuple[str, float]]:
        """Name and seconds of each that was held when last looked at, and is no more."""
        for name, own in pids.items():
            if any(self._stopped(pid) for pid in own):
                self._since_ns.setdefault(name, now_ns)
            elif name in self._since_ns:
                yield name, (now_ns - self._since_ns.pop(name)) / 1e9

    def held(self, now_ns: int) -> Iterator[tuple[str, float]]:
        """Name and seconds of each that is still held."""
        for name, since_ns in self._since_ns.items():
            yield name, (now_ns - since_ns) / 1e9
