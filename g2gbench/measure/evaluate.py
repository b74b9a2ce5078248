"""One session from its journal to its metrics: the way in one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from g2gbench.measure import ledger as frame_ledger
from g2gbench.measure import metrics, validity
from g2gbench.measure.accounting import StageCount, accounting
from g2gbench.measure.check import Check
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger
from g2gbench.measure.limits import LIMITS, Limits
from g2gbench.measure.metric_value import Value
from g2gbench.measure.packets import Packets
from g2gbench.measure.phases import Phase, Recovery, phases, recoveries
from g2gbench.measure.quality import Judged, Quality, of_steady_state, timeline
from g2gbench.measure.records import ServiceFrame
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Values of one session; ``checks`` says whether it is valid.

    ``judged`` is the verdict of every second, ``quality`` the summary of those of the steady state.
    """

    ledger: Ledger
    metrics: dict[str, Value]
    accounting: tuple[StageCount, ...]
    phases: tuple[Phase, ...]
    recoveries: tuple[Recovery, ...]
    judged: tuple[Judged, ...]
    quality: Quality
    checks: tuple[Check, ...]

    @property
    def invalid_because(self) -> tuple[str, ...]:
        """Reasons of an invalid session, one sentence each; empty for a valid one."""
        return validity.reasons(self.checks)


def evaluate(
    session: Session,
    service_frames: Sequence[ServiceFrame] = (),
    packets: Packets | None = None,
    *,
    settings: Settings = DEFAULT_SETTINGS,
    cores: int | None = None,
    limits: Limits = LIMITS,
) -> Evaluation:
    """Ledger, metrics, accounting, phases, verdicts and validity of one session.

    ``service_frames`` is the model worker's log, ``packets`` the link's; empty and None where there
    is none. ``settings`` are the bounds and the smoothing that verdicts are taken with.
    """
    book = frame_ledger.build(session, service_frames, packets)
    recovered = recoveries(session, book, packets)
    judged = timeline(session, book, settings)
    quality = of_steady_state(session, judged)
    values = metrics.compute(session, book, packets, recovered, quality.value)
    stages = accounting(session, book, service_frames)
    checks = validity.check(session, book, values, packets, cores=cores, limits=limits)
    parts = phases(session, book, packets)
    return Evaluation(book, values, stages, parts, recovered, judged, quality, checks)
