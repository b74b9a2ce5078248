"""Many trials of the instrument itself, where one of its parts cannot start."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from g2gbench.analysis.verdict import CellPlan
from g2gbench.errors import FaultError
from g2gbench.process import spawn
from g2gbench.scenario import loads
from g2gbench.store.run_directory import RunDirectory
from g2gbench.workflow import trial_series
from tests.e2e.sessions import passthrough
from tests.workflow.begun import Begun


@dataclass(frozen=True)
class Condition:
    name: str


async def test_an_instrument_that_cannot_start_ends_it_at_the_first_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(*_: object, **__: object) -> spawn.Child[Any]:
        raise spawn.ChildLost("the client process ended (status 1) before it was ready")

    monkeypatch.setattr(spawn.Child, "start", start)
    conditions = [Condition("one"), Condition("two")]
    plans = [CellPlan(condition.name, 1) for condition in conditions]
    directory = RunDirectory.create(
        tmp_path, "tested", now=datetime.now(UTC), plans=plans, scenario={}
    )
    begun = Begun()
    trials = trial_series.run_conditions(
        directory,
        conditions,
        lambda _: loads(passthrough()),
        seed=1,
        progress=begun,
        stop=asyncio.Event(),
    )
    with pytest.raises(FaultError, match=r"cannot start.*before it was ready; see "):
        await anext(trials)
    assert begun.names == ["one"]
