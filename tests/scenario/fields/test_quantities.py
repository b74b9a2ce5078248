"""Quantities are read exactly and written back so that reading gives the same number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.scenario.fields.quantities import BITRATE, BYTES, DURATION, RATIO, Quantity
from g2gbench.scenario.problems import Refused
from tests.scenario.strategies import steady


@pytest.mark.parametrize(
    ("quantity", "text", "amount"),
    [
        (DURATION, "50ms", 0.05),
        (DURATION, "0.1s", 0.1),
        (DURATION, "3 ms", 0.003),
        (DURATION, "250us", 0.00025),
        (DURATION, "2min", 120.0),
        (DURATION, ".5s", 0.5),
        (BITRATE, "2Mbps", 2e6),
        (BITRATE, "500kbps", 5e5),
        (BITRATE, "1.5Gbps", 1.5e9),
        (BITRATE, "9bps", 9.0),
        (RATIO, "1%", 0.01),
        (RATIO, "0.1%", 0.001),
        (BYTES, "64kB", 64_000.0),
        (BYTES, "64KB", 64_000.0),
        (BYTES, "10MB", 1e7),
    ],
)
def test_units_are_read_to_the_nearest_number(quantity: Quantity, text: str, amount: float) -> None:
    assert float(quantity.parse(text)) == amount


@pytest.mark.parametrize(
    "value",
    [
        0,
        5,
        1.5,
        "5",
        "0",
        "-5ms",
        "5 m s",
        "5ms ",
        " 5ms",
        "1e3ms",
        "ms",
        "",
        "nan",
        "infs",
        "５ms",
        True,
        None,
        [],
        {},
        float("nan"),
        float("inf"),
        "5ms\n",
        "1_000ms",
        "+5ms",
        "0x5ms",
    ],
)
def test_anything_but_a_number_with_a_unit_is_refused_and_the_units_named(value: object) -> None:
    with pytest.raises(Refused) as caught:
        DURATION.parse(value)
    assert caught.value.allowed == ("a duration in us, ms, s or min, such as 50ms",)


@pytest.mark.parametrize("value", [0, 20, 1.5, "20"])
def test_a_bare_number_is_told_that_a_unit_is_needed(value: object) -> None:
    with pytest.raises(Refused, match="a unit is needed"):
        DURATION.parse(value)


@pytest.mark.parametrize(
    ("quantity", "text", "meant"),
    [(BITRATE, "2mbps", "2Mbps"), (BITRATE, "2KBPS", "2kbps"), (DURATION, "2MS", "2ms")],
)
def test_a_unit_in_the_wrong_case_is_offered_in_the_right_one(
    quantity: Quantity, text: str, meant: str
) -> None:
    with pytest.raises(Refused) as caught:
        quantity.parse(text)
    assert caught.value.nearest == meant


@pytest.mark.parametrize(
    ("quantity", "amount", "text"),
    [
        (DURATION, 0.0, "0s"),
        (DURATION, 0.1, "100ms"),
        (DURATION, 1.5, "1.5s"),
        (DURATION, 20.0, "20s"),
        (DURATION, 0.00025, "250us"),
        (BITRATE, 2_000_000, "2Mbps"),
        (BITRATE, 500_000, "500kbps"),
        (BITRATE, 1, "1bps"),
        (RATIO, 0.001, "0.1%"),
        (RATIO, 1.0, "100%"),
    ],
)
def test_amounts_are_written_as_people_write_them(
    quantity: Quantity, amount: float, text: str
) -> None:
    assert quantity.write(amount) == text


@steady
@given(amount=st.floats(0, 3600).filter(lambda x: x == 0 or x > 1e-6))
def test_every_duration_written_is_read_as_the_same_float(amount: float) -> None:
    assert float(DURATION.parse(DURATION.write(amount))) == amount


@steady
@given(amount=st.integers(0, 10**10))
def test_every_bitrate_written_is_read_as_the_same_number(amount: int) -> None:
    assert BITRATE.parse(BITRATE.write(amount)) == amount


@steady
@given(amount=st.floats(0, 1).filter(lambda x: x == 0 or x > 1e-6))
def test_every_ratio_written_is_read_as_the_same_float(amount: float) -> None:
    assert float(RATIO.parse(RATIO.write(amount))) == amount
