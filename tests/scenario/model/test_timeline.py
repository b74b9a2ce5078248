"""A timeline becomes one flat list in order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from g2gbench.scenario import Scenario, changes, label, loads
from g2gbench.scenario.model.scenario import MOST_TIMELINE_ENTRIES
from tests.drawn import drawn
from tests.scenario.strategies import documents
from tests.scenario.texts import scenario, yaml_of


def listed(text: str, *overrides: str) -> list[tuple[float, str]]:
    return [(c.at_s, c.label) for c in changes(scenario(text, *overrides))]


def test_without_a_timeline_nothing_happens() -> None:
    assert changes(scenario()) == ()


def test_an_entry_without_more_is_one_change() -> None:
    assert listed("timeline: [{at: 2s, network: {profile: lte}}]\n") == [(2, "lte")]


def test_a_network_and_a_prompt_of_one_entry_come_in_this_order() -> None:
    network, prompt = changes(
        scenario("timeline: [{at: 2s, prompt: a beach, network: {profile: lte}}]\n")
    )
    assert (network.label, network.prompt, prompt.prompt) == ("lte", None, "a beach")
    assert (prompt.label, prompt.network) == ("prompt", None)
    assert network.entry == prompt.entry == 0


def test_after_for_the_network_from_before_is_back() -> None:
    text = """
network: {profile: wifi}
timeline:
  - {at: 2s, for: 1s, network: {profile: blackout}}
  - {at: 5s, network: {profile: lte}}
  - {at: 8s, for: 500ms, network: {profile: blackout}}
"""
    assert listed(text) == [
        (2, "blackout"), (3, "back to wifi"), (5, "lte"), (8, "blackout"), (8.5, "back to lte"),
    ]  # fmt: skip
    found = changes(scenario(text))
    assert [change.ends for change in found] == [False, True, False, False, True]
    assert found[1].network == scenario(text).network
    assert found[4].network == found[2].network


def test_every_repeats_as_often_as_it_fits_with_its_end() -> None:
    text = "timeline: [{{at: 2s, every: 6s, for: {}, network: {{profile: blackout}}}}]\n"
    ends = [at_s for at_s, name in listed(text.format("1s")) if name.startswith("back")]
    assert ends == [3, 9, 15]
    assert len(listed(text.format("5s"))) == 2 * 3  # 2 to 7, 8 to 13, 14 to 19
    starts = [at_s for at_s, _ in listed("timeline: [{at: 2s, every: 6s, prompt: a}]\n")]
    assert starts == [2, 8, 14]


def test_an_end_at_the_very_end_of_the_session_fits() -> None:
    text = "timeline: [{at: 2s, every: 6s, for: 1s, network: {profile: blackout}}]\n"
    assert listed(text, "session.duration=15s")[-1] == (15, "back to none")


def test_count_says_how_often_at_most() -> None:
    assert [at for at, _ in listed("timeline: [{at: 1s, every: 2s, count: 3, prompt: a}]\n")] == [
        1, 3, 5,
    ]  # fmt: skip


def test_repetitions_fall_on_exact_times() -> None:
    text = "timeline: [{at: 100ms, every: 100ms, prompt: a}]\n"
    times = [at_s for at_s, _ in listed(text, "session.duration=2s")]
    assert times == [round(0.1 * n, 1) for n in range(1, 20)]


def test_a_change_at_the_moment_of_an_end_takes_its_place() -> None:
    text = """
timeline:
  - {at: 2s, for: 3s, network: {profile: blackout}}
  - {at: 5s, network: {profile: lte}}
"""
    assert listed(text) == [(2, "blackout"), (5, "lte")]


def test_prompts_may_fall_into_a_network_that_lasts() -> None:
    text = """
timeline:
  - {at: 2s, for: 3s, network: {profile: blackout}}
  - {at: 3s, prompt: a}
"""
    assert listed(text) == [(2, "blackout"), (3, "prompt"), (5, "back to none")]


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("{}", "none"),
        ("{profile: wifi}", "wifi"),
        ("{uplink: {loss: 5%}}", "uplink: loss 5%"),
        ("{uplink: {}}", "uplink: no effect"),
        (
            "{profile: wifi, downlink: {blackout: true, queue: 9packets, capacity: 1Mbps}}",
            "wifi; downlink: capacity 1Mbps, queue 9packets, blackout",
        ),
        (
            "{uplink: {trace: scenarios/traces/lte-drive.up}}",
            "uplink: trace scenarios/traces/lte-drive.up",
        ),
    ],
)
def test_a_network_is_named_by_what_is_written(network: str, name: str) -> None:
    assert label(scenario(f"network: {network}\n").network) == name


def test_a_thousand_changes_are_allowed() -> None:
    text = f"""
session: {{duration: 60min}}
timeline: [{{at: 0s, every: 2s, count: {MOST_TIMELINE_ENTRIES}, prompt: a}}]
"""
    assert len(changes(scenario(text))) == MOST_TIMELINE_ENTRIES


@drawn(10, 300, document=documents())
def test_changes_are_in_order_within_the_session_and_each_end_follows_its_begin(
    document: dict[str, object],
) -> None:
    it: Scenario = loads(yaml_of(document))
    found = changes(it)
    times = [change.at_s for change in found]
    assert times == sorted(times)
    assert all(0 <= at_s <= it.session.duration for at_s in times)
    networks = [change for change in found if change.network is not None]
    for before, after in pairwise(networks):
        assert before.at_s < after.at_s
        if after.ends:
            assert before.entry == after.entry
