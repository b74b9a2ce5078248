"""One session from its journal to its metrics: the way in one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from g2gbench.measure import ledger as frame_ledger
from g2gbench.measure import metrics, validity
from g2gbench.measure.accounting import StageCount, accounting
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger
from g2gbench.measure.metrics import Value
from g2gbench.measure.records import ServiceFrame


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one session measured; ``invalid_because`` is empty for a valid one."""

    ledger: Ledger
    metrics: dict[str, Value]
    accounting: tuple[StageCount, ...]
    invalid_because: tuple[str, ...]


def evaluate(
    session: Session,
    service_frames: Sequence[ServiceFrame] = (),
    *,
    cores: int | None = None,
    limits: validity.Limits = validity.LIMITS,
) -> Evaluation:
    """Ledger, metrics, accounting and validity of one session."""
    book = frame_ledger.build(session, service_frames)
    values = metrics.compute(session, book)
    stages = accounting(session, book, service_frames)
    reasons = validity.check(session, book, values, cores=cores, limits=limits)
    return Evaluation(book, values, stages, reasons)
