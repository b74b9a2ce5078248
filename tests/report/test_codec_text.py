"""What a terminal and summary.md say of a comparison of codecs: the answer first."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.report import codec_text, markdown, terminal
from g2gbench.store.reading import Run
from tests.analysis import ladders
from tests.report import runs
from tests.report.ladder import ladder

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return ladder(tmp_path_factory.mktemp("ladder"))


def test_a_terminal_says_which_codec_what_was_measured_and_how_it_ranks(run: Run) -> None:
    said = terminal.render(run)
    (answer,) = codec_text.answers(run.summary_data)
    assert answer in " ".join(said.split())
    assert "PSNR displayed" in said
    assert "uplink bitrate" in said
    assert all(len(line) <= 80 for line in said.split("\n") if "report.html" not in line)


def test_the_summary_says_it_before_its_tables(run: Run) -> None:
    said = markdown.render(run)
    (answer,) = codec_text.answers(run.summary_data)
    assert said.index(answer[:30]) < said.index("| codec | asked for |")
    assert "- by g2g p50, " in said
    assert "(invalid)" in said  # the ladder's last cell


def test_the_answer_names_the_codec_with_the_fewest_bits() -> None:
    summary = ladders.summary()
    (said,) = codec_text.answers(summary)
    deltas = {row["codec"]: row["bd_rate_percent"] for row in summary["codecs"][0]["deltas"]}
    best = min(deltas, key=lambda codec: deltas[codec]["value"])
    first = best if deltas[best]["value"] < 0 else summary["codecs"][0]["anchor"]
    assert said.startswith(f"{first} takes the fewest bits for the same picture")
    for row in summary["codecs"][0]["deltas"]:
        row["bd_rate_percent"] |= {"value": -20.0, "low": -30.0, "high": 1.0, "n": 3}
    assert "cannot tell it apart for sure" in codec_text.answers(summary)[0]
    for row in summary["codecs"][0]["deltas"]:
        row["bd_rate_percent"]["value"] = None
    assert codec_text.answers(summary)[0].startswith("No codec can be named the best")


def test_one_group_is_no_ranking() -> None:
    summary = ladders.summary()
    for one in summary["codecs"][0]["rankings"]:
        one["groups"] = [[name for group in one["groups"] for name in group]]
    assert all("no cell is told apart" in line for line in codec_text.rankings(summary))
    for one in summary["codecs"][0]["rankings"]:
        one["groups"] = [group[i : i + 1] for group in one["groups"] for i in range(len(group))]
    assert all("best first: 1. " in line for line in codec_text.rankings(summary))
    for one in summary["codecs"][0]["rankings"]:
        one["groups"] = []
    assert codec_text.rankings(summary) == []


def test_a_run_without_codecs_says_nothing_of_them(tmp_path: Path) -> None:
    summary = runs.passing(tmp_path).summary_data
    assert codec_text.answers(summary) == []
    assert codec_text.points(summary) == []
    assert list(codec_text.markdown(summary)) == []
