"""A finding of the doctor's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. ``needed``: no run works without it."""

    name: str
    status: Literal["ok", "missing", "warning"]
    detail: str
    mend: str = ""
    needed: bool = False

    def to_dict(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)
