"""Writes the traces of a drive through LTE coverage: python scenarios/traces/generate.py.

Nothing here was measured. The capacity is an Ornstein-Uhlenbeck process in the logarithm, so that
it changes by an order of magnitude within seconds, as measured cellular links do (Winstein,
Sivaraman, Balakrishnan: Stochastic Forecasts Achieve High Throughput and Low Delay over Cellular
Networks, NSDI 2013). Every 20 s the cell changes: half a second with next to nothing. From second
38 to 44 coverage is weak. The delay grows as the capacity falls: retransmissions of the radio link.
"""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

STEP_S = 0.5
LENGTH_S = 60
MEMORY_S = 3.0
SPREAD = 0.6
"""Standard deviation of the natural logarithm of the capacity."""

HANDOVER_S = 20
HANDOVER_KBPS = 60
WEAK_S = (38, 44)
WEAK_SHARE = 0.15
OPPORTUNITY_BITS = 1500 * 8
MAHIMAHI_S = 30
MEDIANS_KBPS = {"uplink": 3000, "downlink": 9000}


def drive(direction: str) -> list[tuple[float, int, int]]:
    """(seconds, kbps, one-way delay in ms) of each half second."""
    median_kbps = MEDIANS_KBPS[direction]
    chance = random.Random(f"lte-driving {direction}")
    keep = math.exp(-STEP_S / MEMORY_S)
    level, rows = 0.0, []
    for step in range(round(LENGTH_S / STEP_S)):
        at_s = step * STEP_S
        level = keep * level + math.sqrt(1 - keep**2) * chance.gauss(0, SPREAD)
        share = math.exp(level) * (WEAK_SHARE if WEAK_S[0] <= at_s < WEAK_S[1] else 1)
        kbps = round(median_kbps * share, -1)
        if at_s % HANDOVER_S == HANDOVER_S / 2:
            kbps = HANDOVER_KBPS
        delay_ms = round(min(120, 30 + 10 * max(0.0, -math.log(kbps / median_kbps))))
        rows.append((at_s, max(HANDOVER_KBPS, int(kbps)), delay_ms))
    return rows


def as_csv(rows: list[tuple[float, int, int]]) -> str:
    """The rows as a trace with units."""
    lines = [f"{at_s:g}s,{kbps}kbps,{delay_ms}ms" for at_s, kbps, delay_ms in rows]
    return "\n".join(["time,capacity,delay", *lines, ""])


def as_mahimahi(rows: list[tuple[float, int, int]]) -> str:
    """The first half minute as delivery opportunities of 1500 bytes; the delay is not in it."""
    lines, bits = [], 0.0
    for millisecond in range(MAHIMAHI_S * 1000):
        bits += rows[int(millisecond / 1000 / STEP_S)][1]  # kbps is bits a millisecond
        while bits >= OPPORTUNITY_BITS:
            bits -= OPPORTUNITY_BITS
            lines.append(millisecond + 1)
    return "".join(f"{line}\n" for line in lines)


def main(root: Path) -> None:
    """Write all four files below the root of the project."""
    for direction, suffix in (("uplink", "up"), ("downlink", "down")):
        rows = drive(direction)
        profile = root / "g2gbench" / "scenario" / "built_in" / f"lte-driving-{direction}.csv"
        profile.write_text(as_csv(rows), encoding="utf-8")
        mahimahi = root / "scenarios" / "traces" / f"lte-drive.{suffix}"
        mahimahi.write_text(as_mahimahi(rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2])
