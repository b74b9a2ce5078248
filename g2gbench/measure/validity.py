"""When a trial is not to be trusted: the instrument, and not the service, was the bottleneck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np

from g2gbench.measure import page_counts
from g2gbench.measure.journal import ABSENT, Session
from g2gbench.measure.ledger import BEFORE_LIVE, DELIVERED, Ledger
from g2gbench.measure.packets import DIRECTIONS, KINDS, Packets
from g2gbench.measure.registry import PROCESSES
from g2gbench.measure.stats import number
from g2gbench.measure.values import Value


@dataclass(frozen=True, slots=True)
class Limits:
    """What a valid trial may not exceed; a ratio runs from 0 to 1."""

    late_tick_ratio: float = 0.02
    bad_reading_ratio: float = 0.005
    queue_drops: int = 0
    witness_disagreements: int = 0
    implausible: int = 0
    in_flight_ratio: float = 0.01
    process_cores: float = 0.9
    machine_ratio: float = 0.9
    link_late_ms: float = 5.0
    link_unseen: int = 0
    bypass_ratio: float = 0.02
    swapped_bytes: int = 0
    clock_step_ms: float = 100.0
    playout_excess_ms: float = 20.0
    playout_shortfall_ms: float = 20.0
    page_clock_ms: float = 1.0
    page_frames: int = 3
    undisplayed_ratio: float = 0.01


LIMITS = Limits()

LIMIT_MEANINGS: Mapping[str, str] = {
    "late_tick_ratio": "ticks of the capture schedule skipped or more than half a frame interval "
    "late, in the steady state",
    "bad_reading_ratio": "remote frames unreadable, misread or with a number that is not "
    "outstanding, over all remote frames since the first readable one of their stream",
    "queue_drops": "frames that the own queues of client or model worker dropped before their "
    "marker was read",
    "witness_disagreements": "frames whose metadata trailer names another frame than the marker",
    "implausible": "frames that came back before they were captured",
    "in_flight_ratio": "frames of the steady state still on their way at the end, over those "
    "captured: the slow ones are missing",
    "process_cores": "cores that one process of the trial used in the steady state",
    "machine_ratio": "cores that all processes of the trial used together, over the machine's",
    "link_late_ms": "99th percentile of how late packets of the steady state left the link, in ms",
    "link_unseen": "packets that the system dropped before the link could read them, or that the "
    "link could not log",
    "bypass_ratio": "media packets that the client counted and that did not pass through the link, "
    "over those it counted",
    "swapped_bytes": "memory that the machine swapped in or out during the trial",
    "clock_step_ms": "step of the wall clock against the monotonic one during the trial, in ms",
    "playout_excess_ms": "mean time from a frame's last packet to its picture beyond the playout "
    "delay asked for, in ms, where the network is not impaired",
    "playout_shortfall_ms": "the same short of the least playout delay asked for, in ms",
    "page_clock_ms": "disagreement of the best exchanges that align a page's clock with this "
    "machine's, in ms",
    "page_frames": "frames by which a page and its browser differ, of those stamped or of those "
    "decoded, from the first statistics of a connection to its last",
    "undisplayed_ratio": "decoded frames of the steady state that still waited for the display at "
    "the end, over those decoded, of a client that displays",
}


def check(
    session: Session,
    ledger: Ledger,
    metrics: Mapping[str, Value],
    packets: Packets | None = None,
    *,
    cores: int | None = None,
    limits: Limits = LIMITS,
) -> tuple[str, ...]:
    """Why the trial is invalid, one sentence a reason; empty for a valid trial.

    ``packets`` is the link's log, where there was one; ``cores`` is how many the machine has, where
    that is known.
    """
    return (
        *_incomplete(session, ledger),
        *_overloaded(session, metrics, cores, limits),
        *_disturbed(session, limits),
        *_counted(session, limits),
        *_displayed(session, ledger, limits),
        *_network(session, metrics, packets, limits),
        *_misread(ledger, session, limits),
        *_unsettled(ledger, limits),
    )


def _incomplete(session: Session, ledger: Ledger) -> Iterator[str]:
    if session.ended is None:
        yield "the journal was cut off"
    elif session.ended.reason != "complete":
        message = f": {session.ended.message}" if session.ended.message else ""
        yield f"the session ended as {session.ended.reason}{message}"
    if session.ended is not None and session.damaged_lines:
        yield (
            f"{session.damaged_lines} line(s) of the raw records cannot be read: what they told "
            "is missing"
        )
    if "measure" not in session.reached:
        yield "the warm-up was never over"
        return
    if "measured" not in session.reached:
        yield "the steady state was not measured to its end"
    if not ledger.frames()["delivered"]:
        yield "no frame of the steady state was delivered"


def _overloaded(
    session: Session, metrics: Mapping[str, Value], cores: int | None, limits: Limits
) -> Iterator[str]:
    late = metrics["late_tick_ratio"].value
    if late is not None and late > limits.late_tick_ratio:
        yield (
            f"{late:.1%} of the captures were late or skipped "
            f"(limit {limits.late_tick_ratio:.1%}): this machine is too slow for the source"
        )
    for process, queue in (("client", "stream"), ("client", "reader"), ("worker", "stream")):
        dropped = session.counter(process, f"{queue}_dropped")
        if dropped is not None and dropped > limits.queue_drops:
            yield f"the {process}'s {queue} queue dropped {dropped} frame(s)"
    used = {p: metrics[f"cpu.{p}"].value for p in PROCESSES}
    for process, value in used.items():
        if value is not None and value > limits.process_cores:
            yield f"the {process} process used {value:.2f} cores (limit {limits.process_cores:g})"
    total = sum(value for value in used.values() if value is not None)
    if cores is not None and total > limits.machine_ratio * cores:
        yield (
            f"the trial used {total:.2f} of {cores} cores "
            f"(limit {limits.machine_ratio:.0%} of the machine)"
        )


def _disturbed(session: Session, limits: Limits) -> Iterator[str]:
    swapped = session.counter("machine", "swapped_bytes")
    if swapped is not None and swapped > limits.swapped_bytes:
        yield f"the machine swapped {swapped / 2**20:.1f} MiB of memory during the trial"
    for event in session.events:
        step_ms = event.detail.get("step_ms") if event.name == "clock_step" else None
        if isinstance(step_ms, int | float) and abs(step_ms) > limits.clock_step_ms:
            yield f"the clock stepped by {step_ms:.0f} ms (limit {limits.clock_step_ms:g} ms)"
        if event.name == "page":
            yield from _page(event.detail, limits)


def _page(detail: Mapping[str, object], limits: Limits) -> Iterator[str]:
    """What a page says of itself at its end."""
    spread_ms = detail.get("clock_spread_ms")
    if isinstance(spread_ms, int | float) and spread_ms > limits.page_clock_ms:
        yield (
            f"the page's clock could not be aligned: the best exchanges disagree by "
            f"{spread_ms:.2f} ms (limit {limits.page_clock_ms:g} ms)"
        )
    if detail.get("hidden"):
        yield "the page was hidden: a browser slows down what nobody looks at"


def _counted(session: Session, limits: Limits) -> Iterator[str]:
    """What a page stamped and read must be what its browser took and decoded."""
    if session.started is None or session.started.client not in ("browser", "live"):
        return  # a page that reads from its display does not see what was never displayed
    for counted, mine, theirs in (
        (page_counts.stamped(session), "stamped", "took"),
        (page_counts.read(session), "read", "decoded"),
    ):
        if counted is not None and counted.apart > limits.page_frames:
            yield (
                f"the page {mine} {counted.page} frames where its browser {theirs} "
                f"{counted.browser} (limit {limits.page_frames} apart)"
            )


def _displayed(session: Session, ledger: Ledger, limits: Limits) -> Iterator[str]:
    if session.started is None or not session.started.display:
        return
    decoded = ledger.steady & (ledger.outcome == DELIVERED)
    undisplayed = decoded & (ledger.displayed_ns == ABSENT)
    waiting = int(np.count_nonzero(undisplayed & (ledger.drop_phase == ABSENT)))
    total = int(np.count_nonzero(decoded))
    if total and undisplayed.sum() == total:
        yield f"none of the {total} frames that were decoded came on display"
    elif waiting > limits.undisplayed_ratio * total:
        yield (
            f"{waiting} of {total} decoded frames still waited for the display at the end "
            f"(limit {limits.undisplayed_ratio:.1%}): the slow ones are missing"
        )


def _network(
    session: Session, metrics: Mapping[str, Value], packets: Packets | None, limits: Limits
) -> Iterator[str]:
    late_ms = metrics["link.late_ms.p99"].value
    if late_ms is not None and late_ms > limits.link_late_ms:
        yield (
            f"the link was late: 1 % of its packets left more than {late_ms:.1f} ms after their "
            f"time (limit {limits.link_late_ms:g} ms)"
        )
    for name, what in (
        ("overflowed", "the system dropped {} packet(s) before the link could read them"),
        ("log_lost", "{} packet(s) of the link are missing in its log"),
    ):
        count = session.counter("link", name) or 0
        if count > limits.link_unseen:
            yield what.format(count)
    if packets is not None:
        yield from _bypass(session, packets, limits)
    yield from _playout(session, metrics, limits)


def _bypass(session: Session, packets: Packets, limits: Limits) -> Iterator[str]:
    """What the client counted as sent and received must have passed through the link."""
    if not session.stats:
        return
    at_ns, values = session.stats[-1].at_ns, session.stats[-1].values
    media = packets[packets["kind"] == KINDS.index("rtp")]
    for direction, key, column, verb in (
        ("uplink", "outbound.packets_sent", "arrived_ns", "sent"),
        ("downlink", "inbound.packets_received", "left_ns", "received"),
    ):
        counted = number(values.get(key))
        mine = media[media["direction"] == DIRECTIONS.index(direction)]
        passed = int(np.count_nonzero((mine[column] >= 0) & (mine[column] <= at_ns)))
        if counted and counted - passed > limits.bypass_ratio * counted:
            yield (
                f"{counted - passed:.0f} of {counted:.0f} media packets that the client {verb} did "
                f"not pass through the link (limit {limits.bypass_ratio:.0%}): it was not measured "
                "over this network"
            )


def _playout(session: Session, metrics: Mapping[str, Value], limits: Limits) -> Iterator[str]:
    """A playout delay is a wish: a receiver may not have taken it, or may take it with time only.

    WebRTC adds the delay to when it expects a frame. In a session whose delay fell at its beginning
    it expects frames too early for a minute and more, and then holds them for less.
    """
    asked = session.started.playout_delay_ms if session.started else None
    changes = [e for e in session.events if e.name in ("link", "network")]
    impaired = [e for e in changes if e.detail.get("impaired")]
    if asked is None or impaired:
        return
    # Not the statistics' jitter-buffer delay: it begins with a frame's first packet, and a sender
    # that paces its packets makes it long.
    for process, part in (("client", "decode"), ("worker", "service_decode")):
        held_ms = metrics[f"budget_ms.{part}"].value
        if held_ms is None:
            continue
        held = f"the {process} held whole frames for {held_ms:.0f} ms in the mean, a playout delay"
        if held_ms > asked[1] + limits.playout_excess_ms:
            yield (
                f"{held} of {asked[1]:g} ms at most was asked for "
                f"(limit {limits.playout_excess_ms:g} ms more)"
            )
        elif held_ms < asked[0] - limits.playout_shortfall_ms:
            yield (
                f"{held} of {asked[0]:g} ms at least was asked for "
                f"(limit {limits.playout_shortfall_ms:g} ms less)"
            )


def _misread(ledger: Ledger, session: Session, limits: Limits) -> Iterator[str]:
    bad, total = _bad_readings(ledger, session)
    if total and bad / total > limits.bad_reading_ratio:
        yield (
            f"{bad / total:.2%} of the remote frames could not be read or were misread "
            f"(limit {limits.bad_reading_ratio:.2%})"
        )
    if ledger.witness_disagree > limits.witness_disagreements:
        yield (
            f"{ledger.witness_disagree} frame(s) carried another number in their metadata than in "
            "their marker"
        )


def _unsettled(ledger: Ledger, limits: Limits) -> Iterator[str]:
    if ledger.implausible > limits.implausible:
        yield (
            f"{ledger.implausible} frame(s) came back before they were captured: the clocks do "
            "not belong together"
        )
    frames = ledger.frames()
    early = int(np.count_nonzero(ledger.steady & (ledger.outcome == BEFORE_LIVE)))
    if early and frames["delivered"]:
        yield (
            f"the steady state began before the session was live: {early} frame(s) of it were "
            "captured before the first one that came back"
        )
    if frames["in_flight"] > limits.in_flight_ratio * frames["captured"]:
        yield (
            f"{frames['in_flight']} of {frames['captured']} frames were still on their way at the "
            f"end (limit {limits.in_flight_ratio:.1%}): the slow ones are missing"
        )


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


def markdown_table() -> str:
    """The limits as the table of docs/method.md."""
    lines = ["| Limit | At most | Of |", "|---|---|---|"]
    for field in fields(LIMITS):
        value = getattr(LIMITS, field.name)
        share = field.name.endswith("_ratio")
        lines.append(
            f"| `{field.name}` | {f'{value:.1%}' if share else f'{value:g}'} | "
            f"{LIMIT_MEANINGS[field.name]} |"
        )
    return "\n".join(lines)
