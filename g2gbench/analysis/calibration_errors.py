"""Errors of the instrument: what it found against injected truths.

A trial of a calibration has known delays and faults. Errors are taken at the level of a trial, and
a finding over all its trials tells how they scatter. Lists of frames are compared frame by frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from g2gbench.measure.evaluate import Evaluation
from g2gbench.measure.frame_path import captured_rows
from g2gbench.measure.journal import ABSENT, IntArray, Session
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.records import ServiceFrame
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.statistics.median_interval import Estimate, aggregate

INJECTED: Final = "injected"
"""What the worker's log says of a frame that it dropped on purpose."""

FREEZE_NS: Final = 200_000_000
"""A pause of the worker longer than this is a freeze that was injected, and no late frame."""

_BEHIND: Final = ("service_encode", "downlink", "decode")


@dataclass(frozen=True, slots=True)
class Injected:
    """The delays of one trial, in ms: known truths, each way on its own."""

    service_ms: float = 0.0
    uplink_ms: float = 0.0
    downlink_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """By how much g2g must be longer than without them."""
        return self.service_ms + self.uplink_ms + self.downlink_ms


@dataclass(frozen=True, slots=True)
class Count:
    """Things that happened ``true`` times, of which some were missed and others were invented."""

    true: int = 0
    missed: int = 0
    invented: int = 0

    def __add__(self, other: Count) -> Count:
        """Both together."""
        return Count(
            self.true + other.true, self.missed + other.missed, self.invented + other.invented
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One trial of a calibration: what it says, and what is true of it.

    ``parts_ms``: error of each part of the budget that a delay was injected into. ``ttff_ms`` and
    ``freezes_ms``: errors. ``counts``: by what was counted.
    """

    injected: Injected
    g2g_ms: float
    parts_ms: dict[str, float]
    ttff_ms: float
    freezes_ms: tuple[float, ...]
    counts: dict[str, Count]


@dataclass(frozen=True, slots=True)
class Finding:
    """The error of one metric over ``n`` trials (or freezes), in ms.

    ``bias`` is the median error with its interval; ``p50``, ``p95`` and ``largest`` are of the
    absolute error. p95 of fewer than 20 is the largest.
    """

    metric: str
    injected: str
    n: int
    bias: Estimate
    p50: float
    p95: float
    largest: float


@dataclass(frozen=True, slots=True)
class Findings:
    """All errors: of times, and of counts by what was counted."""

    times: tuple[Finding, ...]
    counts: dict[str, Count]


def measured(
    injected: Injected,
    session: Session,
    evaluation: Evaluation,
    service_frames: Sequence[ServiceFrame],
) -> Measured | None:
    """Return a trial's measured values beside the injected truth; None without a steady state."""
    g2g = evaluation.metrics["g2g_ms.p50"].value
    ledger = evaluation.ledger
    if g2g is None or not service_frames:
        return None
    parts = {
        part: _median_part(ledger, part) - true
        for part, true in (
            ("service", injected.service_ms),
            ("uplink", injected.uplink_ms),
            ("downlink", injected.downlink_ms),
        )
    }
    rows = captured_rows(session.captured, service_frames)
    return Measured(
        injected=injected,
        g2g_ms=g2g,
        parts_ms=parts,
        ttff_ms=_ttff_error(session, evaluation, service_frames, rows),
        freezes_ms=tuple(_freeze_errors(ledger, service_frames, rows)),
        counts=_counts(ledger, service_frames, rows),
    )


def findings(trials: Sequence[Measured]) -> Findings:
    """The errors over all trials; those without any injected delay are what g2g is compared with.

    Raises ValueError when there is no such trial.
    """
    plain = [trial.g2g_ms for trial in trials if not trial.injected.total_ms]
    if not plain:
        raise ValueError("a calibration needs a valid trial without any delay")
    base = float(np.median(plain))
    apart = [(t.injected.total_ms, t.g2g_ms - base - t.injected.total_ms) for t in trials]
    errors: list[tuple[str, str, list[float]]] = [
        ("g2g_ms.p50", f"{delay:g} ms", [error for d, error in apart if d == delay])
        for delay in sorted({delay for delay, _ in apart})
    ]
    errors.append(("g2g_ms.p50", "all delays", [error for _, error in apart]))
    for part in ("service", "uplink", "downlink"):
        delays = sorted({getattr(trial.injected, f"{part}_ms") for trial in trials})
        named = ", ".join(f"{delay:g}" for delay in delays)
        errors.append((f"budget_ms.{part}", f"{named} ms", [t.parts_ms[part] for t in trials]))
    errors.append(("ttff_ms", "model's begin", [t.ttff_ms for t in trials]))
    freezes = [error for trial in trials for error in trial.freezes_ms]
    errors.append(("freeze length", "model's pauses", freezes))
    times = []
    for metric, injected, found in errors:
        # What could not be compared in any trial is left out, not told as no error.
        if known := [error for error in found if np.isfinite(error)]:
            times.append(_finding(metric, injected, known))
    counts: dict[str, Count] = {}
    for trial in trials:
        for name, count in trial.counts.items():
            counts[name] = counts.get(name, Count()) + count
    return Findings(tuple(times), counts)


def _finding(metric: str, injected: str, errors: Sequence[float]) -> Finding:
    size = np.abs(np.array(errors))
    return Finding(
        metric=metric,
        injected=injected,
        n=len(errors),
        bias=aggregate(errors),
        p50=float(np.percentile(size, 50)),
        p95=float(np.percentile(size, 95, method="higher")),
        largest=float(size.max()),
    )


def _median_part(ledger: Ledger, part: str) -> float:
    values = ledger.budget_ms[part][ledger.steady & (ledger.outcome == DELIVERED)]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")


def _ttff_error(
    session: Session, evaluation: Evaluation, frames: Sequence[ServiceFrame], rows: IntArray
) -> float:
    """Against the moment at which the worker sent the first frame that came back.

    What lies behind the worker is taken from the steady state, where it is known of every frame.
    """
    ledger, found = evaluation.ledger, evaluation.metrics["ttff_ms"].value
    first = np.flatnonzero(ledger.outcome == DELIVERED)
    if found is None or not len(first):
        return float("nan")
    row = first[np.argmin(ledger.received_ns[first])]
    sent = [f.sent_ns for f, r in zip(frames, rows, strict=True) if r == row and f.sent_ns]
    if not sent:
        return float("nan")
    behind_ms = sum(_median_part(ledger, part) for part in _BEHIND)
    return found - ((min(sent) - session.reached["connect"]) / 1e6 + behind_ms)


def _freeze_errors(
    ledger: Ledger, frames: Sequence[ServiceFrame], rows: IntArray
) -> Iterator[float]:
    """Length of each pause of the worker in the steady state as the client saw it, less the truth.

    Seen: from the arrival of the last frame before the pause to that of the first one after it.
    """
    sent = sorted(
        (f.sent_ns, row)
        for f, row in zip(frames, rows, strict=True)
        if f.sent_ns is not None and row != ABSENT and ledger.outcome[row] == DELIVERED
    )
    for (before_ns, before), (after_ns, after) in pairwise(sent):
        if after_ns - before_ns > FREEZE_NS and ledger.steady[before] and ledger.steady[after]:
            seen_ns = ledger.received_ns[after] - ledger.received_ns[before]
            yield float(seen_ns - (after_ns - before_ns)) / 1e6


def _counts(ledger: Ledger, frames: Sequence[ServiceFrame], rows: IntArray) -> dict[str, Count]:
    steady = {int(row) for row in np.flatnonzero(ledger.steady)}
    pairs = list(zip(frames, rows.tolist(), strict=True))
    dropped = {row for frame, row in pairs if frame.dropped == INJECTED}
    sent = sorted((f.sent_ns, row) for f, row in pairs if f.sent_ns is not None and row != ABSENT)
    order = [row for _, row in sent]
    newest = np.maximum.accumulate(np.array(order, dtype=np.int64)).tolist()
    overtaken = {row for row, seen in zip(order, newest, strict=True) if row < seen}
    twice = {row for row, times in Counter(order).items() if times > 1}
    service = DROP_PHASES.index("service")
    found = {
        "drops.service": np.flatnonzero(ledger.drop_phase == service),
        "repeats": np.flatnonzero(ledger.reads > 1),
        "late frames": np.flatnonzero(ledger.late),
    }
    truth = {"drops.service": dropped, "repeats": twice, "late frames": overtaken}
    return {
        name: _count(truth[name] & steady, {int(row) for row in values} & steady)
        for name, values in found.items()
    }


def _count(truth: set[int], found: set[int]) -> Count:
    return Count(len(truth), len(truth - found), len(found - truth))
