from __future__ import annotations

import math
from functools import cache
from statistics import fmean

import numpy as np
import pytest

from g2gbench.link.emulation import LinkSettings
from tests.link.virtual import MS, S, passages, regular

MEAN_S, SPREAD_S = 0.1, 0.01


@cache
def _delays(correlation_s: float, number: int, gap_ns: int) -> list[float]:
    """Seconds that each packet took; the mean is ten deviations above 0: nothing is clamped."""
    settings = LinkSettings(
        delay_s=MEAN_S,
        jitter_s=SPREAD_S,
        jitter_correlation_s=correlation_s,
        allow_reordering=True,
    )
    found = sorted(passages(settings, regular(number, gap_ns)), key=lambda x: x.token)
    return [(x.due_ns - x.arrived_ns) / S for x in found]


def _autocorrelation(values: list[float], lag: int) -> float:
    mean, n = fmean(values), len(values) - lag
    return fmean([(values[i] - mean) * (values[i + lag] - mean) for i in range(n)]) / float(
        np.var(values)
    )


def test_jitter_has_the_mean_and_deviation_that_were_asked_and_no_memory() -> None:
    delays = _delays(0, n := 50_000, MS)
    assert abs(fmean(delays) - MEAN_S) < 4 * SPREAD_S / math.sqrt(n)
    assert abs(float(np.std(delays)) - SPREAD_S) < 4 * SPREAD_S / math.sqrt(2 * n)
    assert abs(_autocorrelation(delays, 1)) < 4 / math.sqrt(n)


def test_jitter_is_gaussian() -> None:
    delays = _delays(0, n := 50_000, MS)
    for deviations, share in ((1, 0.682689), (2, 0.954500), (3, 0.997300)):
        within = sum(abs(x - MEAN_S) < deviations * SPREAD_S for x in delays) / n
        assert abs(within - share) < 4 * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("lag", [1, 20, 50, 100])
def test_correlated_jitter_forgets_exponentially(lag: int) -> None:
    n, gap_s, correlation_s = 200_000, 0.001, 0.05
    delays = _delays(correlation_s, n, MS)
    independent = n * gap_s / (2 * correlation_s)  # as many values as carry independent news
    assert abs(fmean(delays) - MEAN_S) < 4 * SPREAD_S / math.sqrt(independent)
    assert abs(float(np.std(delays)) / SPREAD_S - 1) < 4 / math.sqrt(independent)
    expected = math.exp(-lag * gap_s / correlation_s)
    assert abs(_autocorrelation(delays, lag) - expected) < 4 / math.sqrt(independent)


def test_the_correlation_is_one_of_time_not_of_packets() -> None:
    delays = _delays(0.05, n := 50_000, 50 * MS)  # one time constant apart
    assert abs(_autocorrelation(delays, 1) - math.exp(-1)) < 5 / math.sqrt(n)


def test_order_is_kept_unless_reordering_is_allowed() -> None:
    def leaving(allow: bool) -> list[int]:
        settings = LinkSettings(delay_s=0.05, jitter_s=0.02, allow_reordering=allow)
        return [x.token for x in passages(settings, regular(500, MS))]

    assert leaving(allow=False) == list(range(500))
    assert leaving(allow=True) != list(range(500))
    assert sorted(leaving(allow=True)) == list(range(500))


def test_the_whole_delay_is_never_below_zero() -> None:
    settings = LinkSettings(delay_s=0.001, jitter_s=0.01, allow_reordering=True)
    delays = [x.due_ns - x.arrived_ns for x in passages(settings, regular(1000, S))]
    assert min(delays) == 0
    assert 400 < sum(x == 0 for x in delays) < 520  # P(N > 0.1) = 46 %
