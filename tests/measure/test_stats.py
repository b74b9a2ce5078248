from __future__ import annotations

import pytest

from g2gbench.measure.records import Scalar, Stats
from g2gbench.measure.stats import deltas, last_number, number, samples


def snapshots(**series: list[Scalar]) -> list[Stats]:
    length = len(next(iter(series.values())))
    return [
        Stats(at_ns=i * 10**9, values={key: values[i] for key, values in series.items()})
        for i in range(length)
    ]


def test_growth_is_counted_between_the_first_and_the_last_snapshot() -> None:
    grown = deltas(snapshots(a=[5, 7, 11], b=[1.5, 1.5, 2]), ["a", "b"])
    assert grown is not None
    assert (grown["a"], grown["b"], grown.elapsed_s, grown.steps) == (6, 0.5, 2, 2)


def test_a_counter_that_restarts_gives_no_negative_growth() -> None:
    grown = deltas(snapshots(a=[100, 110, 3, 9], b=[10, 11, 12, 13]), ["a", "b"])
    assert grown is not None
    assert (grown["a"], grown["b"]) == (16, 2)
    assert (grown.elapsed_s, grown.steps, grown.resets) == (2, 2, 1)


def test_packets_lost_may_go_back() -> None:
    grown = deltas(snapshots(received=[1, 5], lost=[3, 1]), ["received"], ["lost"])
    assert grown is not None
    assert (grown["lost"], grown.resets) == (-2, 0)


def test_a_snapshot_without_the_counter_is_stepped_over() -> None:
    grown = deltas(snapshots(a=[1, None, 4]), ["a"])
    assert grown is not None
    assert (grown["a"], grown.elapsed_s) == (3, 2)


@pytest.mark.parametrize("values", [[1], [None, 2], [None, None]])
def test_one_snapshot_tells_no_growth(values: list[Scalar]) -> None:
    assert deltas(snapshots(a=values), ["a"]) is None


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf")])
def test_what_is_no_finite_number_is_no_number(value: Scalar) -> None:
    assert number(value) is None


def test_samples_and_the_last_number_leave_gaps_out() -> None:
    stats = snapshots(a=[1, None, 2, None])
    assert samples(stats, "a") == [1, 2]
    assert last_number(stats, "a") == 2
    assert last_number(stats, "b") is None
