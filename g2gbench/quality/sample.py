"""Sample of a connection: what was measured in one interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from g2gbench.quality import checks

LIMITATIONS: Final = ("none", "cpu", "bandwidth", "other")
"""W3C webrtc-stats, qualityLimitationReason."""

RFC3550_STEPS: Final = 256
"""RFC 3550 6.4.1: the fraction lost as sent is a byte, in steps of 1/256."""

LARGEST_BYTE: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One interval of a connection; None stands for what was not measured.

    ``rtt_ms``: round trip to the far end, ms. ``relayed``: a selected candidate is a relay.
    ``g2g_ms``: median glass-to-glass latency of the frames that arrived. ``g2g_drop_ratio``: share
    of the captured frames, 0..1, that did not come back. ``fraction_lost``: share of the outbound
    packets that the far end missed, 0..1; above 1 it is the raw byte of RFC 3550.
    ``available_bitrate_bps``: the sender's estimate. ``inbound_fps``: remote frames shown a second.
    ``freeze``: the picture froze. ``quality_limitation``: W3C qualityLimitationReason.
    ``ttff_ms``: start of the connect attempt to the first frame; deep preflight alone reads it.

    Raises TypeError for a value of another type and ValueError for one that cannot be: negative,
    not finite, a ratio above 1, a byte above 255, a limitation that the W3C does not name.
    """

    rtt_ms: float | None = None
    relayed: bool = False
    g2g_ms: float | None = None
    g2g_drop_ratio: float | None = None
    fraction_lost: float | None = None
    available_bitrate_bps: float | None = None
    inbound_fps: float | None = None
    freeze: bool = False
    quality_limitation: str | None = None
    ttff_ms: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no connection can have."""
        for name in ("rtt_ms", "g2g_ms", "available_bitrate_bps", "inbound_fps", "ttff_ms"):
            _optional(name, getattr(self, name))
        _optional("g2g_drop_ratio", self.g2g_drop_ratio, most=1)
        _optional("fraction_lost", self.fraction_lost, most=LARGEST_BYTE)
        checks.flag("relayed", self.relayed)
        checks.flag("freeze", self.freeze)
        limitation = self.quality_limitation
        if limitation is not None and not isinstance(limitation, str):
            raise TypeError(f"quality_limitation is {limitation!r}; text or None is needed")
        if limitation is not None and limitation not in LIMITATIONS:
            allowed = ", ".join(LIMITATIONS)
            raise ValueError(f"quality_limitation is {limitation!r}; allowed: {allowed}")

    @property
    def loss(self) -> float | None:
        """``fraction_lost`` as a share of 0..1, whichever way it was reported."""
        if self.fraction_lost is None or self.fraction_lost <= 1:
            return self.fraction_lost
        return self.fraction_lost / RFC3550_STEPS


def _optional(name: str, value: object, *, most: float = float("inf")) -> None:
    if value is not None:
        checks.number(name, value, most=most)
