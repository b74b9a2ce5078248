"""When a trial is not to be trusted: the instrument, and not the service, was the bottleneck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from g2gbench.measure import advice, network_checks, page_counts, steady_checks
from g2gbench.measure.check import Check, at_most, wrong
from g2gbench.measure.journal import ABSENT, Session
from g2gbench.measure.ledger import BEFORE_LIVE, DELIVERED, Ledger
from g2gbench.measure.limits import LIMITS, Limits
from g2gbench.measure.packets import Packets
from g2gbench.measure.registry import PROCESSES
from g2gbench.measure.values import Value


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
        *_capacity(session, metrics, cores, limits),
        *steady_checks.starved(session, limits),
        *_disturbed(session, limits),
        *_counted(session, limits),
        *_displayed(session, ledger, limits),
        *network_checks.network(session, metrics, packets, limits),
        *_read(ledger, session, limits),
        *_begun(ledger, limits),
        *steady_checks.settled(session, ledger, limits),
    )


def reasons(checks: Sequence[Check]) -> tuple[str, ...]:
    """Why a trial is invalid, one sentence a reason; empty for a valid one."""
    return tuple(one.text for one in checks if not one.ok)


def _complete(session: Session, ledger: Ledger) -> Iterator[Check]:
    if session.ended is None:
        yield wrong("complete", "the journal was cut off", advice.READ_LOGS)
    elif session.ended.reason != "complete":
        message = f": {session.ended.message}" if session.ended.message else ""
        text = f"the session ended as {session.ended.reason}{message}"
        stopped = session.ended.reason == "interrupted"
        yield wrong("complete", text, advice.RUN_AGAIN if stopped else advice.READ_LOGS)
    if session.ended is not None:
        text = (
            f"{session.damaged_lines} line(s) of the raw records cannot be read: what they told "
            "is missing"
        )
        yield at_most("damaged_lines", session.damaged_lines, 0, "count", text, advice.RUN_AGAIN)
    if "measure" not in session.reached:
        yield wrong("complete", "the warm-up was never over", advice.READ_LOGS)
        return
    if "measured" not in session.reached:
        text = "the steady state was not measured to its end"
        yield wrong("complete", text, advice.READ_LOGS)
    if not ledger.frames()["delivered"]:
        text = "no frame of the steady state was delivered"
        yield wrong("complete", text, advice.NOTHING_CAME)


def _capacity(
    session: Session, metrics: Mapping[str, Value], cores: int | None, limits: Limits
) -> Iterator[Check]:
    late = metrics["late_tick_ratio"].value
    if late is not None:
        yield at_most(
            "late_captures",
            late,
            limits.late_tick_ratio,
            "ratio",
            f"{late:.1%} of the captures were late or skipped "
            f"(limit {limits.late_tick_ratio:.1%}): this machine is too slow for the source",
            advice.TOO_SLOW,
        )
    for process, queue in (("client", "stream"), ("client", "reader"), ("worker", "stream")):
        dropped = session.counter(process, f"{queue}_dropped")
        if dropped is not None:
            text = f"the {process}'s {queue} queue dropped {dropped} frame(s)"
            limit: float = limits.queue_drops
            yield at_most("queue_drops", dropped, limit, "count", text, advice.TOO_SLOW)
    used = {p: metrics[f"cpu.{p}"].value for p in PROCESSES}
    for process, value in used.items():
        if value is not None:
            text = f"the {process} process used {value:.2f} cores (limit {limits.process_cores:g})"
            limit = limits.process_cores
            yield at_most(f"cores.{process}", value, limit, "cores", text, advice.TOO_SLOW)
    total = sum(value for value in used.values() if value is not None)
    if cores is not None:
        text = (
            f"the trial used {total:.2f} of {cores} cores "
            f"(limit {limits.machine_ratio:.0%} of the machine)"
        )
        limit = limits.machine_ratio * cores
        yield at_most("cores", total, limit, "cores", text, advice.TOO_SLOW)


def _disturbed(session: Session, limits: Limits) -> Iterator[Check]:
    swapped = session.counter("machine", "swapped_bytes")
    if swapped is not None:
        text = f"the machine swapped {swapped / 2**20:.1f} MiB of memory during the trial"
        yield at_most("swapped", swapped, limits.swapped_bytes, "bytes", text, advice.SWAPPED)
    steps = [event.detail.get("step_ms") for event in session.events if event.name == "clock_step"]
    known = [step for step in steps if isinstance(step, int | float)]
    for step_ms in known:
        text = f"the clock stepped by {step_ms:.0f} ms (limit {limits.clock_step_ms:g} ms)"
        limit = limits.clock_step_ms
        yield at_most("clock_step", abs(step_ms), limit, "ms", text, advice.CLOCK_STEPPED)
    if not known and swapped is not None:  # the clock is watched where swapping is
        text = "the clock did not step"
        yield at_most("clock_step", 0.0, limits.clock_step_ms, "ms", text, "")
    for event in session.events:
        if event.name == "page":
            yield from _page(event.detail, limits)


def _page(detail: Mapping[str, object], limits: Limits) -> Iterator[Check]:
    """What a page says of itself at its end."""
    spread_ms = detail.get("clock_spread_ms")
    if isinstance(spread_ms, int | float):
        text = (
            f"the page's clock could not be aligned: the best exchanges disagree by "
            f"{spread_ms:.2f} ms (limit {limits.page_clock_ms:g} ms)"
        )
        limit = limits.page_clock_ms
        yield at_most("page_clock", spread_ms, limit, "ms", text, advice.PAGE_CLOCK)
    hidden = bool(detail.get("hidden"))
    text = "the page was hidden: a browser slows down what nobody looks at"
    yield at_most("page_hidden", float(hidden), 0, "count", text, advice.BROWSER)


def _counted(session: Session, limits: Limits) -> Iterator[Check]:
    """What a page stamped and read must be what its browser took and decoded."""
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
        name, limit = f"page_frames.{mine}", limits.page_frames
        yield at_most(name, counted.apart, limit, "frames", text, advice.BROWSER)


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
        yield wrong("undisplayed", text, advice.BROWSER)
        return
    text = (
        f"{waiting} of {total} decoded frames still waited for the display at the end "
        f"(limit {limits.undisplayed_ratio:.1%}): the slow ones are missing"
    )
    limit = limits.undisplayed_ratio
    yield at_most("undisplayed", waiting / total, limit, "ratio", text, advice.BROWSER)


def _read(ledger: Ledger, session: Session, limits: Limits) -> Iterator[Check]:
    bad, total = _bad_readings(ledger, session)
    if total:
        text = (
            f"{bad / total:.2%} of the remote frames could not be read or were misread "
            f"(limit {limits.bad_reading_ratio:.2%})"
        )
        limit = limits.bad_reading_ratio
        yield at_most("bad_readings", bad / total, limit, "ratio", text, advice.MARKER)
    told = ledger.witness_agree + ledger.witness_disagree + ledger.witness_shifted
    if not told:
        return
    text = (
        f"{ledger.witness_disagree} frame(s) carried another number in their metadata than in "
        "their marker"
    )
    limit = limits.witness_disagreements
    disagree = ledger.witness_disagree
    yield at_most("witness_disagreements", disagree, limit, "frames", text, advice.WITNESS)
    text = (
        f"{ledger.witness_shifted} of {told} frames carried the metadata of a frame after them "
        f"that never came (limit {limits.witness_shifted_ratio:.1%}): an encoder was handed two "
        "frames at once, and dropped the second"
    )
    ratio, limit = ledger.witness_shifted / told, limits.witness_shifted_ratio
    yield at_most("witness_shifted", ratio, limit, "ratio", text, advice.SHIFTED)


def _begun(ledger: Ledger, limits: Limits) -> Iterator[Check]:
    text = (
        f"{ledger.implausible} frame(s) came back before they were captured: the clocks do "
        "not belong together"
    )
    limit: float = limits.implausible
    yield at_most("implausible", ledger.implausible, limit, "frames", text, advice.CLOCKS)
    frames = ledger.frames()
    early = int(np.count_nonzero(ledger.steady & (ledger.outcome == BEFORE_LIVE)))
    if early and frames["delivered"]:
        text = (
            f"the steady state began before the session was live: {early} frame(s) of it were "
            "captured before the first one that came back"
        )
        yield wrong("before_live", text, advice.WARM_UP)
    if frames["captured"]:
        text = (
            f"{frames['in_flight']} of {frames['captured']} frames were still on their way at the "
            f"end (limit {limits.in_flight_ratio:.1%}): the slow ones are missing"
        )
        ratio, limit = frames["in_flight"] / frames["captured"], limits.in_flight_ratio
        yield at_most("in_flight", ratio, limit, "ratio", text, advice.IN_FLIGHT)


def _bad_readings(ledger: Ledger, session: Session) -> tuple[int, int]:
    """Remote frames that gave no sample and no repeat, and all of them, since the first sample.

    A service may show frames of its own before the first one of ours, and it does so anew in each
    stream after a reconnect. A later stream without any of ours counts whole.
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
