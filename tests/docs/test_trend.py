"""docs/trend.md: its numbers and keys are those of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from g2gbench.analysis.trend import FEWEST_RUNS, PENALTY, SHORTEST
from g2gbench.report.formats import trend
from g2gbench.store.histories import histories
from tests.analysis.histories import NOISES, history
from tests.benchmarks.trend import LENGTHS, SEEDS
from tests.docs.documents import code_words, prose, read, rows, section
from tests.report.nights import nights

PAGE = read("docs/trend.md")
WORDS = " ".join(prose(PAGE).split())


def test_its_thresholds_are_those_that_hold() -> None:
    assert f"{PENALTY:g} times the logarithm of the number of runs" in WORDS
    assert f"held by at least {SHORTEST} runs each" in WORDS
    assert f"At least {FEWEST_RUNS} runs with a value are needed" in WORDS


def test_its_tables_are_those_that_the_command_prints() -> None:
    lengths = " | ".join(f"{n} runs" for n in LENGTHS)
    alarms = rows(PAGE, f"| Noise | {lengths} |")
    assert [row[0] for row in alarms] == list(NOISES)
    assert all(float(share.rstrip("%")) <= 5 for row in alarms for share in row[1:])
    assert rows(PAGE, f"| Step, in standard deviations | {lengths} |")
    assert f"made {SEEDS} histories" in WORDS


def test_every_key_of_its_json_is_named(tmp_path: Path) -> None:
    nights(tmp_path / "runs", history("normal", 20, 1, step_at=13, step=8))
    found = [trend.trend_of(one) for one in histories(tmp_path / "runs")]
    data: dict[str, Any] = json.loads(json.dumps(trend.as_plain(found)))
    (told,) = data["histories"]
    line = next(one for one in told["lines"] if one["changes"])
    named = set(code_words(section(PAGE, "What it does")))
    keys = {*told, *line, *line["changes"][0]}
    assert keys <= named
    assert list(data) == ["schema", "status", "histories"]
    assert '`{"schema": 1, "status": …, "histories": […]}`' in PAGE
