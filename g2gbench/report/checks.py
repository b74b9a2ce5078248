"""The checks of validity of a run, each with the worst trial beside its bound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from g2gbench.measure.journal import Session
from g2gbench.measure.limits import LIMITS
from g2gbench.measure.registry import PROCESSES
from g2gbench.report.headline import trials_of
from g2gbench.report.numbers import NOT_MEASURED, plural, single
from g2gbench.report.series import session_of
from g2gbench.store.reading import Run
from g2gbench.store.trial_directory import PACKET_LOG, PACKETS

_QUEUES: Final = (
    ("client", "stream_dropped"),
    ("client", "reader_dropped"),
    ("worker", "stream_dropped"),
)
_PASSED_BY: Final = re.compile(r"(\d+ of \d+) media packets .* did not pass through the link")
_COUNTED: Final = re.compile(r"the page (\w+ \d+ frames where its browser \w+ \d+)")
_HELD: Final = re.compile(r"held whole frames for (\d+ ms)")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that could make the numbers wrong; ``state`` is pass, fail or nodiff."""

    name: str
    worst: str
    bound: str
    state: str
    outcome: str
    meaning: str


def checks(run: Run) -> list[Check]:
    """The checks of validity, each with the worst trial's value."""
    trials = trials_of(run.summary_data)
    sessions = [session_of(trial) for trial in run.trials]
    return [
        _late_ticks(trials),
        _readings(trials),
        _witnesses(trials),
        _shifted(trials),
        _queues(sessions),
        _busiest(trials),
        _machine(trials, run.facts["machine"].get("cores")),
        _waited(trials),
        _stood_still(trials),
        _settled(trials),
        _implausible(trials),
        _link_late(trials),
        _bypass(run),
        _swapped(sessions),
        _clock(sessions),
        _playout(sessions, trials),
        *_page([s for s in sessions if s.started and s.started.client == "browser"], trials),
    ]


def values(trials: Iterable[Mapping[str, Any]], metric: str) -> list[float]:
    """A metric's values in the trials that measured it."""
    found = (trial["metrics"].get(metric, {}).get("value") for trial in trials)
    return [value for value in found if value is not None]


def _check(name: str, worst: str, bound: str, *, fine: bool | None, meaning: str) -> Check:
    state = {True: "pass", False: "fail", None: "nodiff"}[fine]
    outcome = {True: "within", False: "exceeded", None: NOT_MEASURED}[fine]
    return Check(name, worst, bound, state, outcome, meaning)


def _late_ticks(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = values(trials, "late_tick_ratio")
    return _check(
        "capture ticks late or skipped",
        single("late_tick_ratio", max(found, default=None)),
        f"{LIMITS.late_tick_ratio:.0%}",
        fine=max(found) <= LIMITS.late_tick_ratio if found else None,
        meaning="This machine was too slow to capture on schedule.",
    )


def _readings(trials: Sequence[Mapping[str, Any]]) -> Check:
    names = ("no_marker", "rejected", "misread", "not_outstanding")
    bad = [sum(trial["readings"].get(name, 0) for name in names) for trial in trials]
    broken = any("could not be read" in text for t in trials for text in t["invalid_because"])
    return _check(
        "frames unreadable or misread",
        plural(max(bad), "frame") if bad else NOT_MEASURED,
        f"{LIMITS.bad_reading_ratio:.1%} since the first readable one",
        fine=not broken if bad else None,
        meaning="The marker did not survive the way, so that latencies rest on a part of the "
        "frames. The count is that of the whole session.",
    )


def _witnesses(trials: Sequence[Mapping[str, Any]]) -> Check:
    agree = sum(trial["readings"].get("witness_agree", 0) for trial in trials)
    disagree = sum(trial["readings"].get("witness_disagree", 0) for trial in trials)
    told = agree + disagree
    return _check(
        "witnesses that disagree",
        f"{disagree} of {told}" if told else NOT_MEASURED,
        str(LIMITS.witness_disagreements),
        fine=disagree <= LIMITS.witness_disagreements if told else None,
        meaning="The frame number in the metadata is an independent witness of the marker."
        + ("" if told else " No frame came back with one."),
    )


def _queues(sessions: Sequence[Session]) -> Check:
    told = (session.counter(*queue) for session in sessions for queue in _QUEUES)
    found = [count for count in told if count is not None]
    return _check(
        "frames dropped by the tool's own queues",
        plural(max(found), "frame") if found else NOT_MEASURED,
        str(LIMITS.queue_drops),
        fine=max(found) <= LIMITS.queue_drops if found else None,
        meaning="A frame that this tool's client or model worker dropped itself would count as "
        "lost on the way.",
    )


def _busiest(trials: Sequence[Mapping[str, Any]]) -> Check:
    used = [(v, p) for p in PROCESSES for v in values(trials, f"cpu.{p}")]
    value, process = max(used, default=(0.0, ""))
    return _check(
        "busiest process",
        f"{process}, {value:.2f} cores" if used else NOT_MEASURED,
        f"{LIMITS.process_cores:g} cores",
        fine=value <= LIMITS.process_cores if used else None,
        meaning="A process that fills its core delays what it measures.",
    )


def _machine(trials: Sequence[Mapping[str, Any]], cores: int | None) -> Check:
    totals = [
        sum(found)
        for trial in trials
        if (found := [v for p in PROCESSES for v in values([trial], f"cpu.{p}")])
    ]
    known = bool(totals) and cores is not None
    bound = LIMITS.machine_ratio * (cores or 0)
    return _check(
        "all processes of a trial",
        f"{max(totals):.2f} cores" if totals else NOT_MEASURED,
        f"{bound:.2g} of {cores} cores" if cores is not None else "cores not known",
        fine=max(totals) <= bound if known else None,
        meaning="Processes that wait for a core add latency of their own.",
    )


def _told(trials: Sequence[Mapping[str, Any]], *names: str) -> list[Mapping[str, Any]]:
    """The trials' own checks of these names, those of one process or aspect included."""
    return [
        check
        for trial in trials
        for check in trial.get("checks", ())
        if check["check"].partition(".")[0] in names
    ]


def _of(check: Mapping[str, Any]) -> str:
    """The process that a check is about."""
    return str(check["check"].partition(".")[2])


def _waited(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = _told(trials, "starved")
    worst = max(found, key=lambda check: check["value"], default=None)
    return _check(
        "longest wait for a core",
        NOT_MEASURED if worst is None else f"{_of(worst)}, {worst['value']:.0%} of the time",
        f"{LIMITS.run_delay_ratio:.0%} of the time",
        fine=None if worst is None else all(check["ok"] for check in found),
        meaning="A thread that could run and does not adds latency and drops that are nobody "
        "else's. Of each process the thread that waited most.",
    )


def _stood_still(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = _told(trials, "stood_still")
    worst = max(found, key=lambda check: check["value"], default=None)
    said = NOT_MEASURED
    if worst is not None:
        said = f"{_of(worst)}, {worst['value']:.2f} s" if worst["value"] else "none"
    return _check(
        "longest stall of a process",
        said,
        f"{LIMITS.stood_still_s:g} s",
        fine=None if worst is None else all(check["ok"] for check in found),
        meaning="What waited for a process that did not run came late, or never.",
    )


def _settled(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = _told(trials, "unsettled", "backlog", "warmup")
    judged = [check for check in found if check["value"] is not None]
    wrong = [check for check in judged if not check["ok"]]
    said = plural(len(wrong), "difference") if wrong else "as the others"
    return _check(
        "first second of the steady state",
        said if judged else "not judged" if found else NOT_MEASURED,
        "as the seconds of its second half",
        fine=not wrong if judged else None,
        meaning="A session that is still finding its rate, or works off a queue, is not in its "
        "steady state. Where the scenario changes the network or the prompt it is not judged.",
    )


def _shifted(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = _told(trials, "witness_shifted")
    worst = max((check["value"] for check in found), default=0.0)
    return _check(
        "frames with the metadata of a dropped one",
        f"{worst:.1%}" if found else NOT_MEASURED,
        f"{LIMITS.witness_shifted_ratio:.1%}",
        fine=all(check["ok"] for check in found) if found else None,
        meaning="An encoder was handed two frames at once and dropped the second; picture and "
        "latency of the first are right.",
    )


def _implausible(trials: Sequence[Mapping[str, Any]]) -> Check:
    counts = [trial["readings"].get("implausible", 0) for trial in trials]
    return _check(
        "frames that came back before their capture",
        plural(max(counts), "frame") if counts else NOT_MEASURED,
        str(LIMITS.implausible),
        fine=max(counts) <= LIMITS.implausible if counts else None,
        meaning="A negative latency is kept as it is: it would be a mistake of this tool.",
    )


def _link_late(trials: Sequence[Mapping[str, Any]]) -> Check:
    found = values(trials, "link.late_ms.p99")
    return _check(
        "packets that left the link late, p99",
        single("link.late_ms.p99", max(found, default=None)),
        f"{LIMITS.link_late_ms:g} ms",
        fine=max(found) <= LIMITS.link_late_ms if found else None,
        meaning="The emulated link delayed packets by more than it was asked to."
        + ("" if found else " No link ran."),
    )


def _bypass(run: Run) -> Check:
    logged = any(
        (trial.path / name).exists() for trial in run.trials for name in (PACKETS, PACKET_LOG)
    )
    found = _reasons(trials_of(run.summary_data), _PASSED_BY)
    return _check(
        "media packets that went round the link",
        found[0] if found else "none above the bound" if logged else NOT_MEASURED,
        f"{LIMITS.bypass_ratio:.0%} of those that the client counted",
        fine=not found if logged else None,
        meaning="What did not pass through the link was not measured over this network."
        + ("" if logged else " No link ran."),
    )


def _swapped(sessions: Sequence[Session]) -> Check:
    told = (session.counter("machine", "swapped_bytes") for session in sessions)
    found = [count for count in told if count is not None]
    return _check(
        "memory swapped in or out",
        f"{max(found) / 2**20:.1f} MiB" if found else NOT_MEASURED,
        f"{LIMITS.swapped_bytes} bytes",
        fine=max(found) <= LIMITS.swapped_bytes if found else None,
        meaning="A process whose memory is on the disk stands still until it is back.",
    )


def _clock(sessions: Sequence[Session]) -> Check:
    # The clock is watched where swapping is: a session without a step has no event to tell.
    watched = any(s.counter("machine", "swapped_bytes") is not None for s in sessions)
    told = (e.detail.get("step_ms") for s in sessions for e in s.events if e.name == "clock_step")
    found = [abs(step) for step in told if isinstance(step, int | float)]
    largest = max(found, default=0.0)
    known = watched or bool(found)
    return _check(
        "steps of the wall clock",
        (f"{largest:.0f} ms" if found else "none") if known else NOT_MEASURED,
        f"{LIMITS.clock_step_ms:g} ms",
        fine=largest <= LIMITS.clock_step_ms if known else None,
        meaning="Times of other machines' logs and of this run's records no longer belong "
        "together.",
    )


def _playout(sessions: Sequence[Session], trials: Sequence[Mapping[str, Any]]) -> Check:
    asked = [s for s in sessions if s.started and s.started.playout_delay_ms and not _impaired(s)]
    found = _reasons(trials, _HELD)
    said = found[0] if found else "taken" if asked else NOT_MEASURED
    return _check(
        "playout delay that a receiver did not take",
        said,
        f"{LIMITS.playout_excess_ms:g} ms beyond or {LIMITS.playout_shortfall_ms:g} ms short of it",
        fine=not found if asked or found else None,
        meaning="What a jitter buffer holds frames for is part of g2g."
        + ("" if asked or found else " No delay was asked for, or the network is impaired."),
    )


def _page(pages: Sequence[Session], trials: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """What only a page can go wrong in; nothing where no client was one."""
    if not pages:
        return
    said = [e.detail for s in pages for e in s.events if e.name == "page"]
    spreads = [found for one in said if isinstance(found := one.get("clock_spread_ms"), float)]
    yield _check(
        "disagreement on a page's clock",
        f"{max(spreads):.2f} ms" if spreads else NOT_MEASURED,
        f"{LIMITS.page_clock_ms:g} ms",
        fine=max(spreads) <= LIMITS.page_clock_ms if spreads else None,
        meaning="What a page saw would stand at another moment than what link and service saw.",
    )
    hidden = sum(bool(one.get("hidden")) for one in said)
    yield _check(
        "pages that were hidden",
        f"{hidden} of {len(said)}" if said else NOT_MEASURED,
        "0",
        fine=not hidden if said else None,
        meaning="A browser slows down what nobody looks at, and displays nothing of it.",
    )
    apart = _reasons(trials, _COUNTED)
    yield _check(
        "frames that a page and its browser count differently",
        apart[0] if apart else f"{LIMITS.page_frames} or fewer",
        plural(LIMITS.page_frames, "frame"),
        fine=not apart,
        meaning="Frames that the page stamped and its browser never took, or that the browser "
        "decoded and the page never read, were lost by this tool.",
    )


def _impaired(session: Session) -> bool:
    return any(e.name == "link" and e.detail.get("impaired") for e in session.events)


def _reasons(trials: Iterable[Mapping[str, Any]], pattern: re.Pattern[str]) -> list[str]:
    """What the trials' reasons to be invalid tell of a check."""
    texts = (text for trial in trials for text in trial["invalid_because"])
    return [match[1] for text in texts if (match := pattern.search(text))]
