"""What a terminal and summary.md say of a comparison of codecs: the answer first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.analysis.result import CodecComparison, RunResult
from g2gbench.report.formats import codec_text, markdown, terminal
from g2gbench.statistics.median_interval import Estimate
from g2gbench.store.reading import Run
from tests.analysis import ladders
from tests.report import runs
from tests.report.ladder import ladder

pytestmark = pytest.mark.integration

BITS = "bd_rate_percent"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return ladder(tmp_path_factory.mktemp("ladder"))


def test_a_terminal_says_which_codec_what_was_measured_and_how_it_ranks(run: Run) -> None:
    said = terminal.render(run)
    (answer,) = codec_text.answers(run.result)
    assert answer in " ".join(said.split())
    assert "PSNR displayed" in said
    assert "uplink bitrate" in said
    assert all(len(line) <= 80 for line in said.split("\n") if "report.html" not in line)


def test_the_summary_says_it_before_its_tables(run: Run) -> None:
    said = markdown.render(run)
    (answer,) = codec_text.answers(run.result)
    assert said.index(answer[:30]) < said.index("| codec | asked for |")
    assert "- by g2g p50, " in said
    assert "(invalid)" in said  # the ladder's last cell


def only(result: RunResult) -> CodecComparison:
    (found,) = result.codecs or ()
    return found


def with_delta(estimate: Estimate) -> RunResult:
    """The ladder, with this in the place of each difference of bits."""
    result = ladders.result()
    found = only(result)
    deltas = tuple(replace(one, deltas={**one.deltas, BITS: estimate}) for one in found.deltas)
    return replace(result, codecs=(replace(found, deltas=deltas),))


def with_groups(groups: Callable[[Sequence[str]], Sequence[Sequence[str]]]) -> RunResult:
    """The ladder, with each ranking's cells in these groups."""
    result = ladders.result()
    found = only(result)
    rankings = tuple(
        replace(one, groups=tuple(map(tuple, groups([cell for g in one.groups for cell in g]))))
        for one in found.rankings
    )
    return replace(result, codecs=(replace(found, rankings=rankings),))


def test_the_answer_names_the_codec_with_the_fewest_bits() -> None:
    result = ladders.result()
    found = only(result)
    (said,) = codec_text.answers(result)
    (best,) = found.deltas
    value = best.deltas[BITS].value
    assert value is not None
    first = best.codec if value < 0 else found.anchor
    assert said.startswith(f"{first} takes the fewest bits for the same picture")
    doubtful = with_delta(Estimate(-20.0, -30.0, 1.0, 3, "range"))
    assert "cannot tell it apart for sure" in codec_text.answers(doubtful)[0]
    unknown = with_delta(Estimate(None, None, None, 0, "none"))
    assert codec_text.answers(unknown)[0].startswith("No codec can be named the best")


def test_one_group_is_no_ranking() -> None:
    one = codec_text.rankings(with_groups(lambda cells: [cells]))
    assert all("no two cells differ" in line for line in one)
    each = codec_text.rankings(with_groups(lambda cells: [[cell] for cell in cells]))
    assert all("best first: 1. " in line for line in each)
    assert codec_text.rankings(with_groups(lambda _: [])) == []


def test_a_run_without_codecs_says_nothing_of_them(tmp_path: Path) -> None:
    summary = runs.passing(tmp_path).result
    assert codec_text.answers(summary) == []
    assert codec_text.points(summary) == []
    assert list(codec_text.markdown(summary)) == []
