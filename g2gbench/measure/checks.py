"""Every check of a trial's validity: what it measures, its limit, what it means, its remedy.

Registered once, here. The modules beside this one evaluate them; reports and documents list them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from g2gbench.measure import advice
from g2gbench.measure.check import Check
from g2gbench.measure.limits import LIMITS, Limits


@dataclass(frozen=True, slots=True)
class CheckKind:
    """One kind of check; a trial has one of each that applies, or one for each process.

    ``limits`` are the fields of `Limits` that bound its value, none where the limit is 0.
    ``unless`` says when it does not apply; a kind of pages alone has ``page``.
    """

    id: str
    title: str
    value: str
    """What is measured."""
    unit: str
    meaning: str
    """What it would mean for the numbers to exceed the limit."""
    remedy: str
    limits: tuple[str, ...] = ()
    unless: str = ""
    page: bool = False

    def judge(
        self,
        value: float,
        text: str,
        limits: Limits = LIMITS,
        *,
        of: str = "",
        limit: float | None = None,
        remedy: str = "",
    ) -> Check:
        """The check of a ``value``, which may not exceed the limit.

        ``of`` is the process, queue or direction that it is of. ``limit`` and ``remedy`` replace
        those of the kind where they depend on what was found.
        """
        if limit is None:
            limit = getattr(limits, self.limits[0]) if self.limits else 0.0
        ok = value <= limit
        found = "" if ok else remedy or self.remedy
        return Check(self._name(of), value, limit, self.unit, ok, text, found)

    def failed(self, text: str, *, of: str = "", remedy: str = "") -> Check:
        """The check of something that must not happen at all, and did."""
        return Check(self._name(of), 1.0, 0.0, self.unit, False, text, remedy or self.remedy)

    def not_judged(self, text: str) -> Check:
        """The check of a trial that cannot be held to it; ``text`` says why."""
        return Check(self.id, None, None, self.unit, ok=True, text=text)

    def has(self, check: Check) -> bool:
        """Return whether a check is of this kind."""
        return check.check == self.id or check.check.startswith(f"{self.id}.")

    def _name(self, of: str) -> str:
        return f"{self.id}.{of}" if of else self.id


COMPLETE: Final = CheckKind(
    "complete",
    "sessions cut short",
    "the session ended as planned, and its steady state was measured to its end",
    "count",
    "What was measured of a session that ended early is not its steady state.",
    advice.READ_LOGS,
)
DAMAGED_LINES: Final = CheckKind(
    "damaged_lines",
    "damaged lines of the raw records",
    "lines of the journal that cannot be read",
    "count",
    "What these lines recorded is missing in every number.",
    advice.RUN_AGAIN,
)
LATE_CAPTURES: Final = CheckKind(
    "late_captures",
    "captures late or skipped",
    "ticks of the capture schedule skipped or more than half a frame interval late, in the steady "
    "state",
    "ratio",
    "This machine was too slow to capture on schedule.",
    advice.TOO_SLOW,
    ("late_tick_ratio",),
)
QUEUE_DROPS: Final = CheckKind(
    "queue_drops",
    "frames dropped by the tool's own queues",
    "frames that the own queues of client or model worker dropped before their marker was read",
    "frames",
    "A frame that this tool's client or model worker dropped itself would count as lost on the "
    "way.",
    advice.TOO_SLOW,
    ("queue_drops",),
)
CORES: Final = CheckKind(
    "cores",
    "busiest process",
    "cores that one process of the trial used in the steady state",
    "cores",
    "A process that fills its core delays what it measures.",
    advice.TOO_SLOW,
    ("process_cores",),
)
MACHINE_CORES: Final = CheckKind(
    "machine_cores",
    "all processes of a trial",
    "cores that all processes of the trial used together, over the machine's",
    "cores",
    "Processes that wait for a core add latency of their own.",
    advice.TOO_SLOW,
    ("machine_ratio",),
)
STARVED: Final = CheckKind(
    "starved",
    "longest wait for a core",
    "time for which the thread of a process that waited most, of those that ran for a hundredth of "
    "what the busiest did, waited for a core while it could have run, without the first 0.5 ms of "
    "each wait, over the steady state",
    "ratio",
    "A thread that could run and does not adds latency and drops that are nobody else's.",
    advice.STARVED,
    ("run_delay_ratio",),
)
STOOD_STILL: Final = CheckKind(
    "stood_still",
    "longest stall of a process",
    "longest time for which a process of the trial did not run, of those that reach into the "
    "steady state",
    "s",
    "What waited for a process that did not run came late, or never.",
    advice.STOOD_STILL,
    ("stood_still_s",),
)
SWAPPED: Final = CheckKind(
    "swapped",
    "memory swapped in or out",
    "memory that the machine swapped in or out during the trial",
    "bytes",
    "A process whose memory is on the disk stands still until it is back.",
    advice.SWAPPED,
    ("swapped_bytes",),
)
CLOCK_STEP: Final = CheckKind(
    "clock_step",
    "steps of the wall clock",
    "step of the wall clock against the monotonic one during the trial",
    "ms",
    "Times of other machines' logs and of this run's records no longer belong together.",
    advice.CLOCK_STEPPED,
    ("clock_step_ms",),
)
PAGE_CLOCK: Final = CheckKind(
    "page_clock",
    "greatest error of a page's clock",
    "by how much a page's clock, as aligned with this machine's, may be wrong at most",
    "ms",
    "What a page saw would be at another moment than what link and service saw.",
    advice.PAGE_CLOCK,
    ("page_clock_ms",),
    page=True,
)
PAGE_HIDDEN: Final = CheckKind(
    "page_hidden",
    "pages that were hidden",
    "the page was not in view",
    "count",
    "A browser slows down what nobody looks at, and displays nothing of it.",
    advice.BROWSER,
    page=True,
)
PAGE_FRAMES: Final = CheckKind(
    "page_frames",
    "frames that a page and its browser count differently",
    "frames by which a page and its browser differ, of those stamped or of those decoded, from the "
    "first statistics of a connection to its last",
    "frames",
    "Frames that the page stamped and its browser never took, or that the browser decoded and the "
    "page never read, were lost by this tool.",
    advice.BROWSER,
    ("page_frames",),
    page=True,
)
UNDISPLAYED: Final = CheckKind(
    "undisplayed",
    "frames that still waited for the display",
    "decoded frames of the steady state that still waited for the display at the end, over those "
    "decoded, of a client that displays",
    "ratio",
    "The slow ones are missing in the displayed latency.",
    advice.BROWSER,
    ("undisplayed_ratio",),
    "The client displays nothing.",
)
LINK_LATE: Final = CheckKind(
    "link_late",
    "packets that left the link late, p99",
    "99th percentile of how late packets of the steady state left the link; the limit is a share "
    "of the median g2g, or a time where that is more",
    "ms",
    "The emulated link delayed packets by more than it was asked to.",
    advice.LINK_LATE,
    ("link_late_ratio", "link_late_ms"),
    "No link ran.",
)
LINK_OVERFLOWED: Final = CheckKind(
    "link_overflowed",
    "packets that the link never read",
    "packets that the system dropped before the link could read them",
    "packets",
    "A packet that this tool's link lost would count as lost by the network.",
    advice.LINK_LATE,
    ("link_unseen",),
    "No link ran.",
)
LINK_LOG_LOST: Final = CheckKind(
    "link_log_lost",
    "packets missing in the link's log",
    "packets of the link that are missing in its log",
    "packets",
    "What became of their frames is not known.",
    advice.DISK,
    ("link_unseen",),
    "No link ran.",
)
BYPASS: Final = CheckKind(
    "bypass",
    "media packets that bypassed the link",
    "media packets that the client counted and that did not pass through the link, over those it "
    "counted",
    "ratio",
    "What did not pass through the link was not measured over this network.",
    advice.BYPASS,
    ("bypass_ratio",),
    "No link ran.",
)
PLAYOUT_EXCESS: Final = CheckKind(
    "playout_excess",
    "frames held beyond the playout delay",
    "mean time from a frame's last packet to its picture beyond the playout delay asked for, where "
    "the network is not impaired",
    "ms",
    "What a jitter buffer holds frames for is part of g2g.",
    advice.PLAYOUT,
    ("playout_excess_ms",),
    "No delay was asked for, or the network is impaired.",
)
PLAYOUT_SHORTFALL: Final = CheckKind(
    "playout_shortfall",
    "frames held short of the playout delay",
    "mean time from a frame's last packet to its picture short of the least playout delay asked "
    "for, where the network is not impaired",
    "ms",
    "What a jitter buffer holds frames for is part of g2g.",
    advice.PLAYOUT,
    ("playout_shortfall_ms",),
    "No delay was asked for, or the network is impaired.",
)
BAD_READINGS: Final = CheckKind(
    "bad_readings",
    "frames unreadable or misread",
    "remote frames unreadable, misread or with a number that is not outstanding, over all remote "
    "frames since the first readable one of their stream",
    "ratio",
    "The marker did not survive the way, so that latencies rest on a part of the frames.",
    advice.MARKER,
    ("bad_reading_ratio",),
)
WITNESS_DISAGREEMENTS: Final = CheckKind(
    "witness_disagreements",
    "frames whose metadata disagree with their marker",
    "frames whose metadata trailer names another frame than the marker",
    "frames",
    "The frame number in the metadata is an independent witness of the marker.",
    advice.WITNESS,
    ("witness_disagreements",),
    "No frame came back with metadata.",
)
WITNESS_SHIFTED: Final = CheckKind(
    "witness_shifted",
    "frames with the metadata of a dropped one",
    "frames with the metadata of a frame after them that never came, over all frames with "
    "metadata: an encoder dropped that one",
    "ratio",
    "An encoder was handed two frames at once and dropped the second; picture and latency of the "
    "first are right.",
    advice.SHIFTED,
    ("witness_shifted_ratio",),
    "No frame came back with metadata.",
)
IMPLAUSIBLE: Final = CheckKind(
    "implausible",
    "frames that came back before their capture",
    "frames that came back before they were captured",
    "frames",
    "A negative latency is kept as it is: it would be a mistake of this tool.",
    advice.CLOCKS,
    ("implausible",),
)
BEFORE_LIVE: Final = CheckKind(
    "before_live",
    "frames captured before the session was live",
    "frames of the steady state captured before the first one that came back",
    "frames",
    "A session that is still connecting is not in its steady state.",
    advice.WARM_UP,
)
IN_FLIGHT: Final = CheckKind(
    "in_flight",
    "frames still on their way at the end",
    "frames of the steady state still on their way at the end, over those captured",
    "ratio",
    "The slow ones are missing.",
    advice.IN_FLIGHT,
    ("in_flight_ratio",),
)
WARMUP: Final = CheckKind(
    "warmup",
    "warm-up that waited for a settled session",
    "a warm-up of `auto` ended because the session had settled",
    "s",
    "A session that never settles has no steady state.",
    advice.NEVER_SETTLED,
    (),
    "The warm-up has a length of its own.",
)
_STEADY: Final = (
    "A session that is still finding its rate, or works off a queue, is not in its steady state."
)
_CHANGES: Final = "Not judged where the scenario changes the network or the prompt."
UNSETTLED_G2G: Final = CheckKind(
    "unsettled.g2g",
    "g2g of the first second",
    "median g2g of the first second beyond the range of the seconds of the second half; the limit "
    "is a share of the largest of those, or a time where that is more",
    "ms",
    _STEADY,
    advice.NOT_SETTLED,
    ("unsettled_g2g_ratio", "unsettled_g2g_ms"),
    _CHANGES,
)
UNSETTLED_DELIVERY: Final = CheckKind(
    "unsettled.delivery",
    "frames delivered of the first second",
    "share of frames delivered of the first second, beyond the range of the seconds of the second "
    "half",
    "ratio",
    _STEADY,
    advice.NOT_SETTLED,
    ("unsettled_delivery_ratio",),
    _CHANGES,
)
UNSETTLED_BITRATE: Final = CheckKind(
    "unsettled.bitrate",
    "bitrate of the first second",
    "factor by which the bitrate sent in the first second is beyond the range of the seconds of "
    "the second half",
    "factor",
    _STEADY,
    advice.NOT_SETTLED,
    ("unsettled_bitrate_factor",),
    _CHANGES,
)
BACKLOG: Final = CheckKind(
    "backlog",
    "frames queued at the start",
    "frames on their way at the start of the steady state, beyond the range of those at moments of "
    "its second half, in time of the source",
    "ms",
    _STEADY,
    advice.NOT_SETTLED,
    ("backlog_ms",),
    _CHANGES,
)

CHECKS: Final[tuple[CheckKind, ...]] = (
    COMPLETE,
    DAMAGED_LINES,
    LATE_CAPTURES,
    BAD_READINGS,
    WITNESS_DISAGREEMENTS,
    WITNESS_SHIFTED,
    QUEUE_DROPS,
    CORES,
    MACHINE_CORES,
    STARVED,
    STOOD_STILL,
    WARMUP,
    UNSETTLED_G2G,
    UNSETTLED_DELIVERY,
    UNSETTLED_BITRATE,
    BACKLOG,
    BEFORE_LIVE,
    IN_FLIGHT,
    IMPLAUSIBLE,
    LINK_LATE,
    LINK_OVERFLOWED,
    LINK_LOG_LOST,
    BYPASS,
    SWAPPED,
    CLOCK_STEP,
    PLAYOUT_EXCESS,
    PLAYOUT_SHORTFALL,
    PAGE_CLOCK,
    PAGE_HIDDEN,
    PAGE_FRAMES,
    UNDISPLAYED,
)
"""In the order in which they are listed."""


def limit_text(kind: CheckKind, limits: Limits = LIMITS) -> str:
    """The limit of a kind with its unit: ``2%``, ``20% or 5 ms``, ``0.9 cores``."""
    found = [_bound(name, getattr(limits, name), kind.unit) for name in kind.limits]
    return " or ".join(found) or ("0" if kind.unit in ("count", "frames") else "none")


def _bound(name: str, value: float, unit: str) -> str:
    if name.endswith("_ratio"):
        share = f"{100 * value:.1f}".removesuffix(".0") + "%"
        return f"{share} of the machine's" if name == "machine_ratio" else share
    return f"{value:g} {unit}" if unit in ("ms", "s", "cores") else f"{value:g}"


def markdown_table() -> str:
    """The checks as the table of docs/method.md."""
    lines = ["| Check | At most | Of |", "|---|---|---|"]
    lines += [f"| `{kind.id}` | {limit_text(kind)} | {kind.value} |" for kind in CHECKS]
    return "\n".join(lines)
