"""The metrics of picture quality: means over the scored frames, with what they do not cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import DELIVERED, DROPPED, UNREADABLE, Ledger
from g2gbench.measure.metric_value import Value, missing

FEWEST: Final = 10
"""A mean over fewer scored frames says nothing."""

MATCHED: Final = ("psnr_db", "ssim")
DISPLAYED: Final = ("psnr_displayed_db", "ssim_displayed")
VMAF: Final = "vmaf_displayed"
NAMES: Final = (
    *MATCHED,
    *DISPLAYED,
    VMAF,
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
            yield (
                name,
                missing(f"needs {FEWEST} scored frames, has {len(known)}", len(known), "too_short"),
            )
        else:
            yield name, Value(float(known.mean()), n=len(known))
    yield VMAF, _vmaf(session)
    yield "fidelity_scored_ratio", _share(np.count_nonzero(scored), count)
    yield "fidelity_unmatched_ratio", _share(n - count, n)
    identical = session.scored.frame_id[
        (session.scored.mse == 0) & (session.scored.shown_id == session.scored.frame_id)
    ]
    same = np.count_nonzero(scored & np.isin(ledger.frame_id, identical))
    yield "fidelity_identical", Value(float(same), n=int(np.count_nonzero(scored)))


def _vmaf(session: Session) -> Value:
    """As the client told it, which kept the pictures."""
    details = [e.detail for e in session.events if e.name == "vmaf"]
    if not details:
        return missing("session.fidelity is not vmaf")
    reason, pairs = str(details[-1].get("reason") or ""), int(str(details[-1].get("pairs") or 0))
    if not reason and pairs < FEWEST:
        reason = f"needs {FEWEST} scored frames, has {pairs}"
    return missing(reason, pairs) if reason else Value(float(str(details[-1]["mean"])), n=pairs)


def why_not(session: Session) -> str:
    """Return the client's reason for comparing nothing; empty when it compared or gave none."""
    reasons = [e.detail.get("reason") for e in session.events if e.name == "fidelity"]
    return str(reasons[-1] or "") if reasons else ""


def _share(part: int | np.integer, whole: int) -> Value:
    return Value(float(part) / whole, n=whole) if whole else missing("no frame's fate is known")
