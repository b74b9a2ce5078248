"""How long threads wait for a core while they could run, as Linux tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


class Waiting:
    """How long the threads of processes wait for a core while they could run (Linux).

    ``root`` is where the kernel shows its processes.
    """

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = root
        self._before: dict[str, dict[str, int]] = {}
        self._total_ns: dict[str, int] = {}

    def seconds(self, name: str, pids: Iterable[int]) -> float | None:
        """Waited so far: the sum, over the calls for ``name``, of the thread that waited most.

        None where the kernel does not tell (CONFIG_SCHED_INFO), or the processes are gone.
        """
        now = {
            task.parent.name: delay_ns
            for pid in pids
            for task in self._root.glob(f"{pid}/task/*/schedstat")
            if (delay_ns := _run_delay_ns(task)) is not None
        }
        if not now:
            return None
        before = self._before.get(name, now)
        self._before[name] = now
        grown = max((delay - before.get(task, 0) for task, delay in now.items()), default=0)
        self._total_ns[name] = self._total_ns.get(name, 0) + max(0, grown)
        return self._total_ns[name] / 1e9


def _run_delay_ns(schedstat: Path) -> int | None:
    """Second figure of a thread's schedstat: nanoseconds on a run queue; None when it is gone."""
    try:
        return int(schedstat.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None


def pressure_s(path: Path = Path("/proc/pressure/cpu")) -> float | None:
    """Seconds since the start in which some task waited for a core; None without PSI."""
    try:
        found = re.search(r"^some .*total=(\d+)", path.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return None
    return int(found[1]) / 1e6 if found else None
