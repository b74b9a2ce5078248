"""Numbers and names as people read them: one scale for a value, its interval and its limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from g2gbench.analysis.result import CellResult
from g2gbench.measure.registry import METRICS
from g2gbench.quality.level import LEVEL_WORDS
from g2gbench.statistics.median_interval import Estimate

NOT_MEASURED: Final = "not measured"

KEY_METRICS: Final = (
    "g2g_ms.p50",
    "g2g_ms.p95",
    "ttff_ms",
    "drop_ratio",
    "fps",
    "freeze_count",
)
"""The six numbers that every report shows first."""

DISPLAYED: Final[Mapping[str, str]] = MappingProxyType(
    {name: f"g2g_displayed_ms.{name.partition('.')[2]}" for name in ("g2g_ms.p50", "g2g_ms.p95")}
)
"""What is shown beside a key number where the client displays."""

_SECONDS_FROM_MS: Final = 2000.0
_MOST_DECIMALS: Final = 6

_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ttff_ms": "ttff",
        "freeze_count": "freezes",
        "freeze_ms": "freeze time",
        "stall_count": "stalls",
        "stall_ms": "stall time",
        "rtt_ms.p50": "rtt p50",
        "uplink.bitrate_bps": "uplink bitrate",
        "downlink.bitrate_bps": "downlink bitrate",
        "available_bitrate_bps": "available bitrate",
        "late_ratio": "late frames",
        "fps_1pct_low": "fps, 1 % low",
        "late_tick_ratio": "late ticks",
        "psnr_db": "PSNR",
        "psnr_displayed_db": "PSNR displayed",
        "ssim": "SSIM",
        "ssim_displayed": "SSIM displayed",
        "vmaf_displayed": "VMAF displayed",
        "fidelity_scored_ratio": "scored frames",
        "fidelity_unmatched_ratio": "unmatched frames",
        "fidelity_identical": "identical frames",
    }
)

_FIRST: Final[Mapping[str, str]] = {"startup.g2g_ms": "g2g", "startup.psnr_db": "PSNR"}


@dataclass(frozen=True, slots=True)
class Scale:
    """Form of a metric's numbers: divided by ``divisor``, with ``decimals`` and ``unit``."""

    unit: str
    divisor: float = 1.0
    decimals: int = 0
    words: tuple[str, ...] = ()  # for whole numbers that have names

    def number(self, value: float) -> str:
        """The value without its unit; a negative one with a minus sign."""
        if self.words and value in range(len(self.words)):
            return self.words[int(value)]
        shown = f"{value / self.divisor:.{self.decimals}f}"
        return shown.replace("-", "−") if float(shown) else shown.lstrip("-")

    def limit(self, value: float) -> str:
        """A limit as it was meant: without the decimals that it does not need."""
        if self.words and value in range(len(self.words)):
            return self.words[int(value)]
        shown = f"{value / self.divisor:.{_MOST_DECIMALS}f}".rstrip("0").rstrip(".")
        return shown.replace("-", "−")

    def with_unit(self, number: str) -> str:
        """The number with its unit, where it has one."""
        return f"{number} {self.unit}" if self.unit else number


def label(metric: str) -> str:
    """A metric's short name for people: ``g2g p95`` for ``g2g_ms.p95``."""
    family, _, tail = metric.rpartition(".")
    if metric in _LABELS:
        return _LABELS[metric]
    if family in _LABELS:
        return f"{_LABELS[family]} {tail}"
    if family in _FIRST:
        return f"{_FIRST[family]} of the first {tail.removesuffix('s')} s"
    words = metric.replace("_ms", "").replace("_bytes", "").replace(".", " ")
    return words.replace("_", " ")


def key_metrics(cells: Sequence[CellResult]) -> tuple[str, ...]:
    """The key numbers of cells of a summary, with those of the display where one measured them."""
    found: list[str] = []
    for name in KEY_METRICS:
        found.append(name)
        beside = DISPLAYED.get(name, "")
        if any(cell.value(beside) is not None for cell in cells):
            found.append(beside)
    return tuple(found)


def scale(metric: str, values: Iterable[float | None], limit: float | None = None) -> Scale:
    """The scale that suits the ``values`` of a metric: the first one, and those beside it.

    A value that is not its ``limit`` is given as many decimals as it takes to look different.
    """
    known = [value for value in values if value is not None]
    unit = METRICS[metric].unit if metric in METRICS else ""
    found = _suited(unit, known)
    while (
        known
        and limit is not None
        and known[0] != limit
        and found.decimals < _MOST_DECIMALS
        and float(f"{known[0] / found.divisor:.{found.decimals}f}") == limit / found.divisor
    ):
        found = replace(found, decimals=found.decimals + 1)
    return found


def shown(metric: str, estimate: Estimate, limit: float | None = None) -> tuple[str, str]:
    """Value with its unit and interval ``[low, high]``; the interval is empty where there is none.

    One trial has no interval; what was not measured says so in words.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None:
        return NOT_MEASURED, ""
    form = scale(metric, (value, low, high), limit)
    text = form.with_unit(form.number(value))
    if low is None or high is None or estimate.n < 2:
        return text, ""
    return text, f"[{form.number(low)}, {form.number(high)}]"


def single(metric: str, value: float | None) -> str:
    """One value with its unit, or that it was not measured."""
    if value is None:
        return NOT_MEASURED
    form = scale(metric, (value,))
    return form.with_unit(form.number(value))


def plural(count: int, word: str) -> str:
    """``1 trial``, ``2 trials``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _suited(unit: str, values: list[float]) -> Scale:
    largest = max((abs(value) for value in values), default=0.0)
    match unit:
        case "ms":
            if largest >= _SECONDS_FROM_MS:
                return Scale("s", 1000, 2)
            return Scale("ms", 1, 0 if largest >= 100 or not largest else 1)
        case "ratio":
            return Scale("%", 0.01, _percent_decimals(largest))
        case "fps":
            return Scale("fps", 1, 1)
        case "bps":
            return Scale("Mbps", 1e6, 2) if largest >= 1e6 else Scale("kbps", 1e3, 0)
        case "bytes":
            return Scale("MB", 1e6, 0 if largest >= 1e7 else 1)
        case "cores":
            return Scale("cores", 1, 2)
        case "dB":
            return Scale("dB", 1, 1)
        case "points":
            return Scale("", 1, 1)
        case "index":
            return Scale("", 1, 4)
        case "level":
            return Scale("", 1, 0, LEVEL_WORDS)
        case "count":
            return Scale("", 1, 0 if all(value.is_integer() for value in values) else 1)
        case _:
            return Scale(unit, 1, 2)


def _percent_decimals(largest: float) -> int:
    if not largest:
        return 0
    if largest >= 0.01:
        return 1
    return 2 if largest >= 0.0005 else 3
