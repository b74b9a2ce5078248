"""Description of the measuring machine, without its name or its user's."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import psutil

from g2gbench.process.cores import cores

PACKAGES: Final = (
    "livekit",
    "livekit-protocol",
    "aioice",
    "aiohttp",
    "websockets",
    "numpy",
    "opencv-python-headless",
    "pyarrow",
)
"""Packages whose version can change a measurement or how it is read."""


def describe_machine() -> dict[str, Any]:
    """Cores that may be used, memory, processor, system and Python of this machine."""
    return {
        "cores": cores(),
        "physical_cores": psutil.cpu_count(logical=False),
        "memory_bytes": psutil.virtual_memory().total,
        "processor": _processor(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "release": platform.release(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def package_versions() -> dict[str, str | None]:
    """Installed versions of the packages that matter; None for one that is not installed."""
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """The processor's model name; None where the system does not tell it."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or None  # which starts a process
