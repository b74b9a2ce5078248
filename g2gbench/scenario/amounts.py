"""Rules of fields that hold a quantity with a unit."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from g2gbench.scenario.problems import Refused
from g2gbench.scenario.quantities import BITRATE, BYTES, DURATION, PACKETS, RATIO, Quantity
from g2gbench.scenario.rules import Rule, as_pydantic_error


@dataclass(frozen=True, kw_only=True)
class Amount(Rule):
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

    def render(self, value: Any) -> Any:
        return None if value is None else self.quantity.write(value)

    def schema(self) -> dict[str, Any]:
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
class Queue(Rule):
    """The limit of a link's queue: packets (int inside), a time (float, seconds), or bytes.

    Bytes are the time that the link's capacity needs to send them, so they need a capacity.
    """

    longest: str = "60s"
    most_packets: int = 100_000

    def parse(self, value: object) -> float | int:
        return self.parse_with(value, None)

    def parse_with(self, value: object, capacity_bps: int | None) -> float | int:
        """The limit, given the capacity of the same link."""
        text = value if isinstance(value, str) else ""
        if re.fullmatch(PACKETS.pattern[1:-1], text):
            return self._packets(PACKETS.parse(text))
        if re.fullmatch(BYTES.pattern[1:-1], text):
            if capacity_bps is None:
                raise Refused(
                    "a queue in bytes needs a capacity beside it",
                    allowed=(DURATION.expected, PACKETS.expected),
                )
            seconds = float(BYTES.parse(text) * 8 / capacity_bps)
        else:
            seconds = float(self._duration(value))
        if not 0 < seconds <= float(DURATION.parse(self.longest)):
            raise Refused(allowed=(f"more than 0s, at most {self.longest}",))
        return seconds

    def _packets(self, packets: Decimal) -> int:
        if packets != packets.to_integral_value() or not 1 <= packets <= self.most_packets:
            raise Refused(allowed=(f"a whole number of packets, 1 to {self.most_packets}",))
        return int(packets)

    def _duration(self, value: object) -> Decimal:
        try:
            return DURATION.parse(value)
        except Refused as refused:
            allowed = (DURATION.expected, PACKETS.expected, BYTES.expected)
            raise Refused(refused.message, allowed=allowed, nearest=refused.nearest) from None

    def render(self, value: Any) -> Any:
        if value is None:
            return None
        return f"{value}packets" if isinstance(value, int) else DURATION.write(value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "anyOf": [{"pattern": q.pattern} for q in (DURATION, PACKETS, BYTES)],
            "description": "a time, packets, or bytes (bytes need a capacity)",
            "examples": ["200ms", "50packets", "64kB"],
        }

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def validate(value: object, info: core_schema.ValidationInfo) -> object:
            if value is None:
                return None
            # A capacity that is itself refused is told on its own: any number does here.
            capacity_bps = info.data.get("capacity", 1_000_000)
            try:
                return self.parse_with(value, capacity_bps)
            except Refused as refused:
                raise as_pydantic_error(refused) from None

        return core_schema.with_info_plain_validator_function(validate)
