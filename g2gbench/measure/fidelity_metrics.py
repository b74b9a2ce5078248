"""The metrics of picture quality: means over the scored frames, with what they do not cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from g2gbench.measure.journal import FloatArray, Session
from g2gbench.measure.ledger import DELIVERED, DROPPED, UNREADABLE, Ledger
from g2gbench.measure.metric_value import LOW_PERCENTILE_SAMPLES, Value, missing

FEWEST: Final = 10
"""A mean over fewer scored frames says nothing."""

MATCHED: Final = ("psnr_db", "ssim")
DISPLAYED: Final = ("psnr_displayed_db", "ssim_displayed")
VMAF: Final = "vmaf_displayed"
TAILS: Final = (*(f"p{percent}" for percent in LOW_PERCENTILE_SAMPLES), "harmonic")
"""Statistics of the scores of a family beside their mean."""

_FAMILIES: Final = (*MATCHED, *DISPLAYED, VMAF)
NAMES: Final = (
    *_FAMILIES,
    *(f"{family}.{tail}" for family in _FAMILIES for tail in TAILS),
    "fidelity_scored_ratio",
    "fidelity_unmatched_ratio",
    "fidelity_identical",
)

NOT_COMPARED: Final = "this client compared no pictures"


def metrics(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    """The metrics of picture quality, of the steady state."""
    if session.steady_ns is None:
        yield from ((name, missing("the warm-up was never over")) for name in NAMES)
        return
    reason = why_not(session)
    if reason or not len(session.scored):
        yield from ((name, missing(reason or NOT_COMPARED)) for name in NAMES)
        return
    settled = ledger.steady & np.isin(ledger.outcome, (DELIVERED, UNREADABLE, DROPPED))
    delivered = ledger.steady & (ledger.outcome == DELIVERED)
    # What was on display in place of an unreadable frame is that frame, which was not scored.
    displayed = settled & (ledger.outcome != UNREADABLE)
    scored = delivered & np.isfinite(ledger.psnr_db)
    n, count = int(np.count_nonzero(settled)), int(np.count_nonzero(delivered))
    for name in (*MATCHED, *DISPLAYED):
        values = getattr(ledger, name)[delivered if name in MATCHED else displayed]
        known = values[np.isfinite(values)]
        if len(known) < FEWEST:
            reason = f"needs {FEWEST} scored frames, has {len(known)}"
            few = missing(reason, len(known), "too_short")
            yield from ((each, few) for each in (name, *(f"{name}.{tail}" for tail in TAILS)))
            continue
        yield name, Value(float(known.mean()), n=len(known))
        yield from ((f"{name}.{tail}", value) for tail, value in tails(known))
    yield from _vmaf(session)
    yield "fidelity_scored_ratio", _share(np.count_nonzero(scored), count)
    yield "fidelity_unmatched_ratio", _share(n - count, n)
    identical = session.scored.frame_id[
        (session.scored.mse == 0) & (session.scored.shown_id == session.scored.frame_id)
    ]
    same = np.count_nonzero(scored & np.isin(ledger.frame_id, identical))
    yield "fidelity_identical", Value(float(same), n=int(np.count_nonzero(scored)))


def tails(scores: FloatArray, shift: float = 0.0) -> Iterator[tuple[str, Value]]:
    """The low percentiles of the scores, and their harmonic mean, with ``shift`` added to each."""
    n = len(scores)
    for percent, needed in LOW_PERCENTILE_SAMPLES.items():
        if n < needed:
            reason = f"needs {needed} scored frames, has {n}"
            yield f"p{percent}", missing(reason, n, "too_short")
        else:
            yield f"p{percent}", Value(float(np.percentile(scores, percent)), n=n)
    if float(scores.min()) + shift <= 0:
        yield "harmonic", missing("a score of 0 or below has no harmonic mean", n)
    else:
        yield "harmonic", Value(float(n / np.sum(1 / (scores + shift)) - shift), n=n)


def _vmaf(session: Session) -> Iterator[tuple[str, Value]]:
    """As the client told it, which kept the pictures."""
    names = [f"{VMAF}.{tail}" for tail in TAILS]
    details = [e.detail for e in session.events if e.name == "vmaf"]
    if not details:
        reason = "session.fidelity is not vmaf"
        yield from ((name, missing(reason)) for name in (VMAF, *names))
        return
    detail = details[-1]
    reason, pairs = str(detail.get("reason") or ""), int(str(detail.get("pairs") or 0))
    if not reason and pairs < FEWEST:
        reason = f"needs {FEWEST} scored frames, has {pairs}"
    if reason:
        yield from ((name, missing(reason, pairs)) for name in (VMAF, *names))
        return
    yield VMAF, Value(float(str(detail["mean"])), n=pairs)
    for tail, name in zip(TAILS, names, strict=True):
        value = detail.get(tail)
        if value is not None:
            yield name, Value(float(str(value)), n=pairs)
            continue
        needed = LOW_PERCENTILE_SAMPLES.get(int(tail[1:]) if tail.startswith("p") else 0, 0)
        if pairs < needed:
            yield name, missing(f"needs {needed} scored frames, has {pairs}", pairs, "too_short")
        else:
            yield name, missing("not told by the version that scored it", pairs)


def why_not(session: Session) -> str:
    """Return the client's reason for comparing nothing; empty when it compared or gave none."""
    reasons = [e.detail.get("reason") for e in session.events if e.name == "fidelity"]
    return str(reasons[-1] or "") if reasons else ""


def _share(part: int | np.integer, whole: int) -> Value:
    return Value(float(part) / whole, n=whole) if whole else missing("no frame's fate is known")
