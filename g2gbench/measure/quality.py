"""The verdicts of a recorded session: one sample a second, judged as a live session would be.

A sample holds only what was known by its end, so that a verdict on a recording and one on the live
session cannot disagree. The seconds are counted from the moment at which the room was connected;
where a journal does not tell it, from the first frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from g2gbench.measure import gaps
from g2gbench.measure.journal import BoolArray, IntArray, Session
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.ledger import DROPPED as NEVER_CAME
from g2gbench.measure.ledger import UNREADABLE as CAME_UNREAD
from g2gbench.measure.metric_value import Value, missing
from g2gbench.measure.records import Event
from g2gbench.quality import Evaluator, Level, Sample, Verdict, score
from g2gbench.quality.drops import DEADLINE_NS, DROP_SECONDS, MIN_FLIGHT_NS
from g2gbench.quality.sampling import network_sample
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings

SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One second of a session.

    ``at_ns`` is its end, ``level`` that of this second alone, without smoothing; ``held`` is the
    verdict's, which ``limiting_factor``, ``reasons``, ``unmeasured`` and ``provisional`` belong to.
    None stands for an unknown level.
    """

    at_ns: int
    sample: Sample
    level: Level | None
    held: Level | None
    limiting_factor: str
    reasons: tuple[str, ...]
    unmeasured: tuple[str, ...]
    provisional: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdicts of a steady state, in one.

    ``value`` is the worst held level (0 critical .. 3 good), None with the reason where none was
    known; ``limiting_factor`` and ``reasons`` are those of the seconds at it.
    """

    value: Value
    limiting_factor: str | None = None
    reasons: tuple[str, ...] = ()


def timeline(
    session: Session, ledger: Ledger, settings: Settings = DEFAULT_SETTINGS
) -> tuple[Judged, ...]:
    """Every whole second from the connected room to the end of what was measured.

    A reconnect begins anew, as it does in a live session.
    """
    return judge(session, samples(session, ledger), settings)


def judge(
    session: Session,
    taken: Sequence[tuple[int, Sample]],
    settings: Settings = DEFAULT_SETTINGS,
) -> tuple[Judged, ...]:
    """The timeline of samples that were taken already, each with the end of its second."""
    evaluator = Evaluator.of(settings)
    resets = [e.at_ns for e in session.events if _begins_anew(e)]
    found = []
    for at_ns, sample in taken:
        if any(at_ns - SECOND_NS < reset <= at_ns for reset in resets):
            evaluator.reset()
        evaluator.push(sample)
        held = evaluator.latest or Verdict(None)
        alone = score(
            sample,
            required_bitrate_bps=settings.required_bitrate_bps,
            score_bandwidth=not held.provisional,
            thresholds=settings.thresholds,
        )
        found.append(
            Judged(
                at_ns=at_ns,
                sample=sample,
                level=alone.level,
                held=held.level,
                limiting_factor=held.limiting_factor,
                reasons=held.reasons,
                unmeasured=held.unmeasured,
                provisional=held.provisional,
            )
        )
    return tuple(found)


def _begins_anew(event: Event) -> bool:
    """Return whether the session's connection was made anew, by its room's SDK or as a whole."""
    whole = event.name == "reconnect" and bool(event.detail.get("success"))
    return whole or event.name == "room_reconnected"


def samples(session: Session, ledger: Ledger) -> tuple[tuple[int, Sample], ...]:
    """One sample a second, with the moment at which the second ended.

    Network values come from the last snapshot of the second and the one before it; a second
    without a snapshot has none. g2g is the median of the frames first seen in the second. Frames a
    second are first sightings, counted from the first whole second after the first frame: none at
    all is a measurement then. Drops are those that became known in the last ``DROP_SECONDS``, from
    the first frame on. A freeze is reported while it lasts and in the second in which it ended.
    """
    arrivals_ns, pauses_ns = gaps.arrivals(session, ledger)
    ends_ns = _ends_ns(session, arrivals_ns)
    if not len(ends_ns):
        return ()
    g2g = _g2g(ledger, ends_ns)
    fps = _frame_rate(arrivals_ns, ends_ns)
    dropped = _drop_ratio(ledger, ends_ns)
    frozen = _frozen(arrivals_ns, pauses_ns, ends_ns)
    network = _network(session, ends_ns)
    return tuple(
        (
            at_ns,
            replace(
                network[i],
                g2g_ms=g2g[i],
                inbound_fps=fps[i],
                g2g_drop_ratio=dropped[i],
                freeze=frozen[i],
            ),
        )
        for i, at_ns in enumerate(ends_ns.tolist())
    )


def of_steady_state(session: Session, judged: Sequence[Judged]) -> Quality:
    """The worst held level of the steady state, and what limited the session at it."""
    if session.steady_ns is None:
        return Quality(missing("the warm-up was never over"))
    start_ns, end_ns = session.steady_ns
    steady = [one for one in judged if start_ns < one.at_ns <= end_ns]
    known = [one.held for one in steady if one.held is not None]
    if not known:
        reason = "nothing was measured" if steady else "no whole second of it was recorded"
        return Quality(missing(f"no level is known in the steady state: {reason}", len(steady)))
    worst = min(known)
    there = [one for one in steady if one.held is worst]
    factors = Counter(one.limiting_factor for one in there)
    factor = factors.most_common(1)[0][0]
    reasons = next(one.reasons for one in there if one.limiting_factor == factor)
    remarks = []
    if unknown := len(steady) - len(known):
        remarks.append(f"unknown in {unknown} of {len(steady)} s")
    if provisional := sum(one.provisional for one in steady):
        remarks.append(f"provisional in {provisional} of {len(steady)} s")
    return Quality(Value(float(worst), "; ".join(remarks), len(known)), factor, reasons)


def _ends_ns(session: Session, arrivals_ns: IntArray) -> IntArray:
    """The ends of the whole seconds from the connected room on."""
    start_ns = session.reached.get("room")
    if start_ns is None:
        if not len(arrivals_ns):
            return np.empty(0, dtype=np.int64)
        start_ns = int(arrivals_ns[0])
    end_ns = session.reached.get("measured", session.end_ns)
    return np.arange(start_ns + SECOND_NS, end_ns + 1, SECOND_NS, dtype=np.int64)


def _g2g(ledger: Ledger, ends_ns: IntArray) -> list[float | None]:
    delivered = ledger.outcome == DELIVERED
    received_ns, g2g_ms = ledger.received_ns[delivered], ledger.g2g_ms[delivered]
    found: list[float | None] = []
    for end_ns in ends_ns.tolist():
        there = g2g_ms[(received_ns > end_ns - SECOND_NS) & (received_ns <= end_ns)]
        middle = float(np.median(there)) if len(there) else None
        # A negative latency is no latency: the trial is invalid for it, and says so.
        found.append(middle if middle is not None and middle >= 0 else None)
    return found


def _frame_rate(arrivals_ns: IntArray, ends_ns: IntArray) -> list[float | None]:
    if not len(arrivals_ns):
        return [None] * len(ends_ns)
    counts = _counted(arrivals_ns, ends_ns, 1)
    live = ends_ns - SECOND_NS >= arrivals_ns[0]
    return [float(n) if on else None for n, on in zip(counts, live, strict=True)]


def _drop_ratio(ledger: Ledger, ends_ns: IntArray) -> list[float | None]:
    settled_ns, dropped = _fates(ledger)
    lost = _counted(np.sort(settled_ns[dropped]), ends_ns, DROP_SECONDS)
    every = _counted(np.sort(settled_ns), ends_ns, DROP_SECONDS)
    return [int(n) / int(of) if of else None for n, of in zip(lost, every, strict=True)]


def _fates(ledger: Ledger) -> tuple[IntArray, BoolArray]:
    """Return when the fate of each frame became known, and whether it was that it is dropped.

    Of the frames since the session was live: a frame that came back is known then. One that did not
    is given up 1 s after a newer one has been back, and at its deadline at the latest; should it
    come after all, it stays dropped.
    """
    there = np.isin(ledger.outcome, (DELIVERED, CAME_UNREAD, NEVER_CAME))
    captured_ns, received_ns = ledger.captured_ns[there], ledger.received_ns[there]
    never = np.iinfo(np.int64).max
    back_ns = np.where(received_ns >= 0, received_ns, never)
    # The earliest return of any newer frame: rows are in the order of capture.
    newer_ns = np.full(len(back_ns), never)
    if len(back_ns) > 1:
        newer_ns[:-1] = np.minimum.accumulate(back_ns[:0:-1])[::-1]
    overtaken_ns = np.where(newer_ns == never, never, newer_ns + MIN_FLIGHT_NS * (newer_ns < never))
    given_up_ns = np.minimum(overtaken_ns, captured_ns + DEADLINE_NS)
    dropped = back_ns > given_up_ns
    return np.where(dropped, given_up_ns, back_ns).astype(np.int64), np.asarray(dropped)


def _frozen(arrivals_ns: IntArray, pauses_ns: IntArray, ends_ns: IntArray) -> list[bool]:
    if not len(arrivals_ns) or arrivals_ns[0] >= ends_ns[-1]:
        return [False] * len(ends_ns)
    cut = gaps.cut(arrivals_ns, int(arrivals_ns[0]), int(ends_ns[-1]), pauses_ns)
    gone_ns = np.round(np.cumsum(cut.length_ms) * 1e6).astype(np.int64)
    until_ns = arrivals_ns[0] + gone_ns
    from_ns = until_ns - np.round(cut.length_ms * 1e6).astype(np.int64)
    known_ns = from_ns[cut.freezes] + np.round(cut.freeze_limit_ms[cut.freezes] * 1e6)
    over_ns = until_ns[cut.freezes]
    return [
        bool(((known_ns <= end_ns) & (over_ns > end_ns - SECOND_NS)).any())
        for end_ns in ends_ns.tolist()
    ]


def _network(session: Session, ends_ns: IntArray) -> list[Sample]:
    stats = session.stats
    at_ns = np.array([snapshot.at_ns for snapshot in stats], dtype=np.int64)
    found = []
    for end_ns in ends_ns.tolist():
        last = int(np.searchsorted(at_ns, end_ns, side="right")) - 1
        if last < 0 or at_ns[last] <= end_ns - SECOND_NS:
            found.append(Sample())
            continue
        # The first snapshot has none before it: what it tells of itself still counts.
        before = stats[last - 1] if last else stats[last]
        elapsed_s = (stats[last].at_ns - before.at_ns) / 1e9
        found.append(network_sample(before.values, stats[last].values, elapsed_s or 1.0))
    return found


def _counted(at_ns: IntArray, ends_ns: IntArray, seconds: int) -> list[int]:
    """Return how many of the sorted moments lie in the last so many seconds before each end."""
    high = np.searchsorted(at_ns, ends_ns, side="right")
    low = np.searchsorted(at_ns, ends_ns - seconds * SECOND_NS, side="right")
    return [int(n) for n in high - low]
