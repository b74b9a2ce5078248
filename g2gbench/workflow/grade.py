"""Grading of the verdicts: known impairments injected, and what each set of rules made of them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np

from g2gbench.analysis.verdict import CellPlan
from g2gbench.analysis.verdict_grading import OURS, Grade, grades
from g2gbench.errors import G2GBenchError, InputError
from g2gbench.measure.phases import impairments
from g2gbench.measure.records import ServiceFrame
from g2gbench.process.temporary import temporary_folder
from g2gbench.quality.level import CPU
from g2gbench.scenario import resolved
from g2gbench.store.files import directory_name
from g2gbench.store.reading import Trial, open_run
from g2gbench.store.run_directory import RUN, RunDirectory
from g2gbench.trial.blocking import randomised_blocks
from g2gbench.workflow.grading_cases import NAME, SEED, Case, scenario_of
from g2gbench.workflow.trial_series import Progress, run_conditions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grading:
    """Result of a grading. ``left_out``: sessions that do not count, and why."""

    grades: tuple[Grade, ...]
    left_out: tuple[str, ...]
    missing: int  # sessions that were asked for and not run
    cases: tuple[Case, ...]

    @property
    def sessions(self) -> int:
        """Number of graded sessions."""
        return sum(one.rules == OURS for one in self.grades)


class NotGraded(G2GBenchError):  # noqa: N818 - says what happened
    """No session could be graded."""


def truth_window(case: Case, trial: Trial) -> tuple[float, float] | None:
    """From when to when a recorded session was impaired, in seconds since its room was connected.

    Raises ValueError for a session in which the impairment never took place.
    """
    recorded = trial.recorded
    zero_ns = recorded.session.reached["room"]
    if case.truth.clean:
        return None
    if case.truth.lasting:
        return 0.0, float("inf")
    if case.network:
        found = impairments(recorded.session)
        if not found:
            raise ValueError("the network was never impaired")
        begin_ns, end_ns = found[0].start_ns, found[-1].end_ns
    else:
        begin_ns, end_ns = _silence(recorded.service_frames)
    return (begin_ns - zero_ns) / 1e9, (end_ns - zero_ns) / 1e9


def _silence(frames: Sequence[ServiceFrame]) -> tuple[int, int]:
    """The longest time in which the model worker sent nothing: its own log tells."""
    sent = np.array(sorted(one.sent_ns for one in frames if one.sent_ns is not None))
    if len(sent) < 2:
        raise ValueError("the model worker sent nothing")
    longest = int(np.argmax(np.diff(sent)))
    return int(sent[longest]), int(sent[longest + 1])


async def grade_all(
    cases: Sequence[Case],
    *,
    out: Path | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Grading:
    """Run what is missing of the cases, and grade every session there is of them.

    Sessions are kept below ``out``, and a grading that is called again with it goes on where it was
    stopped; None: nothing is kept. Raises NotGraded when no session could be graded.
    """
    stop = stop or asyncio.Event()
    with temporary_folder("grade") as nowhere:
        root = out or nowhere
        done = Counter(trial.cell for trial in _sessions(root, cases))
        asked = [case for case in cases for _ in range(case.repeats - done[case.name])]
        if asked and not stop.is_set():
            await _measure(root, cases, done, progress or Progress(), stop)
        return graded(cases, _sessions(root, cases))


async def _measure(
    root: Path,
    cases: Sequence[Case],
    done: Mapping[str, int],
    progress: Progress,
    stop: asyncio.Event,
) -> None:
    missing = {case.name: max(case.repeats - done.get(case.name, 0), 0) for case in cases}
    blocks = [
        [case for case in cases if missing[case.name] > block]
        for block in range(max(missing.values()))
    ]
    order = tuple(chain(*randomised_blocks(blocks, SEED)))
    planned = [case for case in cases if missing[case.name]]
    directory = RunDirectory.create(
        root,
        NAME,
        now=datetime.now(UTC),
        plans=[
            CellPlan(
                case.name,
                missing[case.name],
                slug=f"{place:02d}-{directory_name(case.name)}",
                judging=scenario_of(case).judging,
            )
            for place, case in enumerate(planned)
        ],
        scenario=resolved(scenario_of(cases[0])),
        extra={"conditions": {case.name: _identity(case) for case in planned}},
    )
    seed = SEED + sum(done.values())
    async for _ in run_conditions(
        directory, order, scenario_of, seed=seed, progress=progress, stop=stop
    ):
        pass
    directory.finish(now=datetime.now(UTC), interrupted=stop.is_set())


def _identity(case: Case) -> str:
    """By which a recorded session is known to be of this very case."""
    return json.dumps(resolved(scenario_of(case)), sort_keys=True)


def _sessions(root: Path, cases: Iterable[Case]) -> list[Trial]:
    """The sessions of these cases that were run to their end, of every grading below a root."""
    identities = {case.name: _identity(case) for case in cases}
    found = []
    for place in sorted(path.parent for path in root.glob(f"{NAME}-*/{RUN}")):
        try:
            run = open_run(place)
        except InputError as error:
            log.warning("left out: %s", error)
            continue
        kept = run.file.conditions
        found += [
            trial
            for trial in run.trials
            if trial.status in ("ok", "invalid")
            and trial.cell in identities
            and kept.get(trial.cell) == identities[trial.cell]
        ]
    return found


def graded(cases: Sequence[Case], sessions: Sequence[Trial]) -> Grading:
    """Hold recorded sessions against the truth of their cases; raises NotGraded without any."""
    found: list[Grade] = []
    left_out = []
    for case in cases:
        same = [trial for trial in sessions if trial.cell == case.name]
        for trial in same:
            try:
                found += _grades(case, trial)
            except ValueError as error:
                left_out.append(f"{case.name}: {error}")
    if not found:
        raise NotGraded("; ".join(left_out) or "no session was run to its end")
    ran = Counter(trial.cell for trial in sessions)
    missing = sum(max(case.repeats - ran[case.name], 0) for case in cases)
    return Grading(tuple(found), tuple(left_out), missing, tuple(cases))


def _grades(case: Case, trial: Trial) -> tuple[Grade, ...]:
    # A processor at its limit is what some cases are about; elsewhere it is no fair test.
    if trial.status != "ok" and case.dimension != CPU:
        raise ValueError("; ".join(trial.result.invalid_because) or trial.status)
    zero_ns = trial.session.reached["room"]
    return grades(case.truth, trial.judged, zero_ns, truth_window(case, trial))
