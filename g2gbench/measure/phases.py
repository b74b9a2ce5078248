"""The steady state from one event of the timeline to the next, and the recovery after impairments.

A phase is what lies between two changes of network or prompt. An impairment is what lies between a
change of the network and the moment at which the network that the session began with is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure.journal import IntArray, Session
from g2gbench.measure.ledger import DELIVERED, DROPPED, UNREADABLE, Ledger
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES, Value, missing
from g2gbench.measure.packets import DIRECTIONS, KINDS, Packets
from g2gbench.measure.records import Event

FloatArray = npt.NDArray[np.float64]

PHASE_METRICS: Final = (
    "g2g_ms.p50",
    "g2g_ms.p95",
    "drop_ratio",
    "fps",
    "uplink.bitrate_bps",
    "downlink.bitrate_bps",
)
"""Metrics of each phase, by their names in the registry."""

WINDOW_NS: Final = 1_000_000_000
"""Recovery is judged over windows of this length."""

BACK_WITHIN: Final = 0.2
"""g2g is back when its median is within this share of what it was before; so is the bitrate."""

FULL_WINDOW: Final = 0.5
"""Share of the usual frames that a window needs for its median: stalled is not recovered."""

BEFORE_NS: Final = 5_000_000_000
"""How much of the time before an impairment says what g2g and bitrate were."""

_STEP_NS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of the steady state; times in seconds from its start."""

    label: str
    start_s: float
    end_s: float
    metrics: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Recovery from an impairment; times in seconds from the start of the steady state.

    ``g2g_ms`` and ``bitrate_ms``: from the end of the impairment until each was back; ``both_ms``:
    until both were. ``overshoot_ms``: the largest median of g2g over a window after the end, less
    the one before the impairment. ``frames_lost``: frames captured from the start of the impairment
    until the recovery (or the next impairment, or the end) that were dropped.
    """

    label: str
    start_s: float
    end_s: float
    g2g_before_ms: float | None
    g2g_ms: Value
    bitrate_ms: Value
    both_ms: Value
    overshoot_ms: Value
    frames_lost: int


def phases(session: Session, ledger: Ledger, packets: Packets | None = None) -> tuple[Phase, ...]:
    """The phases of the steady state; empty when nothing changed in it."""
    if session.steady_ns is None:
        return ()
    start_ns, end_ns = session.steady_ns
    changes = [
        (e.at_ns, _label(e))
        for e in session.events
        if e.name in ("network", "prompt") and start_ns <= e.at_ns < end_ns
    ]
    if not changes:
        return ()
    # A change at the very start is the first phase, not one without length before it.
    edges = [(start_ns, "start"), *changes, (end_ns, "")]
    return tuple(
        Phase(
            label=label,
            start_s=(at_ns - start_ns) / 1e9,
            end_s=(until_ns - start_ns) / 1e9,
            metrics=_phase_metrics(session, ledger, packets, at_ns, until_ns),
        )
        for (at_ns, label), (until_ns, _) in pairwise(edges)
        if until_ns > at_ns
    )


def _label(event: Event) -> str:
    if event.name == "prompt":
        return f"prompt: {event.detail.get('text', '')}"
    return f"network: {event.detail.get('label', '')}"


def _phase_metrics(
    session: Session, ledger: Ledger, packets: Packets | None, start_ns: int, end_ns: int
) -> dict[str, Value]:
    there = (ledger.captured_ns >= start_ns) & (ledger.captured_ns < end_ns)
    g2g = ledger.g2g_ms[there & (ledger.outcome == DELIVERED)]
    found: dict[str, Value] = {}
    for percent in (50, 95):
        needed = PERCENTILE_SAMPLES[percent]
        found[f"g2g_ms.p{percent}"] = (
            Value(float(np.percentile(g2g, percent)), n=len(g2g))
            if len(g2g) >= needed
            else missing(f"needs {needed} delivered frames, has {len(g2g)}", len(g2g), "too_short")
        )
    settled = int(np.isin(ledger.outcome[there], (DELIVERED, DROPPED, UNREADABLE)).sum())
    dropped = int((ledger.outcome[there] == DROPPED).sum())
    found["drop_ratio"] = (
        Value(dropped / settled, n=settled) if settled else missing("no frame's fate is known")
    )
    found["fps"] = Value(len(g2g) / ((end_ns - start_ns) / 1e9), n=len(g2g))
    for direction in DIRECTIONS:
        found[f"{direction}.bitrate_bps"] = _bitrate(packets, direction, start_ns, end_ns)
    return found


def _bitrate(packets: Packets | None, direction: str, start_ns: int, end_ns: int) -> Value:
    if packets is None:
        return missing("no link logged packets")
    at_ns, size = _media(packets, direction)
    there = (at_ns >= start_ns) & (at_ns < end_ns)
    n = int(np.count_nonzero(there))
    return Value(float(size[there].sum()) * 8 / ((end_ns - start_ns) / 1e9), n=n)


def _media(packets: Packets, direction: str) -> tuple[IntArray, IntArray]:
    """Return when RTP packets passed the client's end of the link, in order, and their bytes."""
    up = direction == "uplink"
    mine = packets[
        (packets["direction"] == DIRECTIONS.index(direction))
        & (packets["kind"] == KINDS.index("rtp"))
    ]
    at_ns = mine["arrived_ns" if up else "left_ns"].astype(np.int64)
    order = np.argsort(at_ns, kind="stable")
    order = order[at_ns[order] >= 0]
    return at_ns[order], mine["size"].astype(np.int64)[order]


@dataclass(frozen=True, slots=True)
class Impairment:
    """From a change of the network until the network of the beginning is back."""

    label: str
    start_ns: int
    end_ns: int


def impairments(session: Session) -> tuple[Impairment, ...]:
    """The impairments that ended in the steady state, in order."""
    if session.steady_ns is None:
        return ()
    found: list[Impairment] = []
    began: Event | None = None
    for event in session.events:
        if event.name != "network" or not event.at_ns < session.steady_ns[1]:
            continue
        if not event.detail.get("restored"):
            began = began or event
        elif began is not None:
            label = str(began.detail.get("label", ""))
            found.append(Impairment(label, began.at_ns, event.at_ns))
            began = None
    return tuple(found)


def recoveries(
    session: Session, ledger: Ledger, packets: Packets | None = None
) -> tuple[Recovery, ...]:
    """The recovery after each impairment that ended in the steady state."""
    if session.steady_ns is None:
        return ()
    start_ns, end_ns = session.steady_ns
    ended = impairments(session)
    untils = [*(one.start_ns for one in ended[1:]), end_ns]
    before_ns = start_ns
    found = []
    for one, until_ns in zip(ended, untils, strict=False):
        found.append(_recovery(one, before_ns, until_ns, start_ns, ledger, packets))
        before_ns = one.end_ns
    return tuple(found)


def _recovery(
    one: Impairment,
    before_ns: int,
    until_ns: int,
    zero_ns: int,
    ledger: Ledger,
    packets: Packets | None,
) -> Recovery:
    before_ns = max(before_ns, one.start_ns - BEFORE_NS)
    delivered = ledger.outcome == DELIVERED
    order = np.argsort(ledger.received_ns[delivered], kind="stable")
    received_ns = ledger.received_ns[delivered][order]
    g2g_ms = ledger.g2g_ms[delivered][order]
    was = g2g_ms[(received_ns >= before_ns) & (received_ns < one.start_ns)]
    seconds = (one.start_ns - before_ns) / WINDOW_NS
    ends_ns = np.arange(one.end_ns, until_ns + 1, _STEP_NS)
    least = FULL_WINDOW * len(was) / seconds if seconds > 0 else 0.0
    medians = _medians(received_ns, g2g_ms, ends_ns, least)
    if len(was) < PERCENTILE_SAMPLES[50]:
        before, g2g = None, missing("too few frames before the impairment to compare with")
        overshoot = g2g
    else:
        before = float(np.median(was))
        g2g = _first(ends_ns, medians <= before * (1 + BACK_WITHIN), one.end_ns, "g2g")
        overshoot = (
            Value(float(np.nanmax(medians)) - before, n=int(np.isfinite(medians).sum()))
            if np.isfinite(medians).any()
            else missing("no frames came back after the impairment")
        )
    bitrate = _bitrate_back(packets, before_ns, one, ends_ns)
    both = max((g2g, bitrate), key=lambda value: (value.value is None, value.value or 0.0))
    end_ns = until_ns if both.value is None else one.end_ns + round(both.value * 1e6)
    lost = (ledger.captured_ns >= one.start_ns) & (ledger.captured_ns < end_ns)
    return Recovery(
        label=one.label,
        start_s=(one.start_ns - zero_ns) / 1e9,
        end_s=(one.end_ns - zero_ns) / 1e9,
        g2g_before_ms=before,
        g2g_ms=g2g,
        bitrate_ms=bitrate,
        both_ms=both,
        overshoot_ms=overshoot,
        frames_lost=int(np.count_nonzero(lost & (ledger.outcome == DROPPED))),
    )


def _medians(at_ns: IntArray, values: FloatArray, ends_ns: IntArray, least: float) -> FloatArray:
    """The median over the window that ends at each of ``ends_ns``; NaN where it has too few."""
    low = np.searchsorted(at_ns, ends_ns - WINDOW_NS)
    high = np.searchsorted(at_ns, ends_ns)
    return np.array(
        [
            np.median(values[a:b]) if b > a and b - a >= least else np.nan
            for a, b in zip(low.tolist(), high.tolist(), strict=True)
        ]
    )


def _bitrate_back(
    packets: Packets | None, before_ns: int, one: Impairment, ends_ns: IntArray
) -> Value:
    if packets is None:
        return missing("no link logged packets")
    at_ns, size = _media(packets, "uplink")
    sums = np.concatenate(([0], np.cumsum(size)))

    def bytes_between(start_ns: IntArray, end_ns: IntArray) -> IntArray:
        total: IntArray = (
            sums[np.searchsorted(at_ns, end_ns)] - sums[np.searchsorted(at_ns, start_ns)]
        )
        return total

    length_ns = one.start_ns - before_ns
    whole = bytes_between(np.array([before_ns]), np.array([one.start_ns]))[0]
    if length_ns <= 0 or not whole:
        return missing("no media was sent before the impairment")
    usual = whole / length_ns
    rates = bytes_between(ends_ns - WINDOW_NS, ends_ns) / WINDOW_NS
    return _first(ends_ns, rates >= usual * (1 - BACK_WITHIN), one.end_ns, "the bitrate")


def _first(at_ns: IntArray, holds: npt.NDArray[np.bool_], start_ns: int, what: str) -> Value:
    """Return how long after ``start_ns`` it holds for the first time, in ms."""
    found = np.flatnonzero(holds)
    if len(found):
        return Value(float(at_ns[found[0]] - start_ns) / 1e6, n=1)
    watched_s = 0.0 if not len(at_ns) else (int(at_ns[-1]) - start_ns) / 1e9
    reason = f"{what} was not back within the {watched_s:.1f} s that were watched"
    return missing(reason, code="not_back")
