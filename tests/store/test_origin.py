from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from g2gbench.errors import InputError
from g2gbench.scenario import Scenario, load, loads, resolved
from g2gbench.scenario.model.masking import secrets_of
from g2gbench.store.origin import NOWHERE, Origin, scenario_of
from g2gbench.store.redaction import Redactor

TEXT = """\
name: cloud
target: {kind: service, url: 'ws://127.0.0.1:9', api_key: '${CLOUD_KEY}', model: lucy-2.1}
"""
KEY = {"CLOUD_KEY": "sk-very-secret"}


def facts(origin: Origin, scenario: Scenario) -> dict[str, Any]:
    """As a run directory keeps them."""
    redactor = Redactor(secrets_of(scenario))
    kept = {
        **origin.without_secrets(secrets_of(scenario)).as_plain(),
        "scenario": redactor.data(resolved(scenario)),
    }
    read: dict[str, Any] = json.loads(json.dumps(kept))
    return read


def test_the_scenario_is_read_again_with_its_secret_from_the_environment() -> None:
    scenario = loads(TEXT, environment=KEY)
    kept = facts(Origin(TEXT), scenario)
    assert "sk-very-secret" not in json.dumps(kept)
    assert scenario_of(kept, KEY) == scenario
    assert secrets_of(scenario_of(kept, {"CLOUD_KEY": "a-newer-key"})) == (
        SecretStr("a-newer-key"),
    )
    with pytest.raises(InputError, match="CLOUD_KEY is not set"):
        scenario_of(kept, {})


def test_what_was_overridden_is_overridden_again() -> None:
    changes = ("session.duration=7s", "publish.codec=h264")
    scenario = loads(TEXT, overrides=changes, environment=KEY)
    kept = facts(Origin(TEXT, "", changes), scenario)
    assert scenario_of(kept, KEY) == scenario


def test_files_beside_the_scenario_are_found_again(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("bad: {uplink: {delay: 90ms}}\n", encoding="utf-8")
    file = tmp_path / "scenario.yaml"
    text = "name: a\ntarget: {kind: loopback, model: lucy-2.1}\n"
    text += "profiles: mine.yaml\nnetwork: {profile: bad}\n"
    file.write_text(text, encoding="utf-8")
    scenario = load(file)
    kept = facts(Origin(text, str(file)), scenario)
    assert scenario_of(kept, {}) == scenario
    (tmp_path / "mine.yaml").write_text("bad: {uplink: {delay: 91ms}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"not the one that was run: profiles\.bad\.uplink"):
        scenario_of(kept, {})


def test_a_secret_that_stood_in_the_scenario_needs_its_file(tmp_path: Path) -> None:
    text = TEXT.replace("${CLOUD_KEY}", "sk-in-the-file")
    file = tmp_path / "cloud.yaml"
    file.write_text(text, encoding="utf-8")
    scenario = load(file)
    kept = facts(Origin(text, str(file)), scenario)
    assert "sk-in-the-file" not in json.dumps(kept)
    with pytest.raises(InputError, match="g2gbench run SCENARIO --resume"):
        scenario_of(kept, {})
    assert scenario_of(kept, {}, file=file) == scenario


def test_a_secret_among_the_overrides_needs_them_again(tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text(TEXT, encoding="utf-8")
    change = ("target.api_key=sk-given",)
    scenario = load(file, overrides=change, environment={})
    kept = facts(Origin(TEXT, str(file), change), scenario)
    with pytest.raises(InputError, match="is not kept"):
        scenario_of(kept, {})
    assert scenario_of(kept, {}, file=file, overrides=change) == scenario


def test_another_scenario_is_refused_by_what_differs(tmp_path: Path) -> None:
    kept = facts(Origin(TEXT), loads(TEXT, environment=KEY))
    file = tmp_path / "other.yaml"
    file.write_text(f"{TEXT}repeat: 4\npublish: {{codec: h264}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"run: publish\.codec, repeat differ\. "):
        scenario_of(kept, KEY, file=file)


def test_a_text_that_was_changed_is_refused() -> None:
    kept = facts(Origin(TEXT), loads(TEXT, environment=KEY))
    kept["scenario_text"] += "repeat: 9\n"
    with pytest.raises(InputError, match="its hash is another one"):
        scenario_of(kept, KEY)


def test_a_run_without_a_text_has_the_hash_of_none() -> None:
    assert NOWHERE.as_plain()["scenario_text"] == ""
