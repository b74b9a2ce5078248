"""Rules of fields that hold a quantity with a unit."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from g2gbench.scenario.fields.quantities import BITRATE, BYTES, DURATION, PACKETS, RATIO, Quantity
from g2gbench.scenario.fields.rules import Rule
from g2gbench.scenario.problems import Refused


@dataclass(frozen=True, kw_only=True)
class Amount(Rule[float]):
    """A quantity with its unit, between two bounds written in units too."""

    quantity: Quantity
    least: str
    most: str

    def parse(self, value: object) -> float | int:
        amount = self.quantity.parse(value)
        bounds = f"{self.least} to {self.most}"
        if not self.quantity.parse(self.least) <= amount <= self.quantity.parse(self.most):
            raise Refused(allowed=(bounds,))
        return self.convert(amount)

    def convert(self, amount: Decimal) -> float | int:
        """The number used inside."""
        return float(amount)

    def render(self, value: float) -> object:
        return self.quantity.write(value)

    def schema(self) -> dict[str, object]:
        return {
            "type": "string",
            "pattern": self.quantity.pattern,
            "description": f"{self.quantity.noun}, {self.least} to {self.most}",
            "examples": [self.quantity.example],
        }


@dataclass(frozen=True, kw_only=True)
class Duration(Amount):
    """A duration, a multiple of ``step`` if given; seconds inside."""

    quantity: Quantity = DURATION
    step: str | None = None

    def convert(self, amount: Decimal) -> float:
        if self.step is not None and amount % DURATION.parse(self.step):
            raise Refused(allowed=(f"multiples of {self.step}, {self.least} to {self.most}",))
        return float(amount)


@dataclass(frozen=True, kw_only=True)
class Ratio(Amount):
    """A percentage; 0 to 1 inside."""

    quantity: Quantity = RATIO
    least: str = "0%"
    most: str = "100%"


@dataclass(frozen=True, kw_only=True)
class Bitrate(Amount):
    """A bitrate; a whole number of bits per second inside."""

    quantity: Quantity = BITRATE

    def convert(self, amount: Decimal) -> int:
        if amount != amount.to_integral_value():
            raise Refused("not a whole number of bits per second", allowed=(BITRATE.expected,))
        return int(amount)


@dataclass(frozen=True, kw_only=True)
class ByteCount(Amount):
    """A size; a whole number of bytes inside."""

    quantity: Quantity = BYTES

    def convert(self, amount: Decimal) -> int:
        if amount != amount.to_integral_value():
            raise Refused("not a whole number of bytes", allowed=(BYTES.expected,))
        return int(amount)


@dataclass(frozen=True, kw_only=True)
class PacketCount(Amount):
    """A mean number of packets, which need not be whole."""

    quantity: Quantity = PACKETS


class QueueLimit(NamedTuple):
    """Limit of a queue; one of the three is given."""

    seconds: float | None = None
    packets: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Queue(Rule[QueueLimit]):
    """The limit of a link's queue: a time, packets, or bytes."""

    longest: str = "60s"
    most_packets: int = 100_000
    most_bytes: str = "100MB"

    def parse(self, value: object) -> QueueLimit:
        text = value if isinstance(value, str) else ""
        if re.fullmatch(PACKETS.pattern[1:-1], text):
            most = Decimal(self.most_packets)
            allowed = f"a whole number of packets, 1 to {self.most_packets}"
            return QueueLimit(packets=_whole(PACKETS.parse(text), most, allowed))
        if re.fullmatch(BYTES.pattern[1:-1], text):
            allowed = f"a whole number of bytes, 1B to {self.most_bytes}"
            return QueueLimit(
                bytes=_whole(BYTES.parse(text), BYTES.parse(self.most_bytes), allowed)
            )
        seconds = self._duration(value)
        if not 0 < seconds <= DURATION.parse(self.longest):
            raise Refused(allowed=(f"more than 0s, at most {self.longest}",))
        return QueueLimit(seconds=float(seconds))

    def _duration(self, value: object) -> Decimal:
        try:
            return DURATION.parse(value)
        except Refused as refused:
            allowed = (DURATION.expected, PACKETS.expected, BYTES.expected)
            raise Refused(refused.message, allowed=allowed, nearest=refused.nearest) from None

    def render(self, value: QueueLimit) -> object:
        if value.packets is not None:
            return PACKETS.write(value.packets)
        if value.bytes is not None:
            return BYTES.write(value.bytes)
        return DURATION.write(value.seconds or 0.0)

    def schema(self) -> dict[str, object]:
        return {
            "type": "string",
            "anyOf": [{"pattern": q.pattern} for q in (DURATION, PACKETS, BYTES)],
            "description": "a time, packets, or bytes",
            "examples": ["200ms", "50packets", "64kB"],
        }


def _whole(amount: Decimal, most: Decimal, allowed: str) -> int:
    if amount != amount.to_integral_value() or not 1 <= amount <= most:
        raise Refused(allowed=(allowed,))
    return int(amount)
