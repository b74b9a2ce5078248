"""Time that threads wait for a core while they could run, from Linux's schedstat."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

UNCOUNTED_NS: Final = 500_000
"""Of each wait. A thread of WebRTC wakes up to a thousand times a second, and waits 0.1 to 0.4 ms
for threads of its own process each time: a quarter of the time, and a delay of nothing."""

LEAST_SHARE: Final = 0.01
"""Of what the busiest thread ran: one that ran less than that is not counted. Linux 6.12 and later
count the sleep of one now and then as waiting, which is a whole second for a timer's thread."""


class _Thread(NamedTuple):
    """A thread's schedstat so far."""

    ran_ns: int
    waited_ns: int
    turns: int  # times that it got a core

    def counted_since(self, before: _Thread) -> int:
        """Nanoseconds waited since then beyond ``UNCOUNTED_NS`` a turn."""
        turns = self.turns - before.turns
        return max(0, self.waited_ns - before.waited_ns - UNCOUNTED_NS * turns)


_NEW: Final = _Thread(0, 0, 0)


class Waiting:
    """Time that the threads of processes wait for a core while they could run (Linux).

    ``root`` is where the kernel shows its processes.
    """

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = root
        self._before: dict[str, dict[str, _Thread]] = {}
        self._total_ns: dict[str, int] = {}

    def seconds(self, name: str, pids: Iterable[int]) -> float | None:
        """Waited so far: the sum, over the calls for ``name``, of the thread that waited most.

        Counts of each wait what is beyond ``UNCOUNTED_NS``, on average from call to call, of the
        threads that ran for ``LEAST_SHARE`` of what the busiest did. None where the kernel does not
        tell (CONFIG_SCHED_INFO), or the processes are gone.
        """
        now = {
            task.parent.name: thread
            for pid in pids
            for task in self._root.glob(f"{pid}/task/*/schedstat")
            if (thread := _thread(task)) is not None
        }
        if not now:
            return None
        before = self._before.get(name, now)
        self._before[name] = now
        pairs = [(one, before.get(task, _NEW)) for task, one in now.items()]
        least_ns = LEAST_SHARE * max(one.ran_ns - earlier.ran_ns for one, earlier in pairs)
        grown = max(
            one.counted_since(earlier)
            for one, earlier in pairs
            if one.ran_ns - earlier.ran_ns >= least_ns
        )
        self._total_ns[name] = self._total_ns.get(name, 0) + grown
        return self._total_ns[name] / 1e9


def _thread(schedstat: Path) -> _Thread | None:
    """The figures of a thread's schedstat; None when it is gone."""
    try:
        ran_ns, waited_ns, turns = map(int, schedstat.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return _Thread(ran_ns, waited_ns, turns)


def pressure_s(path: Path = Path("/proc/pressure/cpu")) -> float | None:
    """Seconds since the start in which some task waited for a core; None without PSI."""
    try:
        found = re.search(r"^some .*total=(\d+)", path.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return None
    return int(found[1]) / 1e6 if found else None
