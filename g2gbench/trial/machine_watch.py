"""Use of the machine by a trial's processes; swapping, and steps of its clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import psutil

_CLOSE_NS = 1_000_000  # two clocks read further apart than this are not compared
_READINGS = 10


def swapped_bytes() -> int:
    """Bytes that the machine swapped in and out since it was started."""
    swap = psutil.swap_memory()
    return int(swap.sin + swap.sout)


def usage(process: psutil.Process) -> tuple[float, int]:
    """CPU time so far in seconds, and resident memory in bytes. Raises psutil.Error."""
    with process.oneshot():
        cpu, memory = process.cpu_times(), process.memory_info()
    return cpu.user + cpu.system, int(memory.rss)


def tree(process: psutil.Process) -> list[int]:
    """The process ids of a process and all below it; empty when it is gone."""
    try:
        return [process.pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.Error:
        return []


def usage_of_tree(process: psutil.Process) -> tuple[float, int]:
    """The same of a process and all below it. Raises psutil.Error when it is gone.

    A browser's processes share much of their memory: each counts with its share of it (PSS) where
    the system tells that, else with all of it.
    """
    seconds, memory = 0.0, 0
    for one in (process, *process.children(recursive=True)):
        try:
            cpu, resident = usage(one)
        except psutil.Error:
            if one is process:
                raise
            continue  # it has ended since
        seconds += cpu
        with contextlib.suppress(psutil.Error):
            resident = int(getattr(one.memory_full_info(), "pss", resident))
        memory += resident
    return seconds, memory


class MachineMonitor:
    """Watches the machine from its creation on.

    Args:
        wall_ns: the wall clock, which is set and stepped.
        monotonic_ns: the clock that all timestamps of a trial are taken from.
        swapped: bytes swapped so far.

    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        swapped: Callable[[], int] = swapped_bytes,
    ) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._swapped = swapped
        self._swapped_before = swapped()
        self._distance_ns = self._distance()

    def swapped_bytes(self) -> int:
        """Bytes swapped in and out since the creation."""
        return self._swapped() - self._swapped_before

    def clock_step_ms(self) -> float:
        """By how much the wall clock was set against the monotonic one since the last call.

        A machine that was suspended or moved shows here too.
        """
        distance_ns = self._distance()
        if distance_ns is None or self._distance_ns is None:
            return 0.0
        step_ns, self._distance_ns = distance_ns - self._distance_ns, distance_ns
        return step_ns / 1e6

    def _distance(self) -> int | None:
        """Wall clock less monotonic clock; None when the two could not be read together."""
        for _ in range(_READINGS):
            before = self._monotonic_ns()
            wall = self._wall_ns()
            after = self._monotonic_ns()
            if after - before <= _CLOSE_NS:
                return wall - (before + after) // 2
        return None
