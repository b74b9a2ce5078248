"""Validity of a trial: whether the instrument, not the service, was the bottleneck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from g2gbench.measure import advice, checks, network_checks, page_counts, steady_checks
from g2gbench.measure.check import Check
from g2gbench.measure.journal import ABSENT, Session
from g2gbench.measure.ledger import BEFORE_LIVE, DELIVERED, Ledger
from g2gbench.measure.limits import LIMITS, Limits
from g2gbench.measure.metric_value import Value
from g2gbench.measure.packets import Packets
from g2gbench.measure.registry import PROCESSES


def check(
    session: Session,
    ledger: Ledger,
    metrics: Mapping[str, Value],
    packets: Packets | None = None,
    *,
    cores: int | None = None,
    limits: Limits = LIMITS,
) -> tuple[Check, ...]:
    """Every check that applies, those that hold too.

    ``packets`` is the link's log, where there was one; ``cores`` is how many the machine has, where
    that is known.
    """
    return (
        *_complete(session, ledger),
        *without_frames(session, metrics, packets, cores=cores, limits=limits),
        *_counted(session, limits),
        *_displayed(session, ledger, limits),
        *_read(ledger, session, limits),
        *_begun(ledger, limits),
        *steady_checks.settled(session, ledger, limits),
    )


def without_frames(
    session: Session,
    metrics: Mapping[str, Value],
    packets: Packets | None = None,
    *,
    cores: int | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Check]:
    """Those of the checks that need no record of single frames."""
    yield from _capacity(session, metrics, cores, limits)
    yield from steady_checks.starved(session, limits)
    yield from _disturbed(session, limits)
    yield from network_checks.network(session, metrics, packets, limits)


def reasons(found: Sequence[Check]) -> tuple[str, ...]:
    """Return why a trial is invalid, one sentence a reason; empty for a valid one."""
    return tuple(one.text for one in found if not one.ok)


def _complete(session: Session, ledger: Ledger) -> Iterator[Check]:
    cut_short = tuple(_cut_short(session, ledger))
    yield from cut_short
    if not cut_short:
        yield checks.COMPLETE.judge(0, "the session was measured to its end")
    if session.ended is not None:
        text = (
            f"{session.damaged_lines} line(s) of the raw records cannot be read: what they told "
            "is missing"
        )
        yield checks.DAMAGED_LINES.judge(session.damaged_lines, text)


def _cut_short(session: Session, ledger: Ledger) -> Iterator[Check]:
    complete = checks.COMPLETE
    if session.ended is None:
        yield complete.failed("the journal was cut off")
    elif session.ended.reason != "complete":
        message = f": {session.ended.message}" if session.ended.message else ""
        text = f"the session ended as {session.ended.reason}{message}"
        stopped = session.ended.reason == "interrupted"
        yield complete.failed(text, remedy=advice.RUN_AGAIN if stopped else "")
    if "measure" not in session.reached:
        yield complete.failed("the warm-up was never over")
        return
    if "measured" not in session.reached:
        yield complete.failed("the steady state was not measured to its end")
    if not ledger.frames()["delivered"]:
        text = "no frame of the steady state was delivered"
        yield complete.failed(text, remedy=advice.NOTHING_CAME)


def _capacity(
    session: Session, metrics: Mapping[str, Value], cores: int | None, limits: Limits
) -> Iterator[Check]:
    late = metrics["late_tick_ratio"].value
    if late is not None:
        text = (
            f"{late:.1%} of the captures were late or skipped "
            f"(limit {limits.late_tick_ratio:.1%}): this machine is too slow for the source"
        )
        yield checks.LATE_CAPTURES.judge(late, text, limits)
    for process, queue in (("client", "stream"), ("client", "reader"), ("worker", "stream")):
        dropped = session.counter(process, f"{queue}_dropped")
        if dropped is not None:
            text = f"the {process}'s {queue} queue dropped {dropped} frame(s)"
            yield checks.QUEUE_DROPS.judge(dropped, text, limits, of=f"{process}_{queue}")
    used = {p: metrics[f"cpu.{p}"].value for p in PROCESSES}
    for process, value in used.items():
        if value is not None:
            text = f"the {process} process used {value:.2f} cores (limit {limits.process_cores:g})"
            yield checks.CORES.judge(value, text, limits, of=process)
    total = sum(value for value in used.values() if value is not None)
    if cores is not None:
        text = (
            f"the trial used {total:.2f} of {cores} cores "
            f"(limit {limits.machine_ratio:.0%} of the machine)"
        )
        limit = limits.machine_ratio * cores
        yield checks.MACHINE_CORES.judge(total, text, limits, limit=limit)


def _disturbed(session: Session, limits: Limits) -> Iterator[Check]:
    swapped = session.counter("machine", "swapped_bytes")
    if swapped is not None:
        text = f"the machine swapped {swapped / 2**20:.1f} MiB of memory during the trial"
        yield checks.SWAPPED.judge(swapped, text, limits)
    steps = [event.detail.get("step_ms") for event in session.events if event.name == "clock_step"]
    known = [step for step in steps if isinstance(step, int | float)]
    for step_ms in known:
        text = f"the clock stepped by {step_ms:.0f} ms (limit {limits.clock_step_ms:g} ms)"
        yield checks.CLOCK_STEP.judge(abs(step_ms), text, limits)
    if not known and swapped is not None:  # the clock is watched where swapping is
        yield checks.CLOCK_STEP.judge(0.0, "the clock did not step", limits)
    for event in session.events:
        if event.name == "page":
            yield from _page(event.detail, limits)


def _page(detail: Mapping[str, object], limits: Limits) -> Iterator[Check]:
    """Yield what a page says of itself at its end."""
    # Runs of before 2026-12 name how far the best exchanges disagreed.
    error_ms = detail.get("clock_error_ms", detail.get("clock_spread_ms"))
    if isinstance(error_ms, int | float):
        text = (
            f"the page's clock is known to {error_ms:.2f} ms alone "
            f"(limit {limits.page_clock_ms:g} ms)"
        )
        yield checks.PAGE_CLOCK.judge(error_ms, text, limits)
    hidden = bool(detail.get("hidden"))
    text = "the page was hidden: a browser slows down what nobody looks at"
    yield checks.PAGE_HIDDEN.judge(float(hidden), text)


def _counted(session: Session, limits: Limits) -> Iterator[Check]:
    """Yield what a page stamped and read must be what its browser took and decoded."""
    if session.started is None or session.started.client not in ("browser", "live"):
        return  # a page that reads from its display does not see what was never displayed
    for counted, mine, theirs in (
        (page_counts.stamped(session), "stamped", "took"),
        (page_counts.read(session), "read", "decoded"),
    ):
        if counted is None:
            continue
        text = (
            f"the page {mine} {counted.page} frames where its browser {theirs} "
            f"{counted.browser} (limit {limits.page_frames} apart)"
        )
        yield checks.PAGE_FRAMES.judge(counted.apart, text, limits, of=mine)


def _displayed(session: Session, ledger: Ledger, limits: Limits) -> Iterator[Check]:
    if session.started is None or not session.started.display:
        return
    decoded = ledger.steady & (ledger.outcome == DELIVERED)
    undisplayed = decoded & (ledger.displayed_ns == ABSENT)
    waiting = int(np.count_nonzero(undisplayed & (ledger.drop_phase == ABSENT)))
    total = int(np.count_nonzero(decoded))
    if not total:
        return
    if undisplayed.sum() == total:
        text = f"none of the {total} frames that were decoded came on display"
        yield checks.UNDISPLAYED.judge(1.0, text, limits)
        return
    text = (
        f"{waiting} of {total} decoded frames still waited for the display at the end "
        f"(limit {limits.undisplayed_ratio:.1%}): the slow ones are missing"
    )
    yield checks.UNDISPLAYED.judge(waiting / total, text, limits)


def _read(ledger: Ledger, session: Session, limits: Limits) -> Iterator[Check]:
    bad, total = _bad_readings(ledger, session)
    if total:
        text = (
            f"{bad / total:.2%} of the remote frames could not be read or were misread "
            f"(limit {limits.bad_reading_ratio:.2%})"
        )
        yield checks.BAD_READINGS.judge(bad / total, text, limits)
    compared = ledger.witness_agree + ledger.witness_disagree + ledger.witness_shifted
    if not compared:
        return
    text = (
        f"{ledger.witness_disagree} frame(s) carried another number in their metadata than in "
        "their marker"
    )
    yield checks.WITNESS_DISAGREEMENTS.judge(ledger.witness_disagree, text, limits)
    text = (
        f"{ledger.witness_shifted} of {compared} frames carried the metadata of a frame after them "
        f"that never came (limit {limits.witness_shifted_ratio:.1%}): an encoder was handed two "
        "frames at once, and dropped the second"
    )
    yield checks.WITNESS_SHIFTED.judge(ledger.witness_shifted / compared, text, limits)


def _begun(ledger: Ledger, limits: Limits) -> Iterator[Check]:
    text = (
        f"{ledger.implausible} frame(s) came back before they were captured: the clocks do "
        "not belong together"
    )
    yield checks.IMPLAUSIBLE.judge(ledger.implausible, text, limits)
    frames = ledger.frames()
    early = int(np.count_nonzero(ledger.steady & (ledger.outcome == BEFORE_LIVE)))
    if frames["delivered"]:
        text = (
            f"the steady state began before the session was live: {early} frame(s) of it were "
            "captured before the first one that came back"
        )
        yield checks.BEFORE_LIVE.judge(early, text)
    if frames["captured"]:
        text = (
            f"{frames['in_flight']} of {frames['captured']} frames were still on their way at the "
            f"end (limit {limits.in_flight_ratio:.1%}): the slow ones are missing"
        )
        yield checks.IN_FLIGHT.judge(frames["in_flight"] / frames["captured"], text, limits)


def _bad_readings(ledger: Ledger, session: Session) -> tuple[int, int]:
    """Remote frames that gave no sample and no repeat, and all of them, since the first sample.

    A service may show frames of its own before the client's first one, and it does so anew in each
    stream after a reconnect. A later stream without any of the client's counts whole.
    """
    believed = ledger.sightings.kind <= 1
    if not believed.any():
        return 0, len(session.seen)
    renewed = [e.at_ns for e in session.events if e.name == "remote_stream"][1:]
    stream = np.searchsorted(renewed, session.seen.received_ns, side="right")
    own = np.zeros(len(believed), dtype=np.bool_)
    for number_of_stream in np.unique(stream):
        shown = np.flatnonzero(stream == number_of_stream)
        ours = np.flatnonzero(believed[shown])
        if len(ours) or number_of_stream == 0:
            own[shown[: ours[0] if len(ours) else None]] = True
    return int((~believed & ~own).sum()), int((~own).sum())
