"""docs/verdicts.md: its bounds, counts and cases are those of the code."""

from __future__ import annotations

from itertools import chain

import pytest

from g2gbench.analysis.verdict_grading import RULES
from g2gbench.measure.quality import SECOND_NS
from g2gbench.quality import DEFAULT_THRESHOLDS, Band
from g2gbench.quality.drops import DEADLINE_NS, DROP_SECONDS
from g2gbench.quality.level import DIMENSIONS, LEVEL_WORDS
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, REQUIRED_BITRATE_BPS
from g2gbench.quality.variants import VARIANTS
from g2gbench.workflow.grading_cases import CLEAN, CLEAN_S, FULL, IMPAIRED_S, RECOVERY_S, WARMUP_S
from tests.docs.documents import prose, read, rows, section

PAGE = read("docs/verdicts.md")
WORDS = " ".join(prose(PAGE).split())


def written(band: Band, *, percent: bool = False) -> list[str]:
    return [f"{100 * bound:g}%" if percent else f"{bound:g}" for bound in band]


def test_the_table_of_bounds_is_that_of_the_code() -> None:
    bands = DEFAULT_THRESHOLDS
    found = [row[2:] for row in rows(PAGE, "| Dimension | Value | good | fair | poor |")]
    assert found == [
        written(bands.g2g_ms),
        written(bands.rtt_ms),
        written(bands.fraction_lost, percent=True),
        written(bands.bandwidth_ratio, percent=True),
        written(bands.inbound_fps),
        written(bands.g2g_drop_ratio, percent=True),
        written(bands.ttff_ms),
    ]
    assert f"{bands.relay_allowance_ms:g} more on a relayed path" in WORDS


def test_levels_and_the_order_of_ties_are_told() -> None:
    assert " < ".join(f"`{word}`" for word in LEVEL_WORDS) in WORDS
    assert f"{', '.join(f'`{name}`' for name in DIMENSIONS)} are named in this order" in WORDS


def test_the_counts_of_the_smoothing_are_those_that_hold() -> None:
    settings = DEFAULT_SETTINGS
    assert f"Over the last {settings.window}:" in WORDS
    assert f"Samples 1 to {settings.warmup - 1} are the warm-up" in WORDS
    assert f"The {settings.warmup}th commits" in WORDS
    assert settings.downgrade_after == settings.upgrade_after
    assert f"with the {settings.downgrade_after}th sample in a row" in WORDS
    assert f"After {settings.window} samples in a row without any value" in WORDS
    assert f"{REQUIRED_BITRATE_BPS / 1e6:g} Mbps" in WORDS


def test_the_rule_of_drops_is_the_one_that_holds() -> None:
    assert f"{DEADLINE_NS // SECOND_NS} s after its capture at the latest" in WORDS
    assert f"became known in the last {DROP_SECONDS} s" in WORDS
    assert 2 * DEFAULT_THRESHOLDS.g2g_ms.poor == DEADLINE_NS / 1e6
    assert DEFAULT_SETTINGS.downgrade_after > DROP_SECONDS


def test_how_a_session_is_graded_is_told() -> None:
    text = " ".join(section(PAGE, "How far to trust them").split())
    assert f"clean for {WARMUP_S + CLEAN_S} s" in text
    assert f"impaired for {IMPAIRED_S} s" in text
    assert f"clean for {RECOVERY_S} s more" in text
    assert f"{CLEAN.repeats} clean ones" in text
    for variant in VARIANTS:
        assert f"{variant.window} / {variant.warmup} / {variant.downgrade_after}" in text


CASES = rows(
    PAGE,
    "| Injected | stands for | rules | held (sessions) | right factor | detected after | "
    "good again after | flaps |",
)


def test_every_case_of_the_table_is_one_that_is_injected() -> None:
    known = {f"{case.dimension}: {case.name}": case.expected.word for case in FULL}
    told = {row[0]: row[1] for row in CASES if row[0]}
    assert told
    assert told.items() <= known.items()


@pytest.mark.parametrize("first", [i for i, row in enumerate(CASES) if row[0]])
def test_every_case_is_told_under_every_set_of_rules(first: int) -> None:
    assert [row[2] for row in CASES[first : first + len(RULES)]] == list(RULES)


def test_the_scores_are_those_of_every_set_of_rules() -> None:
    header = (
        "| Rules | right factor, severe | detected within 10 s, severe | false alarms, clean | "
        "flaps |"
    )
    table = rows(PAGE, header)
    assert [row[0] for row in table] == list(RULES)
    assert all(" of " in cell or cell.isdigit() for cell in chain(*(row[1:] for row in table)))
