"""docs/statistics.md: its rule, limits and floors are those of the code."""

from __future__ import annotations

import math

import pytest

from g2gbench.analysis.comparison import JUDGED, SHOWN
from g2gbench.analysis.effect_floors import Floor, default_floor
from g2gbench.statistics.block_bootstrap import FEWEST_BLOCKS
from g2gbench.statistics.hodges_lehmann import interval_rank
from g2gbench.statistics.holm import LEVEL
from g2gbench.statistics.mann_whitney import MOST_EXACT
from tests.benchmarks.statistics import alarms, power, repeats, within
from tests.docs.documents import code_words, prose, read, rows, section

PAGE = read("docs/statistics.md")
WORDS = " ".join(prose(PAGE).split())
KINDS = {
    "times (`ms`)": "g2g_ms.p50",
    "ratios": "unreadable_ratio",
    "rates (`fps`)": "fps",
    "counts": "freeze_count",
    "bitrates": "uplink.bitrate_bps",
    "memory": "rss_bytes.client",
    "CPU": "cpu.client",
    "quality": "quality",
    "PSNR": "psnr_db",
    "SSIM": "ssim",
}
HEAD = "| A/A, trials a side | model | regression | any difference | no difference |"
FACTORS = {"ms": 1.0, "kbps": 1e3, "MB": 1e6, "cores": 1.0, "levels": 1.0, "dB": 1.0, "": 1.0}


def test_the_metrics_that_are_judged_are_those_of_the_code() -> None:
    named = code_words(section(PAGE, "What is judged"))
    assert named[: len(JUDGED)] == list(JUDGED)
    assert tuple(named[len(JUDGED) : len(JUDGED) + len(SHOWN)]) == SHOWN


def test_the_coverages_are_those_of_the_code() -> None:
    for n, told in ((4, "97.1 %"), (5, "96.8 %"), (3, "90 %")):
        assert f"{100 * interval_rank(n, n)[1]:.3g} %" == told
        assert told in WORDS


def test_the_limits_of_the_test_and_of_a_family_are_those_of_the_code() -> None:
    assert f"Above {MOST_EXACT} trials on both sides" in WORDS
    assert f"to {LEVEL:.0%}".replace("%", " %") in WORDS
    for n in (5, 6):
        every = math.comb(2 * n, n)
        assert f"1/{every}" in WORDS
        assert f"{math.floor(LEVEL * every)}" in WORDS


@pytest.mark.parametrize(("kind", "told"), rows(PAGE, "| Metrics | Floor: the larger of |"))
def test_every_floor_is_the_one_that_holds(kind: str, told: str) -> None:
    for metric in [KINDS[kind]] if kind in KINDS else code_words(kind):
        example = f"{metric}.room" if metric == "connect_ms" else metric
        assert read_floor(told) == default_floor(example)


def read_floor(told: str) -> Floor:
    share = least = 0.0
    for part in told.split(" and "):
        number, _, unit = part.partition(" ")
        if unit == "%":
            share = float(number) / 100
        else:
            least = float(number) * FACTORS[unit]
    return Floor(share, least)


@pytest.mark.nightly
def test_the_tables_of_errors_are_those_that_the_command_prints() -> None:
    text = section(PAGE, "How often it errs")
    tables = (alarms(1), power(1), repeats(4), within(20))
    for table in tables:
        head, _, *made = table
        told = rows(text, head)
        assert [row[0] for row in told] == [line.split("|")[1].strip() for line in made]
    assert f"fewer than {FEWEST_BLOCKS} such blocks" in WORDS


def test_the_rates_that_are_told_keep_what_is_promised() -> None:
    text = section(PAGE, "How often it errs")
    for _, model, regression, either, _ in rows(text, HEAD):
        assert float(regression.rstrip(" %")) <= 100 * LEVEL
        assert float(either.rstrip(" %")) <= (200 if "no floors" in model else 100) * LEVEL
    for _, _, told, covers in rows(text, "| Interval over trials | trials | told | found |"):
        assert abs(float(told.rstrip(" %")) - float(covers.rstrip(" %"))) <= 2
    found = {row[0]: float(row[1].rstrip(" %")) for row in rows(text, next(power(1)))}
    assert min(found[spread] for spread in ("1%", "2%", "3%")) >= 90
