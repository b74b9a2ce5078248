"""The outcome of looking for a marker in one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Reading: TypeAlias = Literal["ok", "no_marker", "rejected"]


@dataclass(frozen=True, slots=True)
class Examination:
    """Reading of one frame's marker, and the reason of one that has no number."""

    number: int | None  # None unless reading is "ok"
    reading: Reading  # "rejected": its fixed cells are there, its number cannot be trusted


NO_MARKER = Examination(None, "no_marker")
REJECTED = Examination(None, "rejected")
