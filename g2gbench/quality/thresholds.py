"""The bands that values are held against, and the settings that a session is judged with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

from g2gbench.quality import checks
from g2gbench.quality.level import Level


class Band(NamedTuple):
    """The last value, bound included, that is still good, fair, poor; beyond it is critical."""

    good: float
    fair: float
    poor: float

    def level(self, value: float, *, higher_is_better: bool = False) -> Level:
        """The level of a value; monotone in it."""
        for bound, level in zip(self, (Level.GOOD, Level.FAIR, Level.POOR), strict=True):
            if value >= bound if higher_is_better else value <= bound:
                return level
        return Level.CRITICAL

    def crossed(self, level: Level) -> float:
        """The bound that a value of this level, below good, lies beyond."""
        return self[Level.FAIR - level]

    def shifted(self, by: float) -> Band:
        """Every bound moved by so much."""
        return Band(*(bound + by for bound in self))


HIGHER_IS_BETTER: Final = frozenset(("bandwidth_ratio", "inbound_fps"))
"""The bands of ``Thresholds`` whose bounds descend."""

_RATIOS: Final = frozenset(("fraction_lost", "g2g_drop_ratio"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Every bound of a verdict; the defaults are those of the service's SDKs.

    Times in ms, ratios 0..1. ``relay_allowance_ms`` is added to each bound of ``rtt_ms`` on a
    relayed path. ``bandwidth_ratio`` is the sender's estimate over the bitrate required. A band may
    be given as any three numbers. Raises TypeError or ValueError for bounds that are no numbers,
    negative, not finite, or out of order.
    """

    g2g_ms: Band = field(default=Band(500, 900, 1500))
    rtt_ms: Band = field(default=Band(150, 300, 500))
    relay_allowance_ms: float = 100
    fraction_lost: Band = field(default=Band(0.001, 0.01, 0.05))
    bandwidth_ratio: Band = field(default=Band(1.0, 0.8, 0.5))
    inbound_fps: Band = field(default=Band(20, 12, 5))
    g2g_drop_ratio: Band = field(default=Band(0.001, 0.01, 0.05))
    ttff_ms: Band = field(default=Band(4000, 6000, 10000))

    def __post_init__(self) -> None:
        """Refuse bounds that do not make a band."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "relay_allowance_ms":
                checks.number(each.name, value)
            else:
                object.__setattr__(self, each.name, _band(each.name, value))


def _band(name: str, value: Any) -> Band:
    if isinstance(value, str):
        raise TypeError(f"{name} is {value!r}; three numbers are needed")
    bounds = tuple(value)  # raises TypeError for what is no sequence
    if len(bounds) != len(Band._fields):
        raise ValueError(f"{name} has {len(bounds)} bounds; it needs three: good, fair, poor")
    most = 1.0 if name in _RATIOS else float("inf")
    bounds = tuple(
        checks.number(f"{name}.{word}", bound, most=most)
        for word, bound in zip(Band._fields, bounds, strict=True)
    )
    descending = name in HIGHER_IS_BETTER
    if list(bounds) != sorted(bounds, reverse=descending):
        order = "descend" if descending else "ascend"
        raise ValueError(f"the bounds of {name} must {order} from good to poor; found {bounds}")
    return Band(*bounds)


DEFAULT_THRESHOLDS: Final = Thresholds()

REQUIRED_BITRATE_BPS: Final = 3_500_000
"""What the SDKs publish at by default, and therefore ask of the uplink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a recorded session is judged with: bands, required bitrate, smoothing.

    ``window``, ``warmup``, ``downgrade_after`` and ``upgrade_after`` count samples of one second.
    Raises TypeError or ValueError for what ``Evaluator`` refuses.
    """

    thresholds: Thresholds = DEFAULT_THRESHOLDS
    required_bitrate_bps: float = REQUIRED_BITRATE_BPS
    window: int = 5
    warmup: int = 8
    downgrade_after: int = 5
    upgrade_after: int = 5

    def __post_init__(self) -> None:
        """Refuse what no evaluator can work with."""
        if not isinstance(self.thresholds, Thresholds):
            raise TypeError(f"thresholds is {self.thresholds!r}; Thresholds are needed")
        checks.positive("required_bitrate_bps", self.required_bitrate_bps)
        for name in ("window", "warmup", "downgrade_after", "upgrade_after"):
            checks.count(name, getattr(self, name))

    def as_plain(self) -> dict[str, object]:
        """As data that JSON can hold."""
        bounds = {each.name: getattr(self.thresholds, each.name) for each in fields(Thresholds)}
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        plain = {name: list(b) if isinstance(b, Band) else b for name, b in bounds.items()}
        return {**own, "thresholds": plain}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Settings:
        """Read back what ``as_plain`` gave; raises TypeError, ValueError or KeyError for others."""
        return cls(**{**data, "thresholds": Thresholds(**data["thresholds"])})


DEFAULT_SETTINGS: Final = Settings()
