"""Plan and commands of the link's process: they arrive as sent, and nonsense is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities, Step, Steps, Trace
from g2gbench.process.message import Message, from_json

NOTHING = LinkSettings()
OPPORTUNITIES = Opportunities((0, 3, 3, 7))
STEPS = Steps((Step(0, 1e6, None, 0.1), Step(2, None, 0.1, None), Step(2.5, 0)), 4.0)
FULL = LinkSettings(
    overhead_bytes=20,
    queue_packets=10,
    queue_bytes=9000,
    queue_s=0.2,
    queue_discipline="codel",
    capacity_bps=2e6,
    trace=STEPS,
    loss=0.01,
    avg_burst_loss_length=3.0,
    delay_s=0.05,
    jitter_s=0.01,
    jitter_correlation_s=0.2,
    allow_reordering=True,
    duplication=0.02,
    blackout=True,
)


@pytest.mark.parametrize("trace", [None, OPPORTUNITIES, STEPS], ids=["none", "moments", "steps"])
def test_each_kind_of_trace_arrives_as_it_was_sent(trace: Trace | None) -> None:
    plan = LinkPlan(Directions(LinkSettings(trace=trace), NOTHING), 1)
    found = from_json(plan.to_json(), (LinkPlan,))
    assert found == plan
    assert type(found.directions.uplink.trace) is type(trace)
    change = Directions(NOTHING, LinkSettings(trace=trace))
    assert from_json(change.to_json(), (Directions,)) == change


def test_every_setting_arrives_as_it_was_sent() -> None:
    same = [f.name for f in dataclasses.fields(FULL) if getattr(FULL, f.name) == f.default]
    assert same == []
    sent = Directions(FULL, LinkSettings(delay_s=1))
    assert from_json(sent.to_json(), (Directions,)) == sent


def test_everything_else_of_a_plan_arrives_as_it_was_sent() -> None:
    plan = LinkPlan(
        Directions(NOTHING, FULL),
        seed=7,
        service_url="ws://127.0.0.1:9/räume",
        packet_log=Path("/some where/packets"),
        routed=True,
        reach=(("127.0.0.1", 7882), ("::1", 3478)),
    )
    left = [f.name for f in dataclasses.fields(plan) if getattr(plan, f.name) == f.default]
    assert left == []
    found = from_json(plan.to_json(), (LinkPlan,))
    assert found == plan
    assert isinstance(found.packet_log, Path)


@pytest.mark.parametrize(
    "answer",
    [
        LinkReady("ws://127.0.0.1:9"),
        LinkReady("ws://127.0.0.1:9", (("127.0.0.1", 7882), ("::1", 3478))),
        LinkCounts({"uplink.packets": 3, "late_max_us": 0}),
    ],
    ids=repr,
)
def test_what_the_link_answers_arrives_as_it_was_sent(answer: Message) -> None:
    kinds: tuple[type[Message], ...] = (LinkReady, LinkCounts)
    assert from_json(answer.to_json(), kinds) == answer


def test_settings_that_a_line_leaves_out_do_nothing_to_packets() -> None:
    line = '{"Directions":{"uplink":{},"downlink":{"trace":null}}}'
    assert from_json(line, (Directions,)) == Directions(NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("uplink", "words"),
    [
        ({"delay_s": -1}, "delay_s -1; 0.. is allowed"),
        ({"loss": 1.5}, "loss 1.5; 0..1 is allowed"),
        ({"loss": 0.9, "avg_burst_loss_length": 2}, "avg_burst_loss_length 2 with loss 0.9"),
        ({"delay_s": "1ms"}, 'wrong value type for field "directions.uplink.delay_s"'),
        ({"queue_packets": 1.5}, 'to any type|wrong value type for field "directions.uplink'),
        ({"queue_discipline": "red"}, 'field "directions.uplink.queue_discipline"'),
        ({"latency_s": 1}, 'can not match "latency_s" to any data class field'),
        (None, 'field "directions.uplink" - should be "LinkSettings" instead of value "None"'),
    ],
)
def test_a_setting_that_no_link_can_have_is_refused_in_words(uplink: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        from_json(_line(uplink), (LinkPlan,))


@pytest.mark.parametrize(
    "trace",
    [
        {},
        [],
        "lte",
        {"at_ms": []},
        {"at_ms": [3, 2]},
        {"at_ms": ["1"]},
        {"rows": [], "period_s": 1},
        {"rows": [[0], [0]], "period_s": 1},
        {"rows": [[0, -1]], "period_s": 1},
        {"rows": [[0, None, None, None, 1]], "period_s": 1},
        {"rows": [[]], "period_s": 1},
        {"rows": [{"at_s": 0}], "period_s": 1},
        {"rows": [[0]]},
        {"kind": "sine"},
    ],
    ids=json.dumps,
)
def test_a_trace_that_is_none_is_refused_with_its_place(trace: Any) -> None:
    words = r'^LinkPlan: can not match .* to any type of "directions\.uplink\.trace" union: '
    with pytest.raises(ValueError, match=words):
        from_json(_line({"trace": trace}), (LinkPlan,))


def test_a_trace_may_not_stand_beside_what_it_excludes() -> None:
    uplink = {"trace": {"at_ms": [1]}, "capacity_bps": 1e6}
    with pytest.raises(ValueError, match="one of them is allowed"):
        from_json(_line(uplink), (LinkPlan,))


def _line(uplink: Any) -> str:
    return json.dumps({"LinkPlan": {"directions": {"uplink": uplink, "downlink": {}}, "seed": 1}})
