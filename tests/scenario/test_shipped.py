"""The scenarios that are shipped load, validate in editors, and are what the documents say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from g2gbench.scenario import (
    PROFILES,
    LoopbackTarget,
    PlayoutDelay,
    cells,
    changes,
    json_schema,
    load,
)

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
    assert all(link.impaired for link in scenario.links())
    assert scenario.session.prompt == "a cyberpunk cityscape"


def test_clean_360p_measures_the_path_alone() -> None:
    scenario = load(SCENARIOS / "clean-360p.yaml")
    assert (scenario.transform, scenario.frame_size, scenario.fps) == (
        "passthrough",
        (640, 360),
        30,
    )
    assert not any(link.impaired for link in scenario.links())
    delay = scenario.session.playout_delay
    assert isinstance(delay, PlayoutDelay)
    assert (delay.min, delay.max) == (0.0, 0.0)


def test_livekit_server_is_clean_360p_but_for_its_room() -> None:
    real, embedded = (load(SCENARIOS / f"{name}.yaml") for name in ("livekit-server", "clean-360p"))
    assert isinstance(real.target, LoopbackTarget)
    assert real.target.room.kind == "livekit-server"
    alike = {"name", "description", "target"}
    assert real.model_dump(exclude=alike) == embedded.model_dump(exclude=alike)


def test_blackout_goes_dark_once_and_leaves_time_to_recover() -> None:
    dark, back = changes(load(SCENARIOS / "blackout.yaml"))
    assert (dark.at_s, dark.label, back.at_s, back.label) == (10, "blackout", 13, "back to wifi")


def test_profiles_goes_through_every_network_that_lets_something_pass() -> None:
    names = [cell.scenario.network.profile for cell in cells(load(SCENARIOS / "profiles.yaml"))]
    assert names == [name for name in PROFILES if name != "blackout"]


def test_codecs_compares_two() -> None:
    found = cells(load(SCENARIOS / "codecs.yaml"))
    assert [cell.name for cell in found] == ["publish.codec=vp8", "publish.codec=h264"]
