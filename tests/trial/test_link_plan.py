"""What the link is told at the start of a trial, and what it is told later."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from g2gbench.link.settings import LinkSettings as EmulatedLink
from g2gbench.link.traces import Opportunities
from g2gbench.scenario import PROFILES, Scenario, cells, loads
from g2gbench.trial.link_plan import directions, impaired, link_changes, link_plan
from g2gbench.trial.plan import PlannedTrial
from tests.scenario.texts import scenario

SERVICE = "name: a\ntarget: {kind: service, model: lucy-2.1, api_key: a-key-1}\n"
LIVEKIT = (
    "name: a\ntarget: {kind: livekit, model: lucy-2.1, url: 'ws://h', "
    "api_key: a-key-1, api_secret: a-secret}\n"
)


def _trial(it: Scenario) -> PlannedTrial:
    return PlannedTrial(cells(it)[0], 0, 7)


@pytest.mark.parametrize("it", [scenario(), loads(LIVEKIT)], ids=["loopback", "livekit"])
def test_where_the_service_is_ours_the_link_is_there_also_when_it_changes_nothing(
    it: Scenario,
) -> None:
    assert link_plan(_trial(it)) == {"uplink": {}, "downlink": {}, "seed": 7}


def test_before_a_service_the_link_is_there_only_when_the_network_is_impaired() -> None:
    assert link_plan(_trial(loads(SERVICE))) is None
    assert link_plan(_trial(loads(SERVICE + "network: {profile: wifi}\n"))) is not None


def test_a_network_that_is_impaired_later_has_its_link_from_the_start() -> None:
    it = loads(SERVICE + "timeline: [{at: 1s, network: {profile: wifi}}]\n")
    assert link_plan(_trial(it)) == {"uplink": {}, "downlink": {}, "seed": 7}


def test_each_direction_is_told_in_the_terms_of_the_link() -> None:
    network = """
network:
  uplink: {delay: 20ms, capacity: 1Mbps, loss: 2%, queue: 200ms}
  downlink: {delay: 5ms, capacity: 2Mbps, queue: 50 packets}
"""
    told = link_plan(_trial(scenario(network)))
    assert told is not None
    uplink = EmulatedLink(delay_s=0.02, capacity_bps=1e6, loss=0.02, queue_s=0.2)
    assert EmulatedLink(**told["uplink"]) == uplink
    downlink = EmulatedLink(delay_s=0.005, capacity_bps=2e6, queue_packets=50)
    assert EmulatedLink(**told["downlink"]) == downlink


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_one_that_the_link_can_be(profile: str) -> None:
    both = directions(PROFILES[profile].directions)
    assert set(both) == {"uplink", "downlink"}
    for settings in both.values():
        EmulatedLink.from_plan(json.loads(json.dumps(settings)))


def test_every_field_of_a_direction_reaches_the_link() -> None:
    link = EmulatedLink.from_plan(
        directions(
            scenario(
                """
network:
  uplink:
    {delay: 20ms, jitter: 4ms, jitter_correlation: 50ms, loss: 2%, burst: 3 packets, queue: 64kB,
    queue_discipline: codel, overhead: 12B, allow_reordering: true, duplication: 1%,
    blackout: true, trace: scenarios/traces/lte-drive.up}
"""
            ).links()
        )["uplink"]
    )
    neutral = EmulatedLink()
    same = [f.name for f in fields(link) if getattr(link, f.name) == getattr(neutral, f.name)]
    # Two more kinds of limit, and a capacity, cannot stand beside these.
    assert same == ["queue_packets", "queue_s", "capacity_bps"]
    assert (link.queue_bytes, link.queue_discipline, link.overhead_bytes) == (64_000, "codel", 12)
    assert (link.loss, link.avg_burst_loss_length, link.duplication) == (0.02, 3, 0.01)
    assert (link.delay_s, link.delay_standard_deviation_s) == (0.02, 0.004)
    assert (link.delay_correlation_s, link.allow_reordering, link.blackout) == (0.05, True, True)
    assert isinstance(link.trace, Opportunities)
    assert len(link.trace.at_ms) > 1000


def test_a_network_that_passes_is_changed_back() -> None:
    it = scenario(
        "network: {profile: wifi}\n"
        "timeline: [{at: 2s, every: 5s, for: 1s, network: {profile: blackout}}]\n"
    )
    changes = link_changes(it)
    assert [at_s for at_s, _, _ in changes] == [2, 3, 7, 8, 12, 13, 17, 18]
    assert [name for _, name, _ in changes[:2]] == ["blackout", "back to wifi"]
    assert changes[0][2]["uplink"]["blackout"] is True
    assert changes[1][2] == directions(PROFILES["wifi"].directions)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),
        ("network: {profile: lossy}\n", True),
        ("timeline: [{at: 1s, network: {profile: none}}]\n", False),
        ("timeline: [{at: 1s, for: 1s, network: {profile: blackout}}]\n", True),
    ],
)
def test_a_network_is_impaired_if_it_is_at_any_time(more: str, expected: bool) -> None:
    assert impaired(scenario(more)) is expected


def test_changes_of_the_network_come_at_their_times_and_in_order() -> None:
    timeline = """
timeline:
  - {at: 2s, network: {uplink: {loss: 10%}}}
  - {at: 4s, prompt: "a beach"}
  - {at: 6s, network: {profile: none}}
"""
    changes = link_changes(scenario(timeline))
    assert [at_s for at_s, _, _ in changes] == [2, 6]
    assert changes[0][2]["uplink"]["loss"] == 0.1
    assert changes[1][2] == {"uplink": {}, "downlink": {}}
