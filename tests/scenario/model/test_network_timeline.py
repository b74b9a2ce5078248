"""What a network does over time, point by point."""

from __future__ import annotations

import json

import pytest

from g2gbench.scenario import PROFILES, parse_trace
from g2gbench.scenario.model.network_timeline import (
    Course,
    Point,
    of_profile,
    of_scenario,
    of_trace,
)
from tests.scenario.texts import scenario

STAIRS = parse_trace(b"time,capacity,delay,loss\n0s,2Mbps,10ms,\n1s,,20ms,5%\n", "s", "s")


def at(course: Course, direction: str, at_s: float) -> Point:
    return next(p for p in reversed(course.series(direction)) if p.at_s <= at_s + 1e-9)


def test_a_still_profile_is_the_same_all_the_time() -> None:
    course = of_profile("wifi", PROFILES["wifi"])
    assert {p[1:] for p in course.series("uplink")} == {(10e6, 12.0, 0.001)}
    assert {p[1:] for p in course.series("downlink")} == {(20e6, 12.0, 0.001)}
    assert course.source == PROFILES["wifi"].source


def test_without_effect_capacity_is_unlimited() -> None:
    points = of_profile("none", PROFILES["none"]).series("uplink")
    assert {p[1:] for p in points} == {(None, 0.0, 0.0)}


def test_a_trace_replaces_the_figures_that_it_gives_and_repeats() -> None:
    network = scenario("network: {uplink: {}}\nsession: {warmup: 0s, duration: 5s}\n")
    link = network.links()[0].model_copy(
        update={"trace": STAIRS, "capacity": 7_000_000, "loss": 0.5}
    )
    uplink = network.network.model_copy(update={"uplink": link})
    course = of_scenario(network.model_copy(update={"network": uplink}), "a")
    assert at(course, "uplink", 0.5)[1:] == (2e6, 10.0, 0.5)
    assert at(course, "uplink", 1.5)[1:] == (7e6, 20.0, 0.05)
    assert at(course, "uplink", 2.5)[1:] == (2e6, 10.0, 0.5)


def test_the_trace_of_the_first_network_has_run_for_the_warm_up() -> None:
    text = "network: {{uplink: {{trace: scenarios/traces/stairs.csv}}}}\nsession: {{warmup: {}}}\n"
    cold, warm = (of_scenario(scenario(text.format(s)), "a") for s in ("0s", "6s"))
    assert at(cold, "uplink", 0).capacity_bps == 4e6
    assert at(warm, "uplink", 0).capacity_bps == at(cold, "uplink", 6).capacity_bps == 2e6


def test_a_change_begins_its_traces_anew() -> None:
    course = of_scenario(
        scenario("timeline: [{at: 7s, network: {uplink: {trace: scenarios/traces/stairs.csv}}}]\n"),
        "a",
    )
    assert at(course, "uplink", 6.8).capacity_bps is None
    assert at(course, "uplink", 11.8).capacity_bps == 4e6
    assert at(course, "uplink", 12).capacity_bps == 2e6


def test_a_change_shorter_than_a_step_is_seen_at_its_worst() -> None:
    text = """
session: {duration: 60min}
timeline: [{at: 1s, for: 1ms, network: {profile: blackout}}]
"""
    course = of_scenario(scenario(text), "a")
    assert course.step_s == 1.8
    points = course.series("downlink")
    assert [p.at_s for p in points if p.capacity_bps == 0] == [0.0]
    assert points[0].loss == 1.0
    assert points[1][1:] == (None, 0.0, 0.0)


def test_a_change_at_0_leaves_nothing_of_the_first_network() -> None:
    text = "timeline: [{at: 0s, network: {profile: lossy}}]\n"
    course = of_scenario(scenario(text), "a")
    assert [phase.label for phase in course.phases] == ["lossy"]


def test_a_trace_is_shown_once_through() -> None:
    course = of_trace(STAIRS)
    assert (course.until_s, list(course.phases[0].links)) == (2.0, ["trace"])
    assert len(course.series("trace")) == 20
    assert STAIRS.sha256 in course.about


def test_opportunities_are_shown_as_the_capacity_they_make() -> None:
    trace = parse_trace("".join(f"{n}\n" for n in range(1, 1001)).encode(), "a", "a")
    capacities = [p.capacity_bps for p in of_trace(trace).series("trace")]
    # The first comes 1 ms after the begin, the last at the very end.
    assert capacities == pytest.approx([11.88e6, *[12e6] * 8, 12.12e6])


def test_the_document_is_json_and_has_everything() -> None:
    text = "timeline: [{at: 2s, for: 1s, network: {profile: blackout}}]\n"
    document = of_scenario(scenario(text), "a").document
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [phase["label"] for phase in document["phases"]] == ["none", "blackout", "back to none"]
    assert document["phases"][1]["uplink"]["blackout"] is True
    assert len(document["series"]["uplink"]) == len(document["series"]["downlink"]) == 200
    assert document["series"]["uplink"][20] == {
        "at_s": 2.0, "capacity_bps": 0.0, "delay_ms": 12.0, "loss": 1.0,
    }  # fmt: skip
