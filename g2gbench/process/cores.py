"""Cores that this process may use: its affinity, and what its quota leaves of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def cores(cgroups: Path = _CGROUPS, own: Path = _OWN) -> float:
    """A whole number, unless a quota leaves a part of one; never more than the machine has."""
    try:
        pinned = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS pins nothing
        pinned = os.cpu_count() or 1
    most = min([float(pinned), *_quotas(cgroups, own)])
    return int(most) if most.is_integer() else most


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """In cores, of each control group that this process is in, those above it too."""
    try:
        lines = own.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        mounted = cgroups if not controllers else cgroups / "cpu"
        if controllers and "cpu" not in controllers.split(","):
            continue
        place = mounted / group.lstrip("/")
        for folder in (place, *place.parents):
            if (quota := _quota(folder)) is not None:
                yield quota
            if folder == mounted:
                break


def _quota(folder: Path) -> float | None:
    """Of one group; None where it has none. Version 2 has both numbers in one file."""
    try:
        if (folder / "cpu.max").exists():
            most, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            most = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
        share = float(most) / float(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max": no limit
        return None
    return share if share > 0 else None
