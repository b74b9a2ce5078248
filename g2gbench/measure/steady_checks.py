"""Checks of the steady state: steady, and every process of the trial could run."""

from __future__ import annotations

from collections.abc import Iterator

from g2gbench.measure import advice, checks, steadiness
from g2gbench.measure.check import Check
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger
from g2gbench.measure.limits import Limits
from g2gbench.measure.records import STALL, WARMED_UP, Stats
from g2gbench.measure.registry import PROCESSES
from g2gbench.measure.stats import deltas, number

_SETTLED = (
    checks.UNSETTLED_G2G,
    checks.UNSETTLED_DELIVERY,
    checks.UNSETTLED_BITRATE,
    checks.BACKLOG,
)


def starved(session: Session, limits: Limits) -> Iterator[Check]:
    """Processes that could not run: they waited for a core, or stood still."""
    pressure = pressure_ratio(session)
    for process, ratio in run_delay_ratios(session).items():
        yield waited(process, ratio, limits, pressure)
    if session.steady_ns is None:
        return
    longest = longest_stalls(session)
    for process, seconds in longest.items():
        yield stood_still(process, seconds, limits)
    if not longest:
        yield checks.STOOD_STILL.judge(0.0, "no process of the trial stood still", limits)


def waited(process: str, ratio: float, limits: Limits, pressure: float | None = None) -> Check:
    """Return whether a process waited for a core for too large a share of the time.

    ``pressure``: the share in which some task of the machine did.
    """
    text = (
        f"a thread of the {process} process waited for a core for {ratio:.1%} of the time "
        f"(limit {limits.run_delay_ratio:.1%})"
    )
    if pressure is not None:
        text += f"; somebody on the machine did for {pressure:.0%} of it"
    return checks.STARVED.judge(ratio, text, limits, of=process)


def stood_still(process: str, seconds: float, limits: Limits) -> Check:
    """Return whether a process stood still for too long."""
    text = (
        f"the {process} process stood still for {seconds:.2f} s (limit {limits.stood_still_s:g} s)"
    )
    return checks.STOOD_STILL.judge(seconds, text, limits, of=process)


def run_delay_ratios(session: Session) -> dict[str, float]:
    """Share of the steady state for which each process's most delayed thread waited for a core.

    Empty where the system does not tell.
    """
    if session.steady_ns is None:
        return {}
    start_ns, end_ns = session.steady_ns
    found = {}
    for process in PROCESSES:
        samples = [
            Stats(u.at_ns, {"waited_s": u.waited_s})
            for u in session.usage
            if u.process == process and start_ns <= u.at_ns <= end_ns
        ]
        grown = deltas(samples, ["waited_s"])
        if grown is not None and grown.elapsed_s > 0:
            found[process] = grown["waited_s"] / grown.elapsed_s
    return found


def pressure_ratio(session: Session) -> float | None:
    """Share of the steady state in which some task of the machine waited for a core."""
    if session.steady_ns is None:
        return None
    start_ns, end_ns = session.steady_ns
    samples = [p for p in session.pressure if start_ns <= p.at_ns <= end_ns]
    if len(samples) < 2:
        return None
    return (samples[-1].cpu_s - samples[0].cpu_s) / ((samples[-1].at_ns - samples[0].at_ns) / 1e9)


def longest_stalls(session: Session) -> dict[str, float]:
    """The longest stall of each process, of those that reach into the steady state, in seconds."""
    if session.steady_ns is None:
        return {}
    start_ns, end_ns = session.steady_ns
    found: dict[str, float] = {}
    for event in session.events:
        process, seconds = event.detail.get("process"), number(event.detail.get("seconds"))
        if event.name != STALL or not isinstance(process, str) or seconds is None:
            continue
        if event.at_ns >= start_ns and event.at_ns - seconds * 1e9 < end_ns:
            found[process] = max(found.get(process, 0.0), seconds)
    return found


def settled(session: Session, ledger: Ledger, limits: Limits) -> Iterator[Check]:
    """Yield whether g2g, delivery and bitrate were steady from the first second on."""
    yield from _warmed_up(session)
    why_not = steadiness.why_not_judged(session)
    if why_not:
        text = f"not judged whether it was settled: {why_not}"
        for kind in _SETTLED:
            yield kind.not_judged(text)
        return
    g2g = steadiness.latency(session, ledger)
    if g2g is not None:
        limit = max(limits.unsettled_g2g_ms, limits.unsettled_g2g_ratio * g2g.high)
        text = (
            f"not settled: g2g p50 was {g2g.first:.0f} ms in the first second, "
            f"{_range(g2g.low, g2g.high, '.0f')} ms in the seconds of the second half (limit "
            f"{limit:.0f} ms apart)"
        )
        yield checks.UNSETTLED_G2G.judge(g2g.beyond, text, limit=limit)
    delivery = steadiness.delivery(session, ledger)
    if delivery is not None:
        limit = limits.unsettled_delivery_ratio
        text = (
            f"not settled: {delivery.first:.0%} of the frames of the first second were delivered, "
            f"{_range(delivery.low, delivery.high, '.0%')} of those of each second of the second "
            f"half (limit {limit:.0%} apart)"
        )
        yield checks.UNSETTLED_DELIVERY.judge(delivery.beyond, text, limits)
    bitrate = steadiness.bitrate(session)
    if bitrate is not None:
        limit = limits.unsettled_bitrate_factor
        text = (
            f"not settled: {bitrate.first / 1e6:.2f} Mbps were sent in the first second, "
            f"{_range(bitrate.low / 1e6, bitrate.high / 1e6, '.2f')} Mbps in the seconds of the "
            f"second half (limit: a factor of {limit:g})"
        )
        yield checks.UNSETTLED_BITRATE.judge(bitrate.factor, text, limits)
    yield from _backlog(session, ledger, limits)


def _warmed_up(session: Session) -> Iterator[Check]:
    """Yield how long a warm-up took that waited until the session had settled."""
    for event in session.events:
        seconds = number(event.detail.get("seconds"))
        if event.name != WARMED_UP or seconds is None:
            continue
        ok = bool(event.detail.get("settled"))
        text = f"{'settled' if ok else 'not settled'} after {seconds:.1f} s of warm-up"
        kind = checks.WARMUP
        yield Check(kind.id, seconds, None, kind.unit, ok, text, "" if ok else kind.remedy)


def _backlog(session: Session, ledger: Ledger, limits: Limits) -> Iterator[Check]:
    frames = steadiness.backlog(session, ledger)
    if frames is None or session.started is None or session.started.fps <= 0:
        return
    held_ms = frames.beyond * 1000 / session.started.fps
    text = (
        f"not settled: {frames.first:.0f} frame(s) were on their way at the start, "
        f"{_range(frames.low, frames.high, '.0f')} in the second half: {held_ms:.0f} ms of the "
        f"source's beyond it (limit {limits.backlog_ms:g} ms)"
    )
    remedy = "" if frames.first > frames.high else advice.BUILDS_UP
    yield checks.BACKLOG.judge(held_ms, text, limits, remedy=remedy)


def _range(low: float, high: float, form: str) -> str:
    shown = f"{low:{form}}", f"{high:{form}}"
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"
