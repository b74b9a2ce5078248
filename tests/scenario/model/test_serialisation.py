"""The resolved document is complete and means the same scenario."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example
from hypothesis import strategies as st

from g2gbench.scenario import Scenario, ScenarioError, cells, loads, resolved, to_yaml
from tests.drawn import drawn
from tests.scenario.strategies import documents
from tests.scenario.texts import scenario, yaml_of


def test_defaults_are_filled_in_and_units_written_back() -> None:
    document = resolved(
        scenario(
            "publish: {max_bitrate: 1500kbps}\n"
            "network: {uplink: {delay: 0.05s, loss: 0.5%, queue: 50packets, capacity: 3Mbps}}\n"
            "session: {playout_delay: 0ms}\n"
            "expect: [ttff_ms < 4s]\n"
        )
    )
    assert document["publish"] == {
        "codec": "vp8",
        "max_bitrate": "1.5Mbps",
        "max_framerate": 30,
        "simulcast": False,
    }
    assert document["network"] == {
        "profile": "none",
        "uplink": {
            "delay": "50ms",
            "jitter": "0s",
            "jitter_correlation": "0s",
            "capacity": "3Mbps",
            "loss": "0.5%",
            "burst": None,
            "queue": "50packets",
            "queue_discipline": "drop-tail",
            "overhead": "0B",
            "allow_reordering": False,
            "duplication": "0%",
            "blackout": False,
            "trace": None,
        },
        "downlink": None,
    }
    assert document["session"]["playout_delay"] == {"min": "0s", "max": "0s"}
    assert document["source"]["size"] == "1088x624"
    assert document["target"]["processing"]["transform"] == "restyle"
    assert document["expect"] == ["ttff_ms < 4s"]
    assert list(document) == list(Scenario.model_fields)


def test_what_a_matrix_leaves_open_is_null_and_filled_in_each_cell() -> None:
    it = scenario("matrix: {source.fps: [25, 30]}\n")
    assert resolved(it)["source"]["fps"] is None
    assert [resolved(cell.scenario)["source"]["fps"] for cell in cells(it)] == [25, 30]


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "0x1F",
        "0o17",
        "017",
        "1.",
        "null",
        "TRUE",
        "no",
        "~",
        "?0",
        "- a",
        "a: b",
        "a #b",
        "2024-01-01",
        "1_000",
        "12:30",
        ".inf",
        "'x'",
        '"x"',
        "a\nb\n",
        " a ",
        "*a",
        "%a",
        "x" * 300,
    ],
)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    it = scenario(f"session: {{prompt: {json.dumps(text)}}}\n")
    assert loads(to_yaml(it)).session.prompt == text


@drawn(3, 100, document=documents())
def test_loading_the_resolved_document_gives_an_equal_scenario(document: dict[str, Any]) -> None:
    it = loads(yaml_of(document))
    assert loads(to_yaml(it)) == it
    assert Scenario.model_validate(json.loads(json.dumps(resolved(it)))) == it
    for cell in cells(it):
        assert loads(to_yaml(cell.scenario)) == cell.scenario


@drawn(20, 500, st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300))
@example("a  b " * 60)
def test_any_text_is_the_same_when_it_is_read_again(text: str) -> None:
    document = {
        "name": "a",
        "target": {"kind": "loopback", "model": "lucy-2.1"},
        "session": {"prompt": text},
    }
    try:
        scenario = loads(json.dumps(document))
    except ScenarioError:
        return  # no text of a scenario
    assert loads(to_yaml(scenario)) == scenario
