"""The link's plan at the start of a trial, and its changes."""

from __future__ import annotations

from dataclasses import fields

import pytest

from g2gbench.link.plan import Directions
from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities
from g2gbench.process.message import from_json
from g2gbench.scenario import PROFILES, Scenario, loads
from g2gbench.trial.link_plan import directions, impaired, link_at_start, link_changes
from tests.scenario.texts import scenario

UNIMPAIRED = Directions(LinkSettings(), LinkSettings())
SERVICE = "name: a\ntarget: {kind: service, model: lucy-2.1, api_key: a-key-1}\n"
LIVEKIT = (
    "name: a\ntarget: {kind: livekit, model: lucy-2.1, url: 'ws://h', "
    "api_key: a-key-1, api_secret: a-secret}\n"
)


@pytest.mark.parametrize("it", [scenario(), loads(LIVEKIT)], ids=["loopback", "livekit"])
def test_where_the_service_is_ours_the_link_is_there_also_when_it_changes_nothing(
    it: Scenario,
) -> None:
    assert link_at_start(it) == UNIMPAIRED


def test_before_a_service_the_link_is_there_only_when_the_network_is_impaired() -> None:
    assert link_at_start(loads(SERVICE)) is None
    assert link_at_start(loads(SERVICE + "network: {profile: wifi}\n")) is not None


def test_a_network_that_is_impaired_later_has_its_link_from_the_start() -> None:
    it = loads(SERVICE + "timeline: [{at: 1s, network: {profile: wifi}}]\n")
    assert link_at_start(it) == UNIMPAIRED


def test_each_direction_is_told_in_the_terms_of_the_link() -> None:
    network = """
network:
  uplink: {delay: 20ms, capacity: 1Mbps, loss: 2%, queue: 200ms}
  downlink: {delay: 5ms, capacity: 2Mbps, queue: 50 packets}
"""
    told = link_at_start(scenario(network))
    assert told is not None
    uplink = LinkSettings(delay_s=0.02, capacity_bps=1e6, loss=0.02, queue_s=0.2)
    assert told.uplink == uplink
    downlink = LinkSettings(delay_s=0.005, capacity_bps=2e6, queue_packets=50)
    assert told.downlink == downlink


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_one_that_the_link_can_be(profile: str) -> None:
    both = directions(PROFILES[profile].directions)
    assert from_json(both.to_json(), (Directions,)) == both


def test_every_field_of_a_direction_reaches_the_link() -> None:
    both = directions(
        scenario(
            """
network:
  uplink:
    {delay: 20ms, jitter: 4ms, jitter_correlation: 50ms, loss: 2%, burst: 3 packets, queue: 64kB,
    queue_discipline: codel, overhead: 12B, allow_reordering: true, duplication: 1%,
    blackout: true, trace: scenarios/traces/lte-drive.up}
"""
        ).links()
    )
    link = from_json(both.to_json(), (Directions,)).uplink
    neutral = LinkSettings()
    same = [f.name for f in fields(link) if getattr(link, f.name) == getattr(neutral, f.name)]
    # Two more kinds of limit, and a capacity, cannot stand beside these.
    assert same == ["queue_packets", "queue_s", "capacity_bps"]
    assert (link.queue_bytes, link.queue_discipline, link.overhead_bytes) == (64_000, "codel", 12)
    assert (link.loss, link.avg_burst_loss_length, link.duplication) == (0.02, 3, 0.01)
    assert (link.delay_s, link.jitter_s) == (0.02, 0.004)
    assert (link.jitter_correlation_s, link.allow_reordering, link.blackout) == (0.05, True, True)
    assert isinstance(link.trace, Opportunities)
    assert len(link.trace.at_ms) > 1000


def test_a_network_that_passes_is_changed_back() -> None:
    it = scenario(
        "network: {profile: wifi}\n"
        "timeline: [{at: 2s, every: 5s, for: 1s, network: {profile: blackout}}]\n"
    )
    changes = link_changes(it)
    assert [change.at_s for change in changes] == [2, 3, 7, 8, 12, 13, 17, 18]
    assert [change.label for change in changes[:2]] == ["blackout", "back to wifi"]
    assert changes[0].directions.uplink.blackout
    assert changes[1].directions == directions(PROFILES["wifi"].directions)


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
    assert [change.at_s for change in changes] == [2, 6]
    assert changes[0].directions.uplink.loss == 0.1
    assert changes[1].directions == UNIMPAIRED
