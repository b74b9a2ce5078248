"""The JSON Schema agrees with the loader, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from g2gbench.scenario import json_schema, loads, resolved
from tests.drawn import drawn
from tests.scenario.strategies import documents
from tests.scenario.texts import yaml_of

HERE = Path(__file__).parents[1]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())

BEYOND_A_SCHEMA = frozenset(
    {
        "burst-of-everything",
        "burst-too-short",
        "client-camera",
        "client-content-hint",
        "client-display",
        "client-simulcast",
        "burst-without-loss",
        "codel-without-capacity",
        "correlation-without-jitter",
        "overhead-half-byte",
        "overhead-without-capacity",
        "profile-misspelt",
        "profile-own-misspelt",
        "profile-shadows",
        "queue-without-capacity",
        "source-content-of-a-file",
        "source-device-of-a-file",
        "source-no-file",
        "source-no-path",
        "source-path-of-a-camera",
        "timeline-count-alone",
        "timeline-count-end",
        "timeline-every-once",
        "timeline-for-end",
        "timeline-for-every",
        "timeline-for-prompt",
        "timeline-no-image",
        "timeline-overlap",
        "timeline-overlap-repeated",
        "timeline-profile",
        "timeline-too-many",
        "timeline-two-prompts",
        "trace-and-capacity",
        "trace-without-capacity",
        "bitrate-too-high",
        "duration-too-long",
        "duration-too-short",
        "environment-elsewhere",
        "expect-percent",
        "expect-unit",
        "loss-over-100",
        "matrix-duplicate",
        "matrix-overlap",
        "matrix-same-quantity",
        "matrix-value",
        "model-unknown",
        "playout-crossed",
        "playout-steps",
        "playout-too-long",
        "queue-half-packet",
        "quality-ascending",
        "quality-descending",
        "freeze-never",
        "freeze-without-end",
        "service-garbage",
        "service-sessions",
        "service-stall",
        "room-command-embedded",
        "size-too-small",
        "spread-over-mean",
        "timeline-after-end",
        "timeline-nothing",
        "timeline-order",
    }
)
"""What takes comparing fields, or numbers with units."""

IN_OTHER_FILES = frozenset(
    {"matrix-trace", "profiles-file-missing", "trace-missing", "trace-other-file"}
    | {f"trace-{what}" for what in ("backwards", "cells", "empty", "half-ms", "header", "range")}
    | {"trace-start", "trace-time", "trace-unit"}
)
"""What stands in a file that the scenario names."""

NOT_READABLE = frozenset(
    {"alias-of-itself", "alias-unknown", "duplicate-flow-key", "duplicate-key", "merge-key"}
    | {"syntax", "tag", "two-documents", "yaml-1-1", "empty"}
)
"""What is refused before there is a document to hold against a schema."""


def parsed(path: Path) -> Any:
    yaml: Any = YAML(typ="safe", pure=True)
    return yaml.load(path.read_text(encoding="utf-8"))


def test_the_schema_itself_is_valid_draft_2020_12() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(json_schema(), allow_nan=False)) == json_schema()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem)
        for path in sorted((HERE / "bad").glob("*.yaml"))
        if path.stem not in BEYOND_A_SCHEMA | IN_OTHER_FILES | NOT_READABLE
    ],
)
def test_a_mistake_that_a_schema_can_see_is_seen(path: Path) -> None:
    assert not VALIDATOR.is_valid(parsed(path))


@pytest.mark.parametrize("name", sorted(BEYOND_A_SCHEMA | IN_OTHER_FILES))
def test_the_list_of_what_a_schema_cannot_see_is_exact(name: str) -> None:
    assert VALIDATOR.is_valid(parsed(HERE / "bad" / f"{name}.yaml"))


@drawn(10, 300, document=documents())
def test_what_loads_is_valid_and_so_is_its_resolved_form(document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)
    VALIDATOR.validate(resolved(loads(yaml_of(document))))


def test_every_field_is_described() -> None:
    schema = json_schema()
    sections = [schema, *(d for d in schema["$defs"].values() if "properties" in d)]
    for section in sections:
        for name, field in section["properties"].items():
            if name != "kind":
                assert field.get("description"), f"{section['description']}: {name}"


def test_quantities_have_patterns_and_examples_with_units() -> None:
    bitrate = json_schema()["$defs"]["Publish"]["properties"]["max_bitrate"]
    assert "10kbps to 100Mbps" in bitrate["description"]
    assert (bitrate["examples"], bitrate["default"]) == (["2Mbps"], "2Mbps")
    assert "Mbps" in bitrate["pattern"]
