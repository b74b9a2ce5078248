"""Findings about this machine: each ok, missing or a warning, and how to mend it.

Nothing here imports a package that may be missing before it is its turn: a check that cannot be
made is a finding, and the others are made all the same.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Final

from g2gbench.workflow.doctor import packages
from g2gbench.workflow.doctor.finding import Finding

__all__ = ["Finding", "examine"]

_CHECKS: Final = (
    ("machine", "machine", "machine", True),
    ("clock", "machine", "clock", True),
    ("timers", "machine", "timers", True),
    ("embedded room", "rooms", "room_and_codecs", True),
    ("livekit-server", "programs", "find_livekit_server", False),
    ("chromium", "programs", "find_chromium", False),
    ("cameras", "machine", "cameras", False),
)
"""Name, module, function, and whether no run works without it; in the order that is shown."""


async def examine() -> list[Finding]:
    """All checks, in the order in which they are shown."""
    found = [packages.versions(), *await packages.packages()]
    for name, module, function, needed in _CHECKS:
        found += await _check(name, module, function, needed)
    return found


async def _check(name: str, module: str, function: str, needed: bool) -> list[Finding]:
    """A check's findings; that it cannot be made is one."""
    try:
        check = getattr(importlib.import_module(f"g2gbench.workflow.doctor.{module}"), function)
        found: Any = check()
        found = await found if inspect.isawaitable(found) else found
    except Exception as error:  # whatever is wrong with this machine: the doctor tells the rest
        detail = f"not checked: {type(error).__name__}: {' '.join(str(error).split())}"
        mend = "mend what is missing above first"
        return [Finding(name, "missing" if needed else "warning", detail, mend, needed)]
    return [found] if isinstance(found, Finding) else list(found)
