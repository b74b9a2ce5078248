"""A ladder of bitrates made by hand: what two codecs send and show at each."""

from __future__ import annotations

import math
from collections.abc import Mapping

from g2gbench.analysis.result import RunResult
from g2gbench.analysis.summary import result_of
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import CellPlan
from tests.analysis.trials import trial

LADDER = {"150kbps": 150e3, "300kbps": 300e3, "600kbps": 600e3, "1200kbps": 1200e3}
MORE_BITS = {"vp8": 1.0, "vp9": 0.8}


def measured(codec: str, rate: float, repeat: int) -> dict[str, float | None]:
    """What a codec sends and shows: a tenth less than allowed; repeats differ by 1 % in rate."""
    sent = 0.9 * rate * MORE_BITS[codec] * (1 + 0.01 * repeat)
    level = 6 * math.log2(rate / 150e3)
    return {
        "uplink.bitrate_bps": sent,
        "psnr_displayed_db": 30 + level,
        "psnr_db": 30.5 + level,
        "ssim_displayed": 0.8 + level / 100,
        "g2g_ms.p50": 20.0 + (5.0 if codec == "vp9" else 0.0),
        "g2g_ms.p95": 30.0,
    }


def result(
    changed: Mapping[tuple[str, str, int], TrialResult | None] = {},
    repeats: int = 3,
    more: Mapping[str, str] | None = None,
) -> RunResult:
    plans, trials = [], []
    for codec in MORE_BITS:
        for limit, rate in LADDER.items():
            name = f"publish.codec={codec},publish.max_bitrate={limit}"
            settings = {"publish.codec": codec, "publish.max_bitrate": limit, **(more or {})}
            plans.append(CellPlan(name, repeats, settings, []))
            for repeat in range(repeats):
                usual = trial(repeat, measured(codec, rate, repeat), cell=name)
                found = changed.get((codec, limit, repeat), usual)
                if found is not None:
                    trials.append(found)
    return result_of(plans, trials, name="ladder", run_dir="")
