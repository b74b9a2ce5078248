from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from g2gbench.analysis.comparability import (
    Conditions,
    differences,
    fingerprint,
    machine_differences,
    not_allowed,
)

SCENARIO: dict[str, Any] = {
    "name": "wifi",
    "target": {"kind": "service", "url": "wss://one", "api_key": "***", "model": "lucy"},
    "publish": {"codec": "vp8", "max_bitrate": "2Mbps"},
    "network": {"profile": "wifi", "uplink": None},
    "matrix": {},
    "repeat": 5,
}
MACHINE = {"cores": 2, "memory_bytes": 8, "processor": "x", "architecture": "y", "system": "z"}
BASE = Conditions(SCENARIO, {**MACHINE, "release": "1"}, "0.1.0", frozenset({"native"}))


def changed(**fields: Any) -> Conditions:
    return replace(BASE, scenario={**SCENARIO, **fields})


def names(candidate: Conditions, base: Conditions = BASE) -> list[str]:
    return [one.name for one in differences(base, candidate)]


def test_runs_of_one_thing_are_alike() -> None:
    assert names(BASE) == []
    assert names(changed(repeat=9, name="other", description="x", expect=["fps > 1"])) == []
    elsewhere = {**SCENARIO["target"], "url": "wss://two", "api_key": None}
    assert names(changed(target=elsewhere)) == []


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("publish", {"codec": "h264", "max_bitrate": "2Mbps"}, "publish.codec"),
        ("network", {"profile": "wifi"}, None),
        ("network", {"profile": "lte", "uplink": None}, "network.profile"),
        ("seed", 2, "seed"),
    ],
)
def test_a_field_that_differs_is_named(field: str, value: object, name: str | None) -> None:
    assert names(changed(**{field: value})) == ([name] if name else [])


def test_of_a_field_that_both_vary_the_cell_tells() -> None:
    varied = {"matrix": {"publish.codec": ["vp8"]}}
    one = changed(**varied)
    other = changed(publish={"codec": "av1", "max_bitrate": "2Mbps"}, **varied)
    assert names(other, one) == []
    assert names(other) == ["publish.codec"]


def test_a_section_that_only_one_side_has_is_one_difference() -> None:
    delayed = {"profile": None, "uplink": {"delay": "60ms", "loss": "0%", "queue": None}}
    found = differences(BASE, changed(network=delayed))
    assert [str(one) for one in found] == [
        "network.profile: wifi and not there",
        "network.uplink: not there and {delay: 60ms, loss: 0%}",
    ]
    assert not_allowed(found, ["network"]) == ()
    long = changed(publish={"codec": "x" * 500, "max_bitrate": "2Mbps"})
    assert len(differences(BASE, long)[0].candidate) == 60


@pytest.mark.parametrize("key", MACHINE)
def test_another_machine_is_named(key: str) -> None:
    assert names(replace(BASE, machine={**BASE.machine, key: 77})) == [f"machine.{key}"]


def test_a_newer_kernel_is_no_other_machine() -> None:
    assert names(replace(BASE, machine={**BASE.machine, "release": "2"})) == []


def test_another_version_client_or_marker_is_named() -> None:
    assert names(replace(BASE, version="0.2.0")) == ["g2gbench"]
    assert names(replace(BASE, clients=frozenset({"browser"}))) == ["client"]
    assert names(replace(BASE, clients=frozenset())) == []
    marked = replace(BASE, markers=frozenset({"v1"}))
    assert names(replace(BASE, markers=frozenset({"v2"})), marked) == ["marker"]


def test_a_difference_is_let_through_by_its_name_or_what_it_lies_below() -> None:
    found = differences(BASE, changed(publish={"codec": "av1", "max_bitrate": "1Mbps"}))
    assert [one.name for one in found] == ["publish.codec", "publish.max_bitrate"]
    assert not_allowed(found, []) == found
    assert [one.name for one in not_allowed(found, ["publish.codec"])] == ["publish.max_bitrate"]
    assert not_allowed(found, ["publish"]) == not_allowed(found, ["all"]) == ()
    assert not_allowed(found, ["pub"]) == found
    assert str(found[0]) == "publish.codec: vp8 and av1"


def test_a_fingerprint_is_that_of_what_is_compared() -> None:
    assert fingerprint(SCENARIO) == fingerprint({**SCENARIO, "repeat": 9, "name": "other"})
    assert fingerprint(SCENARIO) != fingerprint({**SCENARIO, "seed": 2})
    assert fingerprint(SCENARIO) != fingerprint({**SCENARIO, "matrix": {"publish.codec": ["a"]}})


def test_memory_that_differs_by_what_a_kernel_keeps_is_the_same_machine() -> None:
    one = {"cores": 2, "memory_bytes": 25_000_000_000, "processor": "x"}
    assert machine_differences(one, {**one, "memory_bytes": 25_000_000_000 - 148_000}) == ()
    assert machine_differences(one, {**one, "memory_bytes": 24_750_000_000}) == ()
    assert machine_differences(one, {**one, "memory_bytes": 24_749_999_999}) == ("memory_bytes",)
    assert machine_differences(one, {**one, "memory_bytes": None}) == ("memory_bytes",)
    assert machine_differences(one, {**one, "cores": 4}) == ("cores",)
