"""What a comparison of codecs comes to, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from g2gbench.report.numbers import NOT_MEASURED, plural

_UNITS: Final = {"percent": ("%", 1), "db": ("dB", 2), "ms": ("ms", 1)}


def answer(found: Mapping[str, Any]) -> str:
    """Which codec takes the fewest bits for the same picture, and how sure that is."""
    anchor = str(found["anchor"])
    known = {str(row["codec"]): row["bd_rate_percent"] for row in found["deltas"]}
    known = {codec: one for codec, one in known.items() if one["value"] is not None}
    if not known:
        return "No codec can be named the best: there is no difference of bits to go by."
    best = min(known, key=lambda codec: float(known[codec]["value"]))
    told = known[best]
    first, sure = best, told["n"] > 1 and told["high"] < 0
    if told["value"] >= 0:
        first, sure = anchor, all(one["n"] > 1 and one["low"] > 0 for one in known.values())
    doubt = "" if sure else ", though these trials cannot tell it apart for sure"
    return f"{first} takes the fewest bits for the same picture{doubt}."


def said(found: Mapping[str, Any]) -> Iterator[str]:
    """What the comparison comes to, in words: the bits that each codec takes beside the anchor."""
    for row in found["deltas"]:
        estimate = row["bd_rate_percent"]
        value = estimate["value"]
        if value is None:
            continue
        what = f"{abs(value):.1f} % {'more' if value > 0 else 'fewer'} bits than {found['anchor']}"
        interval = delta("bd_rate_percent", estimate)[1]
        yield f"{row['codec']} takes {what} for the same PSNR{f' {interval}' if interval else ''}."


def delta(name: str, estimate: Mapping[str, Any]) -> tuple[str, str, str]:
    """Value with sign and unit, interval, and why there is none."""
    value = estimate["value"]
    if value is None:
        return NOT_MEASURED, "", str(estimate.get("reason", ""))
    unit, decimals = _UNITS[name.rpartition("_")[2]]
    told = f"{_signed(value, decimals)} {unit}"
    if estimate["n"] < 2:
        return told, "", ""
    ends = (_signed(estimate[end], decimals) for end in ("low", "high"))
    return told, f"[{', '.join(ends)}] of {plural(estimate['n'], 'repeat')}", ""


def _signed(value: float, decimals: int) -> str:
    return f"{value:+.{decimals}f}".replace("-", "−")
