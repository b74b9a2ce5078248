"""Results of a comparison of codecs, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from g2gbench.analysis.result import CodecComparison
from g2gbench.report.text.numbers import NOT_MEASURED, plural
from g2gbench.statistics.median_interval import Estimate

_UNITS: Final = {"percent": ("%", 1), "db": ("dB", 2), "ms": ("ms", 1)}


def answer(found: CodecComparison) -> str:
    """Return which codec takes the fewest bits for the same picture, and how sure that is."""
    deltas = {one.codec: one.deltas["bd_rate_percent"] for one in found.deltas}
    known = {codec: (*one.range, one.n) for codec, one in deltas.items() if one.range is not None}
    if not known:
        return "No codec can be named the best: there is no difference of bits to go by."
    first = min(known, key=lambda codec: known[codec][0])
    value, _, high, n = known[first]
    sure = n > 1 and high < 0
    if value >= 0:
        first = found.anchor
        sure = all(n > 1 and low > 0 for _, low, _, n in known.values())
    doubt = "" if sure else ", though these trials cannot tell it apart for sure"
    return f"{first} takes the fewest bits for the same picture{doubt}."


def sentences(found: CodecComparison) -> Iterator[str]:
    """The result in words: the bits that each codec takes beside the anchor."""
    for row in found.deltas:
        estimate = row.deltas["bd_rate_percent"]
        value = estimate.value
        if value is None:
            continue
        what = f"{abs(value):.1f} % {'more' if value > 0 else 'fewer'} bits than {found.anchor}"
        interval = delta("bd_rate_percent", estimate)[1]
        yield f"{row.codec} takes {what} for the same PSNR{f' {interval}' if interval else ''}."


def delta(name: str, estimate: Estimate) -> tuple[str, str, str]:
    """Value with sign and unit, interval, and why there is none."""
    if estimate.range is None:
        return NOT_MEASURED, "", estimate.reason
    value, *interval = estimate.range
    unit, decimals = _UNITS[name.rpartition("_")[2]]
    text = f"{_signed(value, decimals)} {unit}"
    if estimate.n < 2:
        return text, "", ""
    ends = (_signed(end, decimals) for end in interval)
    return text, f"[{', '.join(ends)}] of {plural(estimate.n, 'repeat')}", ""


def _signed(value: float, decimals: int) -> str:
    return f"{value:+.{decimals}f}".replace("-", "−")
