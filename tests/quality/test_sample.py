from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from g2gbench.quality import Sample, Thresholds, score
from g2gbench.quality.thresholds import Settings

NUMBERS = (
    "rtt_ms",
    "g2g_ms",
    "g2g_drop_ratio",
    "fraction_lost",
    "available_bitrate_bps",
    "inbound_fps",
    "ttff_ms",
)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-1, -1e-9, float("nan"), float("inf"), -float("inf")])
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Sample(**{name: value})  # type: ignore[arg-type] # mixed fields


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["5", True, [5], 1j])
def test_what_is_no_number_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=name):
        Sample(**{name: value})


def test_shares_above_their_most_are_refused() -> None:
    with pytest.raises(ValueError, match=r"g2g_drop_ratio is 1\.01"):
        Sample(g2g_drop_ratio=1.01)
    with pytest.raises(ValueError, match="at most 255"):
        Sample(fraction_lost=256)


@pytest.mark.parametrize("name", ["relayed", "freeze"])
def test_flags_are_true_or_false_alone(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        Sample(**{name: 1})  # type: ignore[arg-type] # wrong on purpose


def test_limitation_is_one_that_the_w3c_names() -> None:
    with pytest.raises(ValueError, match="allowed: none, cpu, bandwidth, other"):
        Sample(quality_limitation="heat")
    with pytest.raises(TypeError, match="quality_limitation"):
        Sample(quality_limitation=1)  # type: ignore[arg-type] # wrong on purpose


def test_numbers_of_numpy_are_numbers() -> None:
    values: dict[str, Any] = {"g2g_ms": np.float32(5), "inbound_fps": np.int64(30)}
    assert Sample(**values) == Sample(g2g_ms=5, inbound_fps=30)


def test_loss_is_a_share_whichever_way_it_was_told() -> None:
    assert Sample().loss is None
    assert Sample(fraction_lost=1).loss == 1
    assert Sample(fraction_lost=64).loss == 0.25


def test_sample_is_frozen_and_takes_keywords_alone() -> None:
    with pytest.raises(FrozenInstanceError):
        Sample().rtt_ms = 5  # type: ignore[misc] # wrong on purpose
    with pytest.raises(TypeError):
        Sample(5)  # type: ignore[call-arg] # wrong on purpose


@pytest.mark.parametrize("sample", [None, {"rtt_ms": 5}, 5])
def test_score_takes_samples_alone(sample: Any) -> None:
    with pytest.raises(TypeError, match="is no Sample"):
        score(sample)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_required_bitrate_must_be_above_zero(value: float) -> None:
    with pytest.raises(ValueError, match="required_bitrate_bps"):
        score(Sample(), required_bitrate_bps=value)


@pytest.mark.parametrize(
    ("bounds", "error", "words"),
    [
        ({"g2g_ms": (500, 400, 1500)}, ValueError, "must ascend from good to poor"),
        ({"inbound_fps": (12, 20, 5)}, ValueError, "must descend from good to poor"),
        ({"bandwidth_ratio": (0.5, 0.8, 1.0)}, ValueError, "must descend"),
        ({"rtt_ms": (1, 2)}, ValueError, "has 2 bounds; it needs three"),
        ({"rtt_ms": "123"}, TypeError, "three numbers are needed"),
        ({"rtt_ms": 5}, TypeError, "not iterable"),
        ({"rtt_ms": (1, 2, "3")}, TypeError, "rtt_ms.poor is '3'"),
        ({"rtt_ms": (-1, 2, 3)}, ValueError, "rtt_ms.good is -1"),
        ({"fraction_lost": (0.1, 0.2, 1.5)}, ValueError, "at most 1"),
        ({"relay_allowance_ms": -1}, ValueError, "relay_allowance_ms is -1"),
    ],
)
def test_bounds_that_make_no_band_are_refused(
    bounds: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Thresholds(**bounds)


def test_equal_bounds_leave_a_level_out() -> None:
    assert Thresholds(g2g_ms=(500, 500, 900)).g2g_ms.fair == 500  # type: ignore[arg-type] # three numbers will do


def test_settings_need_thresholds() -> None:
    with pytest.raises(TypeError, match="Thresholds are needed"):
        Settings(thresholds={})  # type: ignore[arg-type] # wrong on purpose
