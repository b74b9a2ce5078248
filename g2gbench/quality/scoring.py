"""One sample held against the bands: a level for each dimension, and the worst of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from g2gbench.quality import checks
from g2gbench.quality.level import (
    BANDWIDTH,
    CPU,
    DIMENSIONS,
    LATENCY,
    LOSS,
    NONE,
    STALL,
    STARTUP,
    Level,
)
from g2gbench.quality.sample import Sample
from g2gbench.quality.thresholds import DEFAULT_THRESHOLDS, REQUIRED_BITRATE_BPS, Band, Thresholds
from g2gbench.quality.verdict import NOTHING_MEASURED, Verdict

CPU_REASON: Final = "the encoder is limited by the processor"


class Row(NamedTuple):
    """One value that was held against one band."""

    dimension: str
    level: Level
    reason: str  # in words, empty at good


def score(
    sample: Sample,
    *,
    required_bitrate_bps: float = REQUIRED_BITRATE_BPS,
    score_bandwidth: bool = True,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Verdict:
    """The verdict on one sample alone, without any smoothing.

    ``score_bandwidth=False`` leaves the bandwidth out, whatever the sample says of it. ``ttff_ms``
    is not looked at. Raises TypeError or ValueError for arguments that cannot be.
    """
    check_sample(sample)
    checks.positive("required_bitrate_bps", required_bitrate_bps)
    rows = [*latency(sample, thresholds), *loss(sample, thresholds), *stall(sample, thresholds)]
    if score_bandwidth:
        rows += bandwidth(sample, thresholds, required_bitrate_bps)
    unmeasured = missing(rows, DIMENSIONS)
    if not score_bandwidth and sample.available_bitrate_bps is not None:
        unmeasured = tuple(name for name in unmeasured if name != BANDWIDTH)
    if score_bandwidth and rows and BANDWIDTH in unmeasured:
        rows += encoder_limit(sample)  # its word is no measurement, and no reason to call it good
    return worst(rows, unmeasured, limitation=sample.quality_limitation)


def check_sample(sample: Sample) -> None:
    """Raise TypeError for what is no Sample."""
    if not isinstance(sample, Sample):
        raise TypeError(f"{sample!r} is no Sample")


def worst(
    rows: Sequence[Row],
    unmeasured: tuple[str, ...],
    *,
    limitation: str | None = None,
    order: Sequence[str] = DIMENSIONS,
) -> Verdict:
    """The verdict over rows: as bad as the worst, named by the first of those in order."""
    levels = {
        name: min(row.level for row in rows if row.dimension == name)
        for name in order
        if any(row.dimension == name for row in rows)
    }
    if not levels:
        return Verdict(None, reasons=(NOTHING_MEASURED,), unmeasured=unmeasured)
    level = min(levels.values())
    if level is Level.GOOD:
        factor, reasons = at_good(limitation)
    else:
        factor = next(name for name in order if levels.get(name) == level)
        reasons = _reasons(rows, order)
    return Verdict(level, factor, reasons, unmeasured, levels=levels)


def at_good(limitation: str | None) -> tuple[str, tuple[str, ...]]:
    """Limiting factor and reasons of a good level: the processor's, or none."""
    return (CPU, (CPU_REASON,)) if limitation == CPU else (NONE, ())


def _reasons(rows: Sequence[Row], order: Sequence[str]) -> tuple[str, ...]:
    """Return the reasons below good, the worst first, ties in the order of the dimensions."""
    bad = [row for row in rows if row.level is not Level.GOOD]
    return tuple(row.reason for row in sorted(bad, key=lambda r: (r.level, order.index(r[0]))))


def missing(rows: Iterable[Row], order: Sequence[str]) -> tuple[str, ...]:
    """The dimensions of which no row tells."""
    there = {row.dimension for row in rows}
    return tuple(name for name in order if name not in there)


def latency(sample: Sample, thresholds: Thresholds) -> Iterator[Row]:
    """g2g when it was measured, else the round trip."""
    if sample.g2g_ms is not None:
        yield _row(LATENCY, "g2g", sample.g2g_ms, thresholds.g2g_ms, " ms")
    elif sample.rtt_ms is not None:
        band = thresholds.rtt_ms
        what = "the round trip"
        if sample.relayed:
            band, what = band.shifted(thresholds.relay_allowance_ms), "the relayed round trip"
        yield _row(LATENCY, what, sample.rtt_ms, band, " ms")


def loss(sample: Sample, thresholds: Thresholds) -> Iterator[Row]:
    """The share of the outbound packets that the far end missed."""
    if sample.loss is not None:
        yield _row(LOSS, "the uplink's packet loss", sample.loss, thresholds.fraction_lost, "%")


def bandwidth(sample: Sample, thresholds: Thresholds, required_bps: float) -> Iterator[Row]:
    """The sender's estimate over what is required; its own word caps it at fair."""
    if sample.available_bitrate_bps is None:
        return
    ratio = sample.available_bitrate_bps / required_bps
    level = thresholds.bandwidth_ratio.level(ratio, higher_is_better=True)
    if level is Level.GOOD:
        yield Row(BANDWIDTH, level, "")
    else:
        needed = thresholds.bandwidth_ratio.crossed(level) * required_bps
        has = sample.available_bitrate_bps
        reason = f"the uplink is estimated at {_mbps(has)}, below {_mbps(needed)}"
        yield Row(BANDWIDTH, level, reason)
    yield from encoder_limit(sample)


def encoder_limit(sample: Sample) -> Iterator[Row]:
    """The encoder's own word that the bandwidth limits it: fair at best."""
    if sample.quality_limitation == BANDWIDTH:
        yield Row(BANDWIDTH, Level.FAIR, "the encoder is limited by the bandwidth")


def stall(sample: Sample, thresholds: Thresholds) -> Iterator[Row]:
    """Frames shown a second, frames that never came back, and freezes: the worst of them."""
    if sample.inbound_fps is not None:
        band = thresholds.inbound_fps
        level = band.level(sample.inbound_fps, higher_is_better=True)
        at_good = level is Level.GOOD
        reason = "" if at_good else f"{sample.inbound_fps:.3g} frames a second arrive, below "
        yield Row(STALL, level, reason if at_good else f"{reason}{band.crossed(level):g}")
    yield from drops(sample, thresholds)
    if sample.freeze:
        yield Row(STALL, Level.FAIR, "the picture froze")


def drops(sample: Sample, thresholds: Thresholds) -> Iterator[Row]:
    """The share of the captured frames that did not come back."""
    if sample.g2g_drop_ratio is not None:
        ratio = sample.g2g_drop_ratio
        yield _row(STALL, "the share of frames dropped", ratio, thresholds.g2g_drop_ratio, "%")


def startup(sample: Sample, thresholds: Thresholds) -> Iterator[Row]:
    """The time to the first frame."""
    if sample.ttff_ms is not None:
        yield _row(STARTUP, "the first frame's time", sample.ttff_ms, thresholds.ttff_ms, " ms")


def _row(dimension: str, what: str, value: float, band: Band, unit: str) -> Row:
    level = band.level(value)
    if level is Level.GOOD:
        return Row(dimension, level, "")
    scale = 100 if unit == "%" else 1
    bound = band.crossed(level)
    digits = ".3g" if unit == "%" else ".0f"
    reason = f"{what} is {value * scale:{digits}}{unit}, above {bound * scale:g}{unit}"
    return Row(dimension, level, reason)


def _mbps(bps: float) -> str:
    return f"{bps / 1e6:.3g} Mbps"
