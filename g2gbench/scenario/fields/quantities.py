"""Quantities with units: read exactly, written back so that reading gives the same number.

Decimal arithmetic throughout: ``50ms`` is the float nearest to 0.05 s, not 50 * 0.001.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from g2gbench.scenario.problems import Refused

NUMBER = r"([0-9]{1,15}(\.[0-9]{1,24})?|\.[0-9]{1,24})"
"""A number in a quantity, as a regular expression that JSON Schema understands too."""

_ANY_QUANTITY = re.compile(r"([-+]?)\s*([0-9.][0-9.eE_]*)\s*([^\s0-9][^\s]*)?")


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A kind of quantity: its units, each with its factor to the unit used inside.

    ``noun`` and ``example`` make its errors readable. Of texts of equal length the first
    unit is written.
    """

    noun: str
    example: str
    units: Mapping[str, Decimal]

    @property
    def pattern(self) -> str:
        """The regular expression of a valid text."""
        return f"^{NUMBER} ?({'|'.join(self.units)})$"

    @property
    def expected(self) -> str:
        """Allowed values, in words."""
        *others, last = self.units
        units = f"{', '.join(others)} or {last}" if others else last
        return f"{self.noun} in {units}, such as {self.example}"

    def parse(self, value: object) -> Decimal:
        """The amount in the unit used inside; raises Refused."""
        if isinstance(value, str):
            match = re.fullmatch(self.pattern[1:-1], value)
            if match is not None:
                return Decimal(match[1]) * self.units[match[3]]
        raise self._refusal(value)

    def write(self, amount: float | int) -> str:
        """The shortest text that ``parse`` reads as this very amount."""
        exact = Decimal(repr(amount))
        texts = [
            f"{number}{unit}"
            for unit, factor in self.units.items()
            if _readable(number := format((exact / factor).normalize(), "f"))
        ]
        # 100ms reads better than 0.1s, and 1.5s better than 1500ms.
        return min(texts, key=lambda text: (text.startswith("0."), len(text)))

    def _refusal(self, value: object) -> Refused:
        allowed = (self.expected,)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return Refused(allowed=allowed)
        match = _ANY_QUANTITY.fullmatch(str(value))
        if match is None:
            return Refused(allowed=allowed)
        sign, number, unit = match.groups()
        if sign == "-":
            return Refused(f"{self.noun} cannot be negative", allowed=allowed)
        if unit is None:
            return Refused("a unit is needed", allowed=allowed)
        meant = next((known for known in self.units if known.lower() == unit.lower()), None)
        nearest = f"{number}{meant}" if meant is not None and meant != unit else None
        return Refused(allowed=allowed, nearest=nearest)


def _readable(number: str) -> bool:
    return re.fullmatch(NUMBER, number) is not None


def _units(**factors: str) -> dict[str, Decimal]:
    return {unit: Decimal(factor) for unit, factor in factors.items()}


DURATION = Quantity("a duration", "50ms", _units(us="1e-6", ms="1e-3", s="1", min="60"))
"""Inside: seconds."""

BITRATE = Quantity("a bitrate", "2Mbps", _units(bps="1", kbps="1e3", Mbps="1e6", Gbps="1e9"))
"""Inside: bits per second."""

RATIO = Quantity("a ratio", "1%", {"%": Decimal("0.01")})
"""Inside: 0 to 1."""

BYTES = Quantity("a size", "64kB", _units(B="1", kB="1e3", KB="1e3", MB="1e6"))
"""Inside: bytes; kB and KB are both 1000 bytes."""

PACKETS = Quantity("a length", "50packets", _units(packets="1"))
"""Inside: packets."""
