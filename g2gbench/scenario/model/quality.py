"""The bounds and the smoothing that a scenario's sessions are judged with."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from g2gbench.quality.thresholds import DEFAULT_SETTINGS, DEFAULT_THRESHOLDS, Band, Thresholds
from g2gbench.quality.thresholds import Settings as Judging
from g2gbench.scenario.fields.quantity_fields import Bitrate, Duration, Ratio
from g2gbench.scenario.fields.rules import Number, Rule, Whole
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.problems import Refused

_LEVELS = Band._fields
_MOST_SAMPLES = 3600


@dataclass(frozen=True, kw_only=True)
class Bounds(Rule[Band]):
    """Three values: the last that is still good, fair and poor."""

    of: Rule[float]
    descending: bool = False

    def parse(self, value: object) -> Band:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(_LEVELS):
            raise Refused(allowed=(self._expected(),))
        bounds: list[Any] = []
        for word, item in zip(_LEVELS, value, strict=True):
            try:
                bounds.append(self.of.parse(item))
            except Refused as refused:
                message = f"{refused.message}, for {word}" if refused.message else f"for {word}"
                raise Refused(message, allowed=refused.allowed, nearest=refused.nearest) from None
        if bounds != sorted(bounds, reverse=self.descending):
            order = "descend" if self.descending else "ascend"
            raise Refused(f"the bounds must {order} from good to poor", allowed=(self._expected(),))
        return Band(*bounds)

    def render(self, value: Band) -> object:
        return [self.of.render(bound) for bound in value]

    def schema(self) -> dict[str, object]:
        order = "descending" if self.descending else "ascending"
        return {
            "type": "array",
            "description": f"last value still good, fair and poor, {order}",
            "items": self.of.schema(),
            "minItems": len(_LEVELS),
            "maxItems": len(_LEVELS),
        }

    def _expected(self) -> str:
        order = "descending" if self.descending else "ascending"
        return f"a list of three {order} bounds: the last that is still good, fair, poor"


_TIME = Bounds(of=Duration(least="0s", most="60s"))
_SHARE = Bounds(of=Ratio())
_SAMPLES = Whole(least=1, most=_MOST_SAMPLES)


def _seconds(band: Band) -> Band:
    return Band(*(float(Decimal(repr(bound)) / 1000) for bound in band))


class LatencyBounds(Section):
    """Bounds of latency in seconds; the round trip counts where g2g is not measured."""

    g2g: Annotated[Band, _TIME] = Field(
        _seconds(DEFAULT_THRESHOLDS.g2g_ms), description="Median g2g of a second."
    )
    rtt: Annotated[Band, _TIME] = Field(
        _seconds(DEFAULT_THRESHOLDS.rtt_ms), description="Round-trip time."
    )
    relay_allowance: Annotated[float, Duration(least="0s", most="60s")] = Field(
        DEFAULT_THRESHOLDS.relay_allowance_ms / 1000,
        description="Added to each bound of rtt on a relayed path.",
    )


class StallBounds(Section):
    """Bounds of stalling; the worse of the two counts."""

    fps: Annotated[Band, Bounds(of=Number(least=0, most=120), descending=True)] = Field(
        DEFAULT_THRESHOLDS.inbound_fps, description="New frames a second."
    )
    drop_ratio: Annotated[Band, _SHARE] = Field(
        DEFAULT_THRESHOLDS.g2g_drop_ratio, description="Share of the captured frames dropped."
    )


class QualitySection(Section):
    """Bounds and smoothing of verdicts on a session; counts are of samples, one a second."""

    latency: LatencyBounds = Field(
        default_factory=LatencyBounds, description="Bounds of g2g and round trip."
    )
    loss: Annotated[Band, _SHARE] = Field(
        DEFAULT_THRESHOLDS.fraction_lost, description="Share of the uplink's packets lost."
    )
    bandwidth: Annotated[Band, Bounds(of=Ratio(most="1000%"), descending=True)] = Field(
        DEFAULT_THRESHOLDS.bandwidth_ratio,
        description="The sender's estimate over required_bitrate.",
    )
    stall: StallBounds = Field(
        default_factory=StallBounds, description="Bounds of frame rate and drops."
    )
    startup: Annotated[Band, _TIME] = Field(
        _seconds(DEFAULT_THRESHOLDS.ttff_ms),
        description="Time to the first frame; a deep preflight alone reads it.",
    )
    required_bitrate: Annotated[int, Bitrate(least="10kbps", most="100Mbps")] | None = Field(
        None, description="What the uplink must be able to carry; null: publish.max_bitrate."
    )
    window: Annotated[int, _SAMPLES] = Field(
        DEFAULT_SETTINGS.window, description="Samples that a verdict is smoothed over."
    )
    warmup: Annotated[int, _SAMPLES] = Field(
        DEFAULT_SETTINGS.warmup, description="The sample from which on bandwidth is scored."
    )
    downgrade_after: Annotated[int, _SAMPLES] = Field(
        DEFAULT_SETTINGS.downgrade_after, description="Samples in a row that make it worse."
    )
    upgrade_after: Annotated[int, _SAMPLES] = Field(
        DEFAULT_SETTINGS.upgrade_after, description="Samples in a row that make it better."
    )

    def judging(self, publish_bps: float) -> Judging:
        """These settings as verdicts use them; ``publish_bps``: the intended publish bitrate."""
        return Judging(
            thresholds=Thresholds(
                g2g_ms=_milliseconds(self.latency.g2g),
                rtt_ms=_milliseconds(self.latency.rtt),
                relay_allowance_ms=_exact_ms(self.latency.relay_allowance),
                fraction_lost=self.loss,
                bandwidth_ratio=self.bandwidth,
                inbound_fps=self.stall.fps,
                g2g_drop_ratio=self.stall.drop_ratio,
                ttff_ms=_milliseconds(self.startup),
            ),
            required_bitrate_bps=self.required_bitrate or publish_bps,
            window=self.window,
            warmup=self.warmup,
            downgrade_after=self.downgrade_after,
            upgrade_after=self.upgrade_after,
        )


def _milliseconds(band: Band) -> Band:
    return Band(*map(_exact_ms, band))


def _exact_ms(seconds: float) -> float:
    return float(Decimal(repr(seconds)) * 1000)
