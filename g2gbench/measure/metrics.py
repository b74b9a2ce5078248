"""Every registered metric of one session, computed from its ledger and journal.

All are of the steady state unless the registry says otherwise. What was not measured is None with
the reason, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

from g2gbench.measure import (
    display,
    fidelity_metrics,
    gaps,
    latency_breakdown,
    marker_matching,
    startup,
)
from g2gbench.measure.journal import ABSENT, FloatArray, Session
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES, Value, missing
from g2gbench.measure.packets import DIRECTIONS, DROPPING, FATES, KINDS, Packets
from g2gbench.measure.phases import Recovery
from g2gbench.measure.records import Stats, Usage
from g2gbench.measure.registry import METRICS, PROCESSES
from g2gbench.measure.stats import Deltas, deltas, samples

LATE_TICK: Final = 0.5
"""A capture that begins later than this share of a frame interval is late."""

FEWEST_GAPS: Final = 200
"""Two gaps must be among the longest 1 %."""

NO_STEADY_STATE: Final = "the warm-up was never over"

NOT_JUDGED: Final = missing("the session was not judged")

NO_DISPLAY: Final = "nothing is on display: client.display is off"

LOCKED: Final = (
    f"the source's rate keeps step with the display's {display.REFRESH_HZ} Hz: another session may "
    f"be up to {1000 / display.REFRESH_HZ:.0f} ms off; 29.7 fps is not"
)

_ARRIVAL_METRICS: Final = (
    "unreadable_ratio",
    "repeat_ratio",
    "fps",
    "harmonic_fps",
    "fps_1pct_low",
    "freeze_count",
    "freeze_ms",
    "stall_count",
    "stall_ms",
)
_Timed = TypeVar("_Timed", Stats, Usage)


def compute(
    session: Session,
    ledger: Ledger,
    packets: Packets | None = None,
    recovered: Sequence[Recovery] = (),
    quality: Value = NOT_JUDGED,
) -> dict[str, Value]:
    """Every metric of the registry, in its order.

    ``packets`` is the link's log, ``recovered`` what followed the impairments that ended,
    ``quality`` the worst level that was held.
    """
    found = {"ttff_ms": _time_to_first_frame(session, ledger)}
    found |= dict(_connect(session, packets))
    found |= dict(_g2g(session, ledger))
    found |= dict(_g2g_displayed(session, ledger))
    found |= dict(_budget(session, ledger))
    found |= dict(_drops(session, ledger))
    found["late_ratio"] = _late(session, ledger)
    found |= dict(_arrivals(session, ledger))
    found |= dict(_statistics(session))
    found |= dict(_link(session, packets))
    found |= dict(fidelity_metrics.metrics(session, ledger))
    found |= dict(startup.metrics(session, ledger, packets))
    found["recovery_ms"] = _recovery(session, recovered)
    found["quality"] = quality
    found |= dict(_usage(session))
    found["late_tick_ratio"] = _late_ticks(session)
    return {name: found[name] for name in METRICS}


def _time_to_first_frame(session: Session, ledger: Ledger) -> Value:
    # Not from the phase first_marker: the client takes the first number for that, misread or not.
    start = session.reached.get("connect")
    believed = session.seen.received_ns[ledger.sightings.kind == marker_matching.NEW]
    if start is None:
        return missing("no connect attempt was recorded")
    if not len(believed):
        return missing("no frame with a readable marker of this session came back")
    return Value((int(believed[0]) - start) / 1e6, n=1)


def _connect(session: Session, packets: Packets | None) -> Iterator[tuple[str, Value]]:
    for name in (name for name in METRICS if name.startswith("connect_ms.")):
        phase = name.partition(".")[2]
        start, end = session.reached.get("connect"), session.reached.get(phase)
        if phase == "first_packet" and end is None:
            end = _first_packet_ns(packets)
        if start is None:
            yield name, missing("no connect attempt was recorded")
        elif end is None:
            yield name, missing(f"the session never reached {phase}")
        else:
            yield name, Value((end - start) / 1e6, n=1)


def _first_packet_ns(packets: Packets | None) -> int | None:
    """Return when the first media packet left the link towards the client."""
    if packets is None:
        return None
    media = (packets["kind"] == KINDS.index("rtp")) & (packets["left_ns"] >= 0)
    down = packets[media & (packets["direction"] == DIRECTIONS.index("downlink"))]
    return int(down["left_ns"].min()) if len(down) else None


def _g2g(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    values = ledger.g2g_ms[ledger.steady & (ledger.outcome == DELIVERED)]
    reason = "" if len(values) else "no frame was delivered"
    reason = NO_STEADY_STATE if session.steady_ns is None else reason
    yield from _latency("g2g_ms", values, "delivered", reason)


def _g2g_displayed(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    shown = ledger.steady & (ledger.outcome == DELIVERED) & (ledger.displayed_ns != ABSENT)
    values = (ledger.displayed_ns - ledger.captured_ns)[shown] / 1e6
    started, steady_ns = session.started, session.steady_ns
    if not _displays(session):
        reason = NO_DISPLAY
    elif steady_ns is None:
        reason = NO_STEADY_STATE
    else:
        reason = "" if len(values) else "no frame was presented"
    remark = ""
    if not reason and started is not None and steady_ns is not None:
        locked = display.locked(started.fps, (steady_ns[1] - steady_ns[0]) / 1e9)
        remark = LOCKED if locked else ""
    yield from _latency("g2g_displayed_ms", values, "displayed", reason, remark)


def _displays(session: Session) -> bool:
    return session.started is not None and session.started.display


def _latency(
    family: str, values: FloatArray, frames: str, reason: str, remark: str = ""
) -> Iterator[tuple[str, Value]]:
    """Every statistic of a family; none of them where there is a ``reason``."""
    n = len(values)
    if reason:
        yield from ((name, missing(reason)) for name in METRICS if name.startswith(f"{family}."))
        return
    yield f"{family}.min", Value(float(values.min()), remark, n)
    yield f"{family}.mean", Value(float(values.mean()), remark, n)
    yield f"{family}.max", Value(float(values.max()), remark, n)
    for percent, needed in PERCENTILE_SAMPLES.items():
        if n < needed:
            reason = f"needs {needed} {frames} frames, has {n}"
            yield f"{family}.p{percent}", missing(reason, n, "too_short")
        else:
            yield f"{family}.p{percent}", Value(float(np.percentile(values, percent)), remark, n)


def _budget(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    """Means, since means add up: the parts of fully attributed frames sum to their g2g."""
    delivered = ledger.steady & (ledger.outcome == DELIVERED)
    for part, values in ledger.budget_ms.items():
        known = values[delivered & np.isfinite(values)]
        if session.steady_ns is None:
            yield f"budget_ms.{part}", missing(NO_STEADY_STATE)
        elif part == latency_breakdown.DISPLAY and not _displays(session):
            yield f"budget_ms.{part}", missing(NO_DISPLAY)
        elif not len(known):
            yield f"budget_ms.{part}", missing("nothing logged both ends of this part of the way")
        else:
            yield f"budget_ms.{part}", Value(float(known.mean()), n=len(known))


def _recovery(session: Session, recovered: Sequence[Recovery]) -> Value:
    """The slowest of the recoveries of the network; none at all when one did not come."""
    if session.steady_ns is None:
        return missing(NO_STEADY_STATE)
    recovered = [one for one in recovered if one.cause == "network"]
    if not recovered:
        return missing("no impairment of the network ended in the steady state")
    for one in recovered:
        if one.both_ms.value is None:
            return missing(f"{one.label}: {one.both_ms.reason}")
    slowest = max(one.both_ms.value or 0.0 for one in recovered)
    return Value(slowest, n=len(recovered))


def _drops(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    frames = ledger.frames()
    settled = frames["delivered"] + frames["unreadable"] + frames["dropped"]
    if session.steady_ns is None or not settled:
        reason = NO_STEADY_STATE if session.steady_ns is None else "no frame's fate is known"
        yield "drop_ratio", missing(reason)
        yield from ((name, missing(reason)) for name in METRICS if name.startswith("drops."))
        return
    yield "drop_ratio", Value(frames["dropped"] / settled, n=settled)
    for phase, count in ledger.drops().items():
        if phase == "display" and not _displays(session):
            yield f"drops.{phase}", missing(NO_DISPLAY)
        else:
            yield f"drops.{phase}", Value(float(count), n=settled)


def _arrivals(session: Session, ledger: Ledger) -> Iterator[tuple[str, Value]]:
    if session.steady_ns is None:
        yield from ((name, missing(NO_STEADY_STATE)) for name in _ARRIVAL_METRICS)
        return
    start_ns, end_ns = session.steady_ns
    if end_ns <= start_ns:
        yield from ((name, missing("the steady state has no length")) for name in _ARRIVAL_METRICS)
        return
    received_ns, kind = session.seen.received_ns, ledger.sightings.kind
    kinds = kind[(received_ns >= start_ns) & (received_ns < end_ns)]
    unreadable = int(np.isin(kinds, (marker_matching.NO_MARKER, marker_matching.REJECTED)).sum())
    repeats, new = (
        int((kinds == marker_matching.REPEAT).sum()),
        int((kinds == marker_matching.NEW).sum()),
    )
    readable = len(kinds) - unreadable
    yield "unreadable_ratio", _share(unreadable, len(kinds), "no remote frame arrived")
    yield "repeat_ratio", _share(repeats, readable, "no readable remote frame arrived")
    delivered = ledger.frames()["delivered"]
    yield "fps", Value(delivered / ((end_ns - start_ns) / 1e9), n=delivered)

    arrivals_ns, pauses_ns = gaps.arrivals(session, ledger)
    cut = gaps.cut(arrivals_ns, start_ns, end_ns, pauses_ns)
    n = len(cut.length_ms)
    yield "harmonic_fps", Value(cut.harmonic_fps, n=n) if new else missing("no new frame arrived")
    yield "fps_1pct_low", _low_rate(cut.length_ms)
    yield "stall_count", Value(float(cut.stalls.sum()), n=n)
    yield "stall_ms", Value(float(cut.length_ms[cut.stalls].sum()), n=n)
    if np.isnan(cut.usual_ms).all():
        reason = "no two new frames to tell the usual gap from"
        yield from ((name, missing(reason)) for name in ("freeze_count", "freeze_ms"))
        return
    yield "freeze_count", Value(float(cut.freezes.sum()), n=n)
    yield "freeze_ms", Value(float(cut.length_ms[cut.freezes].sum()), n=n)


def _low_rate(gaps_ms: FloatArray) -> Value:
    n = len(gaps_ms)
    if n < FEWEST_GAPS:
        return missing(f"needs {FEWEST_GAPS} gaps between new frames, has {n}", n, "too_short")
    longest = np.sort(gaps_ms)[-round(n / 100) :]
    return Value(1e3 / float(longest.mean()), n=n)


def _late(session: Session, ledger: Ledger) -> Value:
    """Share of the delivered frames that were later than the deadline."""
    deadline_ms = session.started.deadline_ms if session.started is not None else None
    if deadline_ms is None:
        return missing("session.deadline is not set")
    if session.steady_ns is None:
        return missing(NO_STEADY_STATE)
    values = ledger.g2g_ms[ledger.steady & (ledger.outcome == DELIVERED)]
    late = int(np.count_nonzero(values > deadline_ms))
    return _share(late, len(values), "no frame was delivered")


def _share(part: int, whole: int, reason: str) -> Value:
    return Value(part / whole, n=whole) if whole else missing(reason)


def _statistics(session: Session) -> Iterator[tuple[str, Value]]:
    stats = _within(session, session.stats)
    rtt = [s for s in samples(stats, "remote_inbound.round_trip_time") if s > 0]
    rtt = rtt or [s for s in samples(stats, "pair.current_round_trip_time") if s > 0]
    yield "rtt_ms.p50", _median(rtt, 1e3)
    yield "jitter_ms", _median(samples(stats, "inbound.jitter"), 1e3)
    available = [s for s in samples(stats, "pair.available_outgoing_bitrate") if s > 0]
    yield "available_bitrate_bps", _median(available, 1.0)

    yield "uplink.fraction_lost", _uplink_fraction_lost(stats)
    down = deltas(stats, ["inbound.packets_received"], ["inbound.packets_lost"])
    expected = 0.0 if down is None else down["inbound.packets_received"]
    expected += 0.0 if down is None else down["inbound.packets_lost"]
    yield "downlink.fraction_lost", _quotient(down, "inbound.packets_lost", expected)

    for name, part, verb in (("uplink", "outbound", "sent"), ("downlink", "inbound", "received")):
        keys = [f"{part}.bytes_{verb}", f"{part}.header_bytes_{verb}"]
        grown = deltas(stats, keys)
        total = None if grown is None else sum(grown[key] for key in keys) * 8
        seconds = 0.0 if grown is None else grown.elapsed_s
        yield f"{name}.bitrate_bps", _divided(grown, total, seconds, 1.0)
    for name, time, count in (
        ("encode_ms", "outbound.total_encode_time", "outbound.frames_encoded"),
        ("decode_ms", "inbound.total_decode_time", "inbound.frames_decoded"),
        ("jitter_buffer_ms", "inbound.jitter_buffer_delay", "inbound.jitter_buffer_emitted_count"),
    ):
        grown = deltas(stats, [time, count])
        yield name, _quotient(grown, time, 0.0 if grown is None else grown[count], 1e3)


def _uplink_fraction_lost(stats: Sequence[Stats]) -> Value:
    grown = deltas(stats, ["outbound.packets_sent"], ["remote_inbound.packets_lost"])
    if samples(stats, "outbound.packets_sent"):
        sent = 0.0 if grown is None else grown["outbound.packets_sent"]
        return _quotient(grown, "remote_inbound.packets_lost", sent)
    fractions = samples(stats, "remote_inbound.fraction_lost")
    if not fractions:
        return missing("the room reported no packet loss")
    remark = "mean of the fractions reported: packets sent were not counted"
    return Value(float(np.mean(fractions)), remark, len(fractions))


def _within(session: Session, records: Sequence[_Timed]) -> list[_Timed]:
    """The records of the steady state."""
    if session.steady_ns is None:
        return []
    start, end = session.steady_ns
    return [record for record in records if start <= record.at_ns <= end]


def _median(values: Sequence[float], scale: float) -> Value:
    if not values:
        return missing("the statistics of the steady state do not tell it")
    return Value(float(np.median(values)) * scale, n=len(values))


def _quotient(grown: Deltas | None, key: str, divisor: float, scale: float = 1.0) -> Value:
    return _divided(grown, None if grown is None else grown[key], divisor, scale)


def _divided(grown: Deltas | None, total: float | None, divisor: float, scale: float) -> Value:
    if grown is None or total is None:
        return missing("fewer than two snapshots of the steady state tell it", code="too_short")
    if divisor <= 0:
        return missing("nothing was counted in the steady state", grown.steps)
    remark = f"{grown.resets} restart(s) of the counters left out" if grown.resets else ""
    return Value(total / divisor * scale, remark, grown.steps)


def _link(session: Session, packets: Packets | None) -> Iterator[tuple[str, Value]]:
    if packets is None:
        for name in (name for name in METRICS if name.startswith("link.")):
            yield name, missing("no link logged packets")
        return
    if session.steady_ns is None:
        yield from ((n, missing(NO_STEADY_STATE)) for n in METRICS if n.startswith("link."))
        return
    start, end = session.steady_ns
    steady = packets[(packets["arrived_ns"] >= start) & (packets["arrived_ns"] < end)]
    steady = steady[steady["fate"] != FATES.index("copy")]
    dropped = np.isin(steady["fate"], [FATES.index(name) for name in DROPPING])
    for code, direction in enumerate(DIRECTIONS):
        mine = steady["direction"] == code
        n = int(np.count_nonzero(mine))
        lost = int(np.count_nonzero(dropped & mine))
        nothing = f"no packet entered the {direction} in the steady state"
        yield f"link.{direction}.loss", _share(lost, n, nothing)
    left = steady[steady["left_ns"] >= 0]
    late_ms = (left["left_ns"] - left["due_ns"]) / 1e6
    if len(left) < PERCENTILE_SAMPLES[99]:
        reason = f"needs {PERCENTILE_SAMPLES[99]} packets, has {len(left)}"
        yield "link.late_ms.p99", missing(reason, len(left))
    else:
        yield "link.late_ms.p99", Value(float(np.percentile(late_ms, 99)), n=len(left))


def _usage(session: Session) -> Iterator[tuple[str, Value]]:
    usage = _within(session, session.usage)
    for process in PROCESSES:
        own = [u for u in usage if u.process == process]
        # As statistics, so that a process that was started anew counts as a restart.
        grown = deltas([Stats(u.at_ns, {"cpu_s": u.cpu_s}) for u in own], ["cpu_s"])
        if not own:
            yield f"cpu.{process}", missing("the process was not sampled")
            yield f"rss_bytes.{process}", missing("the process was not sampled")
            continue
        yield f"cpu.{process}", _quotient(grown, "cpu_s", 0.0 if grown is None else grown.elapsed_s)
        yield f"rss_bytes.{process}", Value(float(max(u.rss_bytes for u in own)), n=len(own))


def _late_ticks(session: Session) -> Value:
    if session.steady_ns is None:
        return missing(NO_STEADY_STATE)
    if session.started is None or session.started.fps <= 0:
        return missing("the frame rate of the schedule is not known")
    start, end = session.steady_ns
    captured, skipped = session.captured, session.skipped
    due = (captured.due_ns >= start) & (captured.due_ns < end)
    delay_ns = captured.captured_ns[due] - captured.due_ns[due]
    late = int(np.count_nonzero(delay_ns > LATE_TICK * 1e9 / session.started.fps))
    left_out = int(np.count_nonzero((skipped.due_ns >= start) & (skipped.due_ns < end)))
    ticks = int(np.count_nonzero(due)) + left_out
    return _share(late + left_out, ticks, "the schedule had no tick in the steady state")
