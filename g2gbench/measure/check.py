"""One check of a trial's validity, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One check of validity: ``value`` (None: not measured) may not exceed ``limit``.

    ``text`` says what was found, ``advice`` what to do about it; empty for a check that holds.
    """

    check: str
    value: float | None
    limit: float | None
    unit: str
    ok: bool
    text: str
    advice: str = ""

    def as_plain(self) -> dict[str, object]:
        """As data that JSON can hold."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Check:
        """Read back what ``as_plain`` gave; raises KeyError or TypeError for anything else."""
        return cls(**{field.name: data[field.name] for field in fields(cls)})
