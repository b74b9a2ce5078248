"""docs/scenario.md: its examples load, and its tables name every field with its default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from g2gbench.scenario import PROFILES, SERVICE_MODELS, cells, json_schema, loads
from g2gbench.scenario.fields.expectation import parse_expectation
from tests.scenario.profile_table import figures_table, sources_table

DOCS = Path(__file__).parents[2] / "docs"
PROFILES_PAGE = (DOCS / "profiles.md").read_text(encoding="utf-8")
PAGE = (DOCS / "scenario.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "name:" in text]
ROWS = re.findall(
    r"^\| `([a-zA-Z0-9_.\[\]]+)` \| (`[^`]+`|\S+) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE
)
SCHEMA = json_schema()


AS_ABOVE = {"timeline[].network", "profiles.NAME.uplink"}
"""Sections whose fields are described at another place of the page."""

NAMED = {"timeline": "[]", "profiles": ".NAME"}
"""Fields that hold any number of sections."""


def fields(section: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Every documented path with its default as the page writes it."""
    for name, field in section["properties"].items():
        path = f"{prefix}{name}"
        reference = re.search(r"#/\$defs/(\w+)", json.dumps(field))
        inner = SCHEMA["$defs"][reference[1]] if reference else {}
        if name not in section["required"]:
            default = field["default"]
            written = default if isinstance(default, str) and default else json.dumps(default)
            yield path, "below" if isinstance(default, dict) and default else f"`{written}`"
        else:
            yield path, "–"
        if "properties" in inner and path not in AS_ABOVE and name != "downlink":
            yield from fields(inner, f"{path}{NAMED.get(name, '')}.")


FIELDS = dict(fields(SCHEMA, ""))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_page_loads(text: str) -> None:
    assert cells(loads(text))


def test_every_field_has_its_row_and_no_row_is_of_another_field() -> None:
    assert sorted(path for path, *_ in ROWS) == sorted(FIELDS)


def test_every_row_gives_the_default_that_holds() -> None:
    assert {path: default for path, default, *_ in ROWS} == FIELDS


def test_every_allowed_word_is_in_its_row() -> None:
    allowed = {path: words for path, _, words, _ in ROWS}
    assert "`vp8` `vp9` `h264` `av1` `h265`" in allowed["publish.codec"]
    assert "`street` `talking-head` `noise` `flat`" in allowed["source.content"]
    assert allowed["network.uplink.queue_discipline"] == "`drop-tail` `codel`"


def test_every_model_stands_in_the_row_of_its_size() -> None:
    for name, model in SERVICE_MODELS.items():
        (row,) = [
            line for line in PAGE.splitlines() if re.search(rf"`{re.escape(name)}`.*\| 30 \|", line)
        ]
        assert f"| {model.width}x{model.height} | {model.fps:g} |" in row


@pytest.mark.parametrize("table", [figures_table(), sources_table()], ids=["figures", "sources"])
def test_the_page_of_the_profiles_tells_the_figures_that_are_used(table: str) -> None:
    assert table in PROFILES_PAGE


def test_the_page_of_the_profiles_knows_where_a_stream_of_2_mbps_does_not_fit() -> None:
    thin = {
        name
        for name, profile in PROFILES.items()
        if profile.uplink.capacity is not None and profile.uplink.capacity < 2_000_000
    }
    sentence = PROFILES_PAGE.partition("does not fit up ")[2].partition(":")[0]
    assert set(re.findall(r"`(.+?)`", sentence)) == thin


def test_every_expectation_of_the_page_is_one() -> None:
    table = PAGE.partition("| Expectation | Means |")[2].partition("\n\n")[0]
    texts = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(texts) == 6
    for text in texts:
        parse_expectation(text)
