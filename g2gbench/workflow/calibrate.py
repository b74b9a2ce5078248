"""Calibration of this machine: sessions with known truths, and what the instrument made of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from g2gbench.analysis.calibration_errors import Findings, Injected, Measured, findings, measured
from g2gbench.analysis.verdict import CellPlan
from g2gbench.errors import G2GBenchError
from g2gbench.process.temporary import temporary_folder
from g2gbench.scenario import Scenario, loads, resolved
from g2gbench.store.run_directory import RunDirectory
from g2gbench.store.trial_directory import read_records
from g2gbench.trial.blocking import randomised_blocks
from g2gbench.workflow.trial_series import Done, Progress, run_conditions

SEED: Final = 1
FULL_REPEATS: Final = 5
SIZE: Final = "640x360"
FPS: Final = 30


@dataclass(frozen=True, slots=True)
class Condition:
    """One combination of truths: delays in ms, and faults of the worker as a scenario says."""

    name: str
    injected: Injected = field(default_factory=Injected)
    faults: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Effort:
    """Times and repeats of each condition; times in seconds."""

    conditions: tuple[Condition, ...]
    repeats: int
    warmup_s: float
    duration_s: float


_FREEZES: Final = (("freeze_every", 100),)
FULL: Final = Effort(
    conditions=(
        Condition("no delay"),
        Condition("service 50 ms", Injected(service_ms=50)),
        Condition("service 200 ms", Injected(service_ms=200)),
        Condition("uplink 20 ms", Injected(uplink_ms=20)),
        Condition("uplink 100 ms", Injected(uplink_ms=100)),
        Condition("downlink 20 ms", Injected(downlink_ms=20)),
        Condition("downlink 100 ms", Injected(downlink_ms=100)),
        Condition("drops 0.5 %", faults=(("drop_every", 200),)),
        Condition("drops 5 %", faults=(("drop_every", 20),)),
        Condition("duplicates 4 %", faults=(("duplicate_every", 25),)),
        Condition("swaps 4 %", faults=(("swap_every", 25),)),
        Condition("freezes of 300 ms", faults=(*_FREEZES, ("freeze", "300ms"))),
        Condition("freezes of 1 s", faults=(*_FREEZES, ("freeze", "1s"))),
        Condition("begin after 500 ms", faults=(("silent", "500ms"),)),
        Condition("begin after 2 s", faults=(("silent", "2s"),)),
    ),
    repeats=FULL_REPEATS,
    warmup_s=3.0,
    duration_s=6.0,
)
"""Each truth alone, five times: about 16 minutes."""

QUICK: Final = Effort(
    conditions=(
        Condition("no delay"),
        Condition("service 50 ms, drops", Injected(service_ms=50), (("drop_every", 20),)),
        Condition("uplink 20 ms, duplicates", Injected(uplink_ms=20), (("duplicate_every", 25),)),
        Condition("downlink 20 ms, swaps", Injected(downlink_ms=20), (("swap_every", 25),)),
        Condition(
            "service 200 ms, freezes",
            Injected(service_ms=200),
            (("freeze_every", 60), ("freeze", "300ms")),
        ),
        Condition("uplink 100 ms, late begin", Injected(uplink_ms=100), (("silent", "500ms"),)),
        Condition("downlink 100 ms, drops", Injected(downlink_ms=100), (("drop_every", 200),)),
    ),
    repeats=1,
    warmup_s=3.0,
    duration_s=6.0,
)
"""Truths together, once each: below two minutes."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Result of a calibration. ``left_out``: trials that were invalid or broke, and why."""

    taken: datetime
    quick: bool
    trials: int
    left_out: tuple[str, ...]
    findings: Findings


class NotCalibrated(G2GBenchError):  # noqa: N818 - says what happened
    """Too little could be measured for a calibration."""


def scenario_of(condition: Condition, effort: Effort) -> Scenario:
    """The scenario that injects a condition's truths."""
    injected = condition.injected
    faults = ", ".join(f"{name}: {value}" for name, value in condition.faults)
    return loads(
        f"""
name: calibration
target:
  kind: loopback
  model: calibration
  processing: {{mean: {injected.service_ms:g}ms, faults: {{{faults}}}}}
source: {{content: flat, size: {SIZE}, fps: {FPS}}}
network:
  uplink: {{delay: {injected.uplink_ms:g}ms}}
  downlink: {{delay: {injected.downlink_ms:g}ms}}
session: {{warmup: {effort.warmup_s:g}s, duration: {effort.duration_s:g}s, playout_delay: 0ms,
  fidelity: off}}
seed: {SEED}
"""
    )


def order(effort: Effort, seed: int = SEED) -> tuple[Condition, ...]:
    """Every condition once in each block, each block in an order of its own.

    The machine's drift then falls on all conditions alike.
    """
    return tuple(chain(*randomised_blocks([effort.conditions] * effort.repeats, seed)))


async def calibrate(
    *,
    quick: bool = False,
    out: Path | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Calibration:
    """Measure how wrong this instrument is on this machine, on the embedded room.

    Args:
        quick: truths together and once, instead of each alone and five times.
        out: where the trials' records are kept; None: nowhere.
        progress: receives each trial as it begins and ends.
        stop: ends it early.

    Raises NotCalibrated when it was stopped, or when no trial without a delay was valid.

    """
    stop = stop or asyncio.Event()
    with temporary_folder("calibrate") as nowhere:
        return await _calibrate(
            QUICK if quick else FULL, quick, out or nowhere, progress or Progress(), stop
        )


async def _calibrate(
    effort: Effort,
    quick: bool,
    root: Path,
    progress: Progress,
    stop: asyncio.Event,
) -> Calibration:
    conditions = order(effort)
    names = sorted({condition.name for condition in conditions})
    taken = datetime.now(UTC)
    directory = RunDirectory.create(
        root,
        "calibration",
        now=taken,
        plans=[CellPlan(name, effort.repeats, {}, (), f"{i:02d}") for i, name in enumerate(names)],
        scenario=resolved(scenario_of(effort.conditions[0], effort)),
        secrets=(),
    )
    found: list[Measured] = []
    left_out: list[str] = []
    async for done in run_conditions(
        directory,
        conditions,
        lambda condition: scenario_of(condition, effort),
        seed=SEED,
        progress=progress,
        stop=stop,
    ):
        result = _against(done)
        if isinstance(result, Measured):
            found.append(result)
        else:
            left_out.append(f"{done.condition.name}: {result}")
    if len(found) + len(left_out) < len(conditions):
        raise NotCalibrated("the calibration was stopped before its end")
    directory.finish(now=datetime.now(UTC), interrupted=False)
    try:
        return Calibration(taken, quick, len(found), tuple(left_out), findings(found))
    except ValueError as error:
        reasons = "; ".join(left_out)
        raise NotCalibrated(f"{error}. Left out: {reasons}") from error


def _against(done: Done[Condition]) -> Measured | str:
    """One trial against its truth, or why it does not count."""
    result = done.result
    if result.status != "ok":
        return "; ".join(result.invalid_because) or result.message or result.status
    recorded = read_records(done.path)
    against = measured(
        done.condition.injected, recorded.session, recorded.evaluate(), recorded.service_frames
    )
    return against if against is not None else "nothing was measured"
