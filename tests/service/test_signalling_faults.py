from __future__ import annotations

import json

import pytest

from g2gbench.process.message import from_json
from g2gbench.scenario import SignallingFaultsSection
from g2gbench.scenario.model.faults import GARBAGE_KINDS
from g2gbench.service.actions import Abort, KillWorker, Stall
from g2gbench.service.plan import ServicePlan
from g2gbench.service.signalling_faults import GARBAGE, NO_FAULTS, FaultSchedule, SignallingFaults
from tests.service.services import MODEL, host_settings

S = 1_000_000_000


def test_a_scenario_may_ask_for_every_kind_of_garbage() -> None:
    assert tuple(GARBAGE) == GARBAGE_KINDS


def test_what_a_scenario_asks_for_is_understood_over_a_pipe() -> None:
    asked = SignallingFaultsSection.model_validate(
        {
            "refuse_key": True,
            "queue": "20s",
            "acks": "never",
            "drop_after": "1500ms",
            "drop_after_messages": 3,
            "kill_worker_after": "5s",
            "stall_after": "2s",
            "stall_for": "3s",
            "garbage": ["huge", "binary"],
            "garbage_every": "500ms",
            "sessions": 2,
        }
    )
    told = ServicePlan(MODEL, host_settings(), SignallingFaults.of(asked)).to_json()
    assert from_json(told, (ServicePlan,)).faults == SignallingFaults(
        refuse_key=True,
        queue_s=20.0,
        acks="never",
        drop_after_s=1.5,
        drop_after_messages=3,
        kill_worker_after_s=5.0,
        stall_after_s=2.0,
        stall_s=3.0,
        garbage=("huge", "binary"),
        garbage_every_s=0.5,
        sessions=2,
    )


def test_a_scenario_that_asks_for_nothing_gets_nothing() -> None:
    assert SignallingFaults.of(SignallingFaultsSection()) == NO_FAULTS
    assert ServicePlan(MODEL, host_settings()).faults == NO_FAULTS


def test_unknown_garbage_is_refused() -> None:
    with pytest.raises(ValueError, match=r"garbage \['tea'\]; no-json, "):
        SignallingFaults(garbage=("no-json", "tea"))


def test_a_queue_has_positions_that_change_unless_more_were_set() -> None:
    assert NO_FAULTS.queue(2, 1.5) == (2, 1.5)
    assert SignallingFaults(queue_s=9).queue(0, 1) == (3, 3.0)
    assert SignallingFaults(queue_s=10).queue(5, 1) == (5, 2.0)


def test_garbage_is_none_of_the_protocols_messages() -> None:
    for kind, frame in GARBAGE.items():
        if kind == "no-json":
            with pytest.raises(ValueError, match="Unterminated"):
                json.loads(frame)
        elif kind == "binary":
            assert isinstance(frame, bytes)
        else:
            message = json.loads(frame)
            assert message.get("type") in (None, "hologram", "generation_tick")
    assert 500_000 < len(GARBAGE["huge"]) < 1 << 20


def test_what_is_due_happens_in_the_order_of_its_times() -> None:
    schedule = FaultSchedule(
        SignallingFaults(drop_after_s=1, kill_worker_after_s=3, stall_after_s=2, stall_s=7)
    )
    assert schedule.advance(now_ns=9 * S) == []
    schedule.begin(now_ns=10 * S)
    next_ns = schedule.next_ns
    assert next_ns == 11 * S
    assert schedule.advance(now_ns=11 * S - 1) == []
    drop, stall, kill = schedule.advance(now_ns=20 * S)
    assert (type(drop), stall, kill) == (Abort, Stall(7), KillWorker())
    assert schedule.next_ns is None
