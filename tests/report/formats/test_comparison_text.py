from __future__ import annotations

import pytest

from g2gbench.report.formats import comparison_text
from g2gbench.store.comparing import Comparison
from tests.report.comparisons import STATES

pytestmark = pytest.mark.integration

WORSE = """\
REGRESSION  wifi: g2g p50 rose by 60 ms
            From 216 ms to 277 ms, difference [+56, +64] ms, effect floor 21.6
            ms.
            5 rows: 2 regressions, 3 no difference. Valid trials: 5 of the base,
            5 of the candidate.
"""
ROW = "  x g2g p50, ms       216    277   +60  [+56, +64]   21.6  regression"


def test_a_regression_reads_as_agreed(made: dict[str, Comparison]) -> None:
    text = comparison_text.terminal(made["worse"])
    assert text.startswith(WORSE)
    assert ROW in text.split("\n")


@pytest.mark.parametrize("state", STATES)
def test_no_line_is_wider_than_a_terminal_or_holds_anything_but_plain_text(
    made: dict[str, Comparison], state: str
) -> None:
    text = comparison_text.terminal(made[state])
    assert all(c.isprintable() or c == "\n" for c in text)
    paths = [str(made[state].base.path), str(made[state].candidate.path)]
    lines = [line for line in text.split("\n") if not line.endswith(tuple(paths))]
    assert max(map(len, lines)) <= 80


def test_every_open_row_says_why_and_what_would_decide(made: dict[str, Comparison]) -> None:
    words = " ".join(comparison_text.terminal(made["one trial"]).split())
    assert "5 and 1 trials can show nothing: 4 a side are the fewest; about" in words
    assert "more repeats a side would decide" in words
    words = " ".join(comparison_text.terminal(made["invalid"]).split())
    assert "INCONCLUSIVE wifi: nothing could be compared" in words
    assert "candidate: no valid trial" in words


def test_markdown_tells_what_needs_a_look_and_folds_the_rest(made: dict[str, Comparison]) -> None:
    text = comparison_text.markdown(made["worse"])
    head, folded = text.split("<details>")
    assert head.startswith("## 🔻 g2gbench compare wifi-")
    assert "| 🔻 regression | g2g p50 | default | 216 ms | 277 ms | +60 ms | +56 to +64 |" in head
    assert "ttff" not in head
    assert "<summary>6 rows without a difference, or not judged</summary>" in folded
    assert "| not judged | uplink bitrate |" in folded


def test_markdown_shows_hostile_names_as_they_are(made: dict[str, Comparison]) -> None:
    text = comparison_text.markdown(made["hostile"])
    for raw in ("<script", "<img", "](https", "@someone"):
        assert raw not in text
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
