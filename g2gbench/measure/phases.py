"""The steady state from one event of the timeline to the next, and the recovery after impairments.

A phase is what lies between two changes of network or prompt. An impairment is what lies between a
change of the network and the moment at which the network that the session began with is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from g2gbench.measure.journal import IntArray, Session
from g2gbench.measure.ledger import DELIVERED, DROPPED, UNREADABLE, Ledger
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES, Value, missing
from g2gbench.measure.packets import DIRECTIONS, Packets
from g2gbench.measure.records import Event
from g2gbench.measure.startup import Course, course
from g2gbench.measure.windows import FULL_WINDOW, STEP_NS, WINDOW_NS, media

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

BACK_WITHIN: Final = 0.2
"""g2g is back when its median is within this share of what it was before; so is the bitrate."""

BEFORE_NS: Final = 5_000_000_000
"""How much of the time before an impairment says what g2g and bitrate were."""


ImpairmentCause: TypeAlias = Literal["network", "reconnect"]

NOT_KNOWN: Final = missing("not known to the version that judged it")


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

    A reconnect is one from the loss of the connection to the first readable marker after it.
    ``g2g_ms`` and ``bitrate_ms``: from the end of the impairment until each was back; ``both_ms``:
    until both were. ``overshoot_ms``: the largest median of g2g over a window after the end, less
    the one before the impairment. ``frames_lost``: frames captured from the start of the impairment
    until the recovery (or the next impairment, or the end) that were dropped. ``settled_ms`` and
    the three below it are those of a start (``startup.Reached``), from the end of the impairment.
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
    cause: ImpairmentCause = "network"
    settled_ms: Value = NOT_KNOWN
    full_size_ms: Value = NOT_KNOWN
    full_bitrate_ms: Value = NOT_KNOWN
    sharp_ms: Value = NOT_KNOWN


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
    sent = media(packets, direction).between(start_ns, end_ns)
    return Value(float(sent.values.sum()) * 8 / ((end_ns - start_ns) / 1e9), n=len(sent))


@dataclass(frozen=True, slots=True)
class Impairment:
    """From a change of the network until the network of the beginning is back; or a reconnect."""

    label: str
    start_ns: int
    end_ns: int
    cause: ImpairmentCause = "network"


def impairments(session: Session) -> tuple[Impairment, ...]:
    """The impairments of the network that ended in the steady state, in order."""
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


def reconnects(session: Session, ledger: Ledger) -> tuple[Impairment, ...]:
    """The reconnects of the steady state, each until the first readable marker after it."""
    if session.steady_ns is None:
        return ()
    start_ns, end_ns = session.steady_ns
    arrived_ns = ledger.received_ns[ledger.outcome == DELIVERED]
    found: list[Impairment] = []
    lost_ns: int | None = None
    for event in session.events:
        if event.name == "state" and event.detail.get("state") == "reconnecting":
            lost_ns = lost_ns or event.at_ns
        elif event.name == "reconnect" and event.detail.get("success") and lost_ns is not None:
            back = arrived_ns[(arrived_ns >= event.at_ns) & (arrived_ns < end_ns)]
            if lost_ns >= start_ns and len(back):
                found.append(Impairment("reconnect", lost_ns, int(back.min()), "reconnect"))
            lost_ns = None
    return tuple(found)


def recoveries(
    session: Session, ledger: Ledger, packets: Packets | None = None
) -> tuple[Recovery, ...]:
    """The recovery after each impairment and reconnect that ended in the steady state."""
    if session.steady_ns is None:
        return ()
    start_ns, end_ns = session.steady_ns
    both = (*impairments(session), *reconnects(session, ledger))
    ended = sorted(both, key=lambda one: one.start_ns)
    if not ended:
        return ()
    seen = course(session, ledger, packets)
    found = []
    for one in ended:
        before_ns = max([start_ns, *(e.end_ns for e in ended if e.end_ns <= one.start_ns)])
        until_ns = min([end_ns, *(e.start_ns for e in ended if e.start_ns >= one.end_ns)])
        found.append(_recovery(one, before_ns, until_ns, start_ns, ledger, seen, packets))
    return tuple(found)


def _recovery(
    one: Impairment,
    before_ns: int,
    until_ns: int,
    zero_ns: int,
    ledger: Ledger,
    seen: Course,
    packets: Packets | None,
) -> Recovery:
    before_ns = max(before_ns, one.start_ns - BEFORE_NS)
    was = seen.g2g_ms.between(before_ns, one.start_ns).values
    seconds = (one.start_ns - before_ns) / WINDOW_NS
    ends_ns = np.arange(one.end_ns, until_ns + 1, STEP_NS)
    least = FULL_WINDOW * len(was) / seconds if seconds > 0 else 0.0
    medians = seen.g2g_ms.medians(ends_ns, least)
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
    reached = seen.reached(one.end_ns, until_ns)
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
        cause=one.cause,
        settled_ms=reached.settled,
        full_size_ms=reached.full_size,
        full_bitrate_ms=reached.full_bitrate,
        sharp_ms=reached.sharp,
    )


def _bitrate_back(
    packets: Packets | None, before_ns: int, one: Impairment, ends_ns: IntArray
) -> Value:
    if packets is None:
        return missing("no link logged packets")
    sent = media(packets, "uplink")
    length_ns = one.start_ns - before_ns
    whole = float(sent.between(before_ns, one.start_ns).values.sum())
    if length_ns <= 0 or not whole:
        return missing("no media was sent before the impairment")
    usual = whole / length_ns
    rates = sent.sums(ends_ns - WINDOW_NS, ends_ns) / WINDOW_NS
    return _first(ends_ns, rates >= usual * (1 - BACK_WITHIN), one.end_ns, "the bitrate")


def _first(at_ns: IntArray, holds: npt.NDArray[np.bool_], start_ns: int, what: str) -> Value:
    """Return how long after ``start_ns`` it holds for the first time, in ms."""
    found = np.flatnonzero(holds)
    if len(found):
        return Value(float(at_ns[found[0]] - start_ns) / 1e6, n=1)
    watched_s = 0.0 if not len(at_ns) else (int(at_ns[-1]) - start_ns) / 1e9
    reason = f"{what} was not back within the {watched_s:.1f} s that were watched"
    return missing(reason, code="not_back")
