"""Expectations: limits in the metric's own unit, whatever unit they were written in."""

from __future__ import annotations

import math
import re

import pytest

from g2gbench.measure.registry import METRICS
from g2gbench.scenario import ScenarioError, loads
from g2gbench.scenario.fields.expectation import OPERATORS, parse_expectation
from g2gbench.scenario.problems import Refused


@pytest.mark.parametrize(
    ("text", "metric", "symbol", "limit", "unit"),
    [
        ("g2g_ms.p95 < 500", "g2g_ms.p95", "<", 500.0, "ms"),
        ("ttff_ms < 4s", "ttff_ms", "<", 4000.0, "ms"),
        ("g2g_ms.p95<=500ms", "g2g_ms.p95", "<=", 500.0, "ms"),
        ("drop_ratio < 1%", "drop_ratio", "<", 0.01, "ratio"),
        ("drop_ratio < 0.01", "drop_ratio", "<", 0.01, "ratio"),
        ("  fps   >=  25 ", "fps", ">=", 25.0, "fps"),
        ("freeze_count == 0", "freeze_count", "==", 0.0, "count"),
        ("freeze_count != 3", "freeze_count", "!=", 3.0, "count"),
        ("uplink.bitrate_bps > 500kbps", "uplink.bitrate_bps", ">", 500_000.0, "bps"),
        ("rss_bytes.client < 300MB", "rss_bytes.client", "<", 3e8, "bytes"),
        ("cpu.client < 0.5", "cpu.client", "<", 0.5, "cores"),
        ("quality >= fair", "quality", ">=", 2.0, "level"),
        ("quality > critical", "quality", ">", 0.0, "level"),
        ("quality == 3", "quality", "==", 3.0, "level"),
    ],
)
def test_limits_are_in_the_unit_of_the_metric(
    text: str, metric: str, symbol: str, limit: float, unit: str
) -> None:
    expectation = parse_expectation(text)
    assert expectation.text == text
    assert (expectation.metric, expectation.operator) == (metric, symbol)
    assert (expectation.limit, expectation.unit) == (limit, unit)


@pytest.mark.parametrize(
    ("symbol", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_each_operator_at_its_boundary(symbol: str, below: bool, at: bool, above: bool) -> None:
    expectation = parse_expectation(f"fps {symbol} 25")
    just_below, just_above = math.nextafter(25, 0), math.nextafter(25, 30)
    assert [expectation.holds(v) for v in (just_below, 25.0, just_above)] == [below, at, above]


@pytest.mark.parametrize("symbol", OPERATORS)
def test_a_value_that_is_no_number_meets_no_expectation(symbol: str) -> None:
    assert not parse_expectation(f"fps {symbol} 25").holds(math.nan)


@pytest.mark.parametrize("name", METRICS)
def test_every_registered_metric_can_be_expected(name: str) -> None:
    assert parse_expectation(f"{name} < 1").metric == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fps",
        "fps <",
        "< 5",
        "fps 5",
        "fps < -5",
        "fps < nan",
        "fps < inf",
        "fps < 5%",
        "fps < 5 6",
        "g2g_ms.p95 < 2Mbps",
        "drop_ratio < 2",
        "drop_ratio < 101%",
        "fps < 25 and",
        "g2g_ms < 5",
        "5 < fps",
        "fps <> 5",
        "fps =< 5",
        "quality >= fare",
        "quality >= 3.5",
        "quality >= 50%",
        "psnr_db > 30dB",
        "drop_ratio < 5ms",
        "fps < 1e3",
        "ttff_ms < -4s",
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_expectation(text)
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("g2g_ms.p96 < 5", "g2g_ms.p99"),
        ("drop_rato < 1%", "drop_ratio"),
        ("fps =< 5", "<="),
        ("uplink.bitrate_bps > 1mbps", "1Mbps"),
        ("quality >= fare", "fair"),
    ],
)
def test_the_nearest_valid_form_is_offered(text: str, nearest: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_expectation(text)
    assert caught.value.nearest == nearest


@pytest.mark.parametrize("limit", ["1", "1.0", " 1 "])
def test_a_bare_one_of_a_ratio_is_refused_with_what_was_meant(limit: str) -> None:
    text = f"name: a\ntarget: {{kind: loopback, model: lucy-2.1}}\nexpect: ['drop_ratio < {limit}']"
    with pytest.raises(ScenarioError, match=r"100 %: write 1(\.0)?%"):
        loads(text)
    assert parse_expectation(f"drop_ratio < {limit}").limit == 1  # of a run that was stored before
    for allowed in ("1%", "100%", "0.5"):
        loads(text.replace(f"< {limit}", f"< {allowed}"))


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("drop_ratio <= 100%", "every value meets it: drop_ratio is from 0 to 1"),
        ("drop_ratio >= 0", "every value meets it: drop_ratio is from 0 to 1"),
        ("drop_ratio < 0", "no value meets it: drop_ratio is from 0 to 1"),
        ("drop_ratio > 100%", "no value meets it: drop_ratio is from 0 to 1"),
        ("g2g_ms.p95 >= 0", "every value meets it: g2g_ms.p95 is 0 or more"),
        ("g2g_ms.p95 < 0ms", "no value meets it: g2g_ms.p95 is 0 or more"),
        ("quality >= critical", "every value meets it: quality is from critical to good"),
        ("quality > good", "no value meets it: quality is from critical to good"),
    ],
)
def test_what_every_value_meets_or_none_is_refused(condition: str, reason: str) -> None:
    text = f"name: a\ntarget: {{kind: loopback, model: lucy-2.1}}\nexpect: ['{condition}']"
    with pytest.raises(ScenarioError, match=re.escape(reason)):
        loads(text)
    parse_expectation(condition)  # of a run that was stored before


@pytest.mark.parametrize(
    "condition",
    [
        "drop_ratio <= 0",
        "drop_ratio == 0",
        "drop_ratio != 0",
        "drop_ratio == 5%",
        "drop_ratio >= 100%",
        "g2g_ms.p95 > 0",
        "quality >= good",
        "quality > critical",
        "budget_ms.uplink >= 0",
    ],
)
def test_what_a_value_can_meet_and_miss_is_taken(condition: str) -> None:
    loads(f"name: a\ntarget: {{kind: loopback, model: lucy-2.1}}\nexpect: ['{condition}']")
