"""Effect floors: how large a difference must be before it matters.

A test alone finds any difference, however small, once there are enough trials. A difference counts
only beyond the floor of its metric: what nobody would act on, or what this machine shows between
runs of one and the same thing, whichever is larger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from g2gbench.measure.registry import METRICS, Unit
from g2gbench.scenario.fields.expectation import parse_expectation
from g2gbench.scenario.problems import Refused

FloorSource = Literal["default", "user", "noise"]


@dataclass(frozen=True, slots=True)
class Floor:
    """The larger of ``share`` of the base's value and ``least``, in the metric's own unit."""

    share: float = 0.0
    least: float = 0.0

    def of(self, base: float) -> float:
        """The floor beside a base of this value."""
        return max(self.share * abs(base), self.least)


@dataclass(frozen=True, slots=True)
class EffectFloor:
    """A floor in the metric's own unit, and where it comes from."""

    value: float
    source: FloorSource


_BY_UNIT: Final[Mapping[Unit, Floor]] = MappingProxyType(
    {
        "ms": Floor(0.10, 1),
        "ratio": Floor(0.10, 0.01),
        "fps": Floor(0.05),
        "count": Floor(0.10, 1),
        "bps": Floor(0.10, 50_000),
        "bytes": Floor(0.10, 10e6),
        "cores": Floor(0.10, 0.02),
        "level": Floor(0, 0.5),
        "dB": Floor(0, 0.5),
        "index": Floor(0, 0.005),
        "points": Floor(0, 2),
    }
)
_BY_METRIC: Final[Mapping[str, Floor]] = MappingProxyType(
    {
        **{
            f"{family}.{tail}": Floor(0.15, 1)
            for family in ("g2g_ms", "g2g_displayed_ms")
            for tail in ("p90", "p95", "p99", "max")
        },
        "ttff_ms": Floor(0.10, 150),
        "startup_ms": Floor(0.10, 200),
        **{f"startup.g2g_ms.{seconds}s": Floor(0.15, 5) for seconds in (1, 3, 10)},
        "connect_ms": Floor(0.10, 50),
        "freeze_ms": Floor(0.10, 200),
        "stall_ms": Floor(0.10, 200),
        "recovery_ms": Floor(0.10, 500),
        "drop_ratio": Floor(0.10, 0.005),
    }
)
"""By the name of a metric, or its first part: where the unit's floor would be too fine.

The tail of g2g scatters more than its middle. One freeze is at least 150 ms. Connecting waits for
timers of 50 ms and more, and for a key frame.
"""


def default_floor(metric: str) -> Floor:
    """The floor of a registered metric, unless a user names another."""
    first = metric.partition(".")[0]
    named = _BY_METRIC.get(metric, _BY_METRIC.get(first))
    return named if named is not None else _BY_UNIT[METRICS[metric].unit]


def parse_floor(text: str) -> tuple[str, Floor]:
    """``METRIC=VALUE``: in the metric's own unit, with a unit, or in percent of the base's value.

    Of a ratio, percent are its own unit. Raises Refused.
    """
    metric, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise Refused(f'floor "{text}"', allowed=("METRIC=VALUE, such as g2g_ms.p95=20ms",))
    percent = re.fullmatch(r"([0-9.]+) ?%", value)
    unit = METRICS[metric].unit if metric in METRICS else None
    if percent and unit not in (None, "ratio"):
        return metric, Floor(share=_share(percent[1], text))
    return metric, Floor(least=parse_expectation(f"{metric} < {value}").limit)


def effect_floor(floor: Floor | None, metric: str, base: float, noise: float | None) -> EffectFloor:
    """The floor beside ``base``: the user's or the default, or the machine's noise if larger."""
    source: FloorSource = "default" if floor is None else "user"
    value = (default_floor(metric) if floor is None else floor).of(base)
    if noise is not None and noise > value:
        return EffectFloor(noise, "noise")
    return EffectFloor(value, source)


def _share(number: str, text: str) -> float:
    try:
        return float(number) / 100
    except ValueError:
        allowed = ("METRIC=VALUE, such as g2g_ms.p95=5%",)
        raise Refused(f'floor "{text}"', allowed=allowed) from None
