"""The scenarios that are shipped load, validate in editors, and are what the documents say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from g2gbench.scenario import LoopbackTarget, PlayoutDelay, cells, json_schema, load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(SCENARIOS.glob("*.yaml"))


def test_the_shipped_schema_is_the_generated_one() -> None:
    """Regenerate with: g2gbench scenario schema > scenarios/scenario.schema.json."""
    shipped = (SCENARIOS / "scenario.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_scenario_loads_and_names_itself_like_its_file(path: Path) -> None:
    scenario = load(path, environment={})
    assert scenario.name == path.stem
    assert scenario.description
    assert cells(scenario)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_scenario_points_editors_at_a_schema_that_it_meets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./scenario.schema.json\n")
    document = YAML(typ="safe", pure=True).load(text)
    jsonschema.validate(document, json_schema(), jsonschema.Draft202012Validator)


def test_wifi_is_the_main_job() -> None:
    scenario = load(SCENARIOS / "wifi.yaml")
    assert isinstance(scenario.target, LoopbackTarget)
    assert (scenario.target.model, scenario.transform) == ("lucy-2.1", "restyle")
    assert (scenario.frame_size, scenario.fps, scenario.marker_version) == ((1088, 624), 30, "v1")
    assert (scenario.publish.codec, scenario.publish.max_bitrate) == ("vp8", 2_000_000)
    assert scenario.network.profile == "wifi"
    assert scenario.network.impaired
    assert scenario.session.prompt == "a cyberpunk cityscape"


def test_clean_360p_measures_the_path_alone() -> None:
    scenario = load(SCENARIOS / "clean-360p.yaml")
    assert (scenario.transform, scenario.frame_size, scenario.fps) == (
        "passthrough",
        (640, 360),
        30,
    )
    assert not scenario.network.impaired
    delay = scenario.session.playout_delay
    assert isinstance(delay, PlayoutDelay)
    assert (delay.min, delay.max) == (0.0, 0.0)


def test_codecs_compares_two() -> None:
    found = cells(load(SCENARIOS / "codecs.yaml"))
    assert [cell.name for cell in found] == ["publish.codec=vp8", "publish.codec=h264"]
