"""What the link is told at the start of a trial, and what it is told later."""

from __future__ import annotations

import pytest

from g2gbench.link.emulation import LinkSettings as EmulatedLink
from g2gbench.scenario import PROFILES, Scenario, cells, loads
from g2gbench.trial.link_plan import directions, link_changes, link_plan
from g2gbench.trial.plan import PlannedTrial
from tests.scenario.texts import scenario

SERVICE = "name: a\ntarget: {kind: service, model: lucy-2.1, api_key: k}\n"
LIVEKIT = (
    "name: a\ntarget: {kind: livekit, model: lucy-2.1, url: 'ws://h', api_key: k, api_secret: s}\n"
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
    both = directions(scenario("", f"network.profile={profile}").network.resolved())
    assert set(both) == {"uplink", "downlink"}
    for settings in both.values():
        EmulatedLink(**settings)


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
