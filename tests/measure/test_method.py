"""Every threshold that docs/method.md names is the one in the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from g2gbench.analysis import verdict
from g2gbench.measure import (
    checks,
    drop_phase,
    fidelity,
    fidelity_metrics,
    gaps,
    latency_breakdown,
    ledger,
    marker_matching,
    metrics,
    phases,
    rtp_frames,
    windows,
)
from g2gbench.measure.limits import LIMITS
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES
from g2gbench.measure.registry import DROP_PHASES, METRICS
from g2gbench.quality.drops import MIN_FLIGHT_NS
from g2gbench.statistics import median_interval

TEXT = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
METHOD = re.sub(r"\s+", " ", TEXT)
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    "sentence",
    [
        f"captured within the last {marker_matching.OUTSTANDING_NS / SECOND:g} s",
        f"differs by more than {marker_matching.JUMP_NS / SECOND:g} s from the one before",
        f"agree within {marker_matching.AGREE_NS / SECOND:g} s",
        f"repeats at most {ledger.REPEATING_STREAM:.0%} of its frames",
        f"the p{ledger.FLIGHT_PERCENTILE} of the session's g2g before the client stopped listening"
        f", and at least within {MIN_FLIGHT_NS / SECOND:g} s",
        f"still be there {drop_phase.SETTLING_SNAPSHOTS} snapshots later",
        f"max({gaps.FREEZE_FACTOR:g} * avg, avg + {gaps.FREEZE_MARGIN_MS:g} ms), avg over the "
        f"{gaps.FREEZE_WINDOW} gaps before",
        f"a gap of more than {gaps.STALL_MS:g} ms",
        f"From {median_interval.FEWEST_FOR_INTERVAL} trials on",
        f"{median_interval.aggregate(range(5)).coverage:.2%} for 5 trials",
        f"{median_interval.NOMINAL_COVERAGE:.0%} or more from 6 on",
        f"capped at {fidelity.PSNR_CAP_DB:g} dB",
        f"{fidelity.SAMPLES_A_SECOND:g} a second at most, {fidelity.MOST_SAMPLES} and "
        f"{fidelity.MOST_BYTES // 2**20} MiB in all",
        f"When {fidelity.BUDGET_S:g} s are over",
        f"fewer than {fidelity_metrics.FEWEST} scored frames are none",
        f"when it has {verdict.TRIALS_TO_JUDGE} valid trials",
    ],
)
def test_a_threshold_of_the_document_is_that_of_the_code(sentence: str) -> None:
    assert sentence in METHOD


def test_the_samples_that_percentiles_need_are_those_of_the_code() -> None:
    table = re.findall(r"^\| p(\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert {int(p): int(n) for p, n in table} == PERCENTILE_SAMPLES


def test_a_late_capture_is_half_an_interval_late() -> None:
    assert metrics.LATE_TICK == 0.5
    assert "late when it begins more than half a frame interval after its due time" in METHOD


def test_the_limits_of_validity_are_those_of_the_code() -> None:
    assert checks.markdown_table() in TEXT


def test_every_outcome_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)` \| [A-Z]", TEXT, re.MULTILINE) == [
        "delivered",
        "unreadable",
        "dropped",
        "in_flight",
        "not_published",
        "before_live",
    ]
    for name in (*ledger.OUTCOMES, *DROP_PHASES):
        assert f"`{name}`" in TEXT


def test_it_names_no_metric_that_does_not_exist() -> None:
    named = re.findall(r"`((?:g2g_ms|connect_ms|drops)\.\w+|\w+_ratio|\w+fps)`", TEXT)
    assert set(named) - {field.name for field in fields(LIMITS)} <= set(METRICS)
    assert named


def test_the_parts_of_the_way_are_those_of_the_code() -> None:
    table = TEXT[TEXT.index("| Part | From | To |") :].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(latency_breakdown.PARTS)


@pytest.mark.parametrize(
    "sentence",
    [
        f"a frame fits it within {rtp_frames.FIT_MS:g} ms",
        f"its median over {windows.WINDOW_NS // SECOND} s is within {phases.BACK_WITHIN:.0%}"[:-1],
        f"what it was in the {phases.BEFORE_NS // SECOND} s before the impairment",
        f"at least {1 - phases.BACK_WITHIN:.0%}"[:-1],
    ],
)
def test_a_figure_of_way_or_recovery_is_that_of_the_code(sentence: str) -> None:
    assert sentence in METHOD
