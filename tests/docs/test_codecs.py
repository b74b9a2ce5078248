"""The page on codecs says what the code computes, and when it does not."""

from __future__ import annotations

from g2gbench.analysis.codecs import DELTAS
from g2gbench.analysis.ranking import repeats_needed
from g2gbench.statistics.bd_rate import FEWEST_POINTS, LEAST_OVERLAP
from g2gbench.statistics.holm import LEVEL
from g2gbench.trial.plan import SERVICE_MAX_BITRATE_BPS, START_BITRATE_KBPS
from tests.docs.documents import prose, read, rows

PAGE = read("docs/codecs.md")
TEXT = prose(PAGE)


def test_every_delta_is_told_with_its_meaning_and_no_other() -> None:
    table = rows(PAGE, "| Name | What it is the difference of |")
    told = {cells[0].strip("`"): cells[1] for cells in table}
    assert told == {name: words for name, (_, _, words) in DELTAS.items()}


def test_its_thresholds_are_those_of_the_code() -> None:
    assert f"fewer than {FEWEST_POINTS} points" in TEXT
    assert f"less than {LEAST_OVERLAP * 100:.0f} % of what they span together" in TEXT
    assert f"comparisons at {LEVEL * 100:.0f} %" in TEXT
    assert f"at up to {SERVICE_MAX_BITRATE_BPS / 1e6:g} Mbps" in TEXT
    assert f"start at {START_BITRATE_KBPS / 1000:g} Mbps" in TEXT
    assert (repeats_needed(20), repeats_needed(20) - 1) == (6, 5)
