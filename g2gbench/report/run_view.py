"""What the page says of a whole run: whether to trust it, and what ran on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from g2gbench.measure.registry import METRICS, PROCESSES
from g2gbench.measure.validity import LIMITS
from g2gbench.report.headline import trials_of
from g2gbench.report.numbers import NOT_MEASURED, plural, single
from g2gbench.report.series import session_of
from g2gbench.store.reading import Run

_QUEUES: Final = ("stream_dropped", "reader_dropped")


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
    cores = run.facts["machine"].get("cores")
    return [
        _ratio(trials, "late_tick_ratio", LIMITS.late_tick_ratio),
        _readings(trials),
        _witnesses(trials),
        _queues(run),
        _busiest(trials),
        _machine(trials, cores),
        _implausible(trials),
    ]


def _check(name: str, worst: str, bound: str, *, fine: bool | None, meaning: str) -> Check:
    state = {True: "pass", False: "fail", None: "nodiff"}[fine]
    outcome = {True: "within", False: "exceeded", None: NOT_MEASURED}[fine]
    return Check(name, worst, bound, state, outcome, meaning)


def _values(trials: Iterable[Mapping[str, Any]], metric: str) -> list[float]:
    found = (trial["metrics"].get(metric, {}).get("value") for trial in trials)
    return [value for value in found if value is not None]


def _ratio(trials: Sequence[Mapping[str, Any]], metric: str, limit: float) -> Check:
    values = _values(trials, metric)
    return _check(
        "capture ticks late or skipped",
        single(metric, max(values)) if values else NOT_MEASURED,
        f"{limit:.0%}",
        fine=max(values) <= limit if values else None,
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


def _queues(run: Run) -> Check:
    found: list[int] = []
    for trial in run.trials:
        session = session_of(trial)
        told = [session.counter("client", name) for name in _QUEUES]
        found += [count for count in told if count is not None]
    return _check(
        "frames dropped by the client's queues",
        plural(max(found), "frame") if found else NOT_MEASURED,
        str(LIMITS.queue_drops),
        fine=max(found) <= LIMITS.queue_drops if found else None,
        meaning="A frame that this tool dropped itself would count as lost on the way.",
    )


def _busiest(trials: Sequence[Mapping[str, Any]]) -> Check:
    used = [(v, p) for p in PROCESSES for v in _values(trials, f"cpu.{p}")]
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
        if (found := [v for p in PROCESSES for v in _values([trial], f"cpu.{p}")])
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


def _implausible(trials: Sequence[Mapping[str, Any]]) -> Check:
    counts = [trial["readings"].get("implausible", 0) for trial in trials]
    return _check(
        "frames that came back before their capture",
        plural(max(counts), "frame") if counts else NOT_MEASURED,
        "0",
        fine=max(counts) <= 0 if counts else None,
        meaning="A negative latency is kept as it is: it would be a mistake of this tool.",
    )


def processes(run: Run) -> list[tuple[str, str, str]]:
    """Name, CPU and memory of each process, the largest of all trials."""
    trials = trials_of(run.summary_data)
    rows = []
    for process in PROCESSES:
        cpu, memory = _values(trials, f"cpu.{process}"), _values(trials, f"rss_bytes.{process}")
        rows.append(
            (
                process,
                single(f"cpu.{process}", max(cpu, default=None)),
                single(f"rss_bytes.{process}", max(memory, default=None)),
            )
        )
    return rows


def quantisation(run: Run) -> str:
    """The one error of every g2g value that is known without a calibration."""
    rates = {s.started.fps for s in map(session_of, run.trials) if s.started and s.started.fps > 0}
    words = "A g2g value carries half a frame interval of capture quantisation"
    if len(rates) != 1:
        return f"{words}."
    fps = rates.pop()
    return f"{words}: ±{500 / fps:.1f} ms at {fps:g} frames a second."


def machine(run: Run) -> list[tuple[str, str]]:
    """What the run was measured on and with."""
    facts, found = run.facts, run.facts["machine"]
    memory = found.get("memory_bytes")
    cores = ", ".join(
        f"{count} {word}"
        for count, word in (
            (found.get("cores"), "cores"),
            (found.get("physical_cores"), "physical"),
        )
        if count is not None
    )
    kinds = sorted({s.started.client for s in map(session_of, run.trials) if s.started})
    rows = [
        ("started", time_of(facts.get("started"))),
        ("ended", time_of(facts.get("ended")) or "never: the run was cut off"),
        ("g2gbench", facts.get("g2gbench")),
        ("measured client", ", ".join(kinds)),
        ("processor", found.get("processor")),
        ("cores", cores),
        ("memory", f"{memory / 2**30:.1f} GiB" if memory else None),
        (
            "system",
            " ".join(str(found.get(k) or "") for k in ("system", "release", "architecture")),
        ),
        ("Python", found.get("python")),
        *((name, version) for name, version in facts.get("versions", {}).items()),
    ]
    return [(name, str(value)) for name, value in rows if value]


def scenario(run: Run) -> list[tuple[str, str]]:
    """The settings that the run was asked for, section by section."""
    asked: Mapping[str, Any] = run.facts["scenario"]
    rows = [
        (name, ", ".join(_settings(asked[name])) or "none")
        for name in ("target", "source", "publish", "network", "session", "client", "matrix")
        if name in asked
    ]
    timeline = asked.get("timeline") or []
    rows += [("timeline", "; ".join(", ".join(_settings(entry)) for entry in timeline) or "none")]
    rows += [(name, str(asked[name])) for name in ("repeat", "seed") if name in asked]
    return [*rows, ("sha256 of its text", str(run.facts.get("scenario_sha256", ""))[:16] + "…")]


def glossary() -> list[tuple[str, str, str, str, str]]:
    """Name, unit, better direction, definition and reference of every metric."""
    better = {"lower": "lower", "higher": "higher", "neither": "–"}
    return [
        (m.name, m.unit, better[m.direction], m.definition, m.reference) for m in METRICS.values()
    ]


def _settings(section: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(section, Mapping):
        for name, value in section.items():
            if value is not None:
                yield from _settings(value, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(section, list | tuple):
        yield f"{prefix} {' / '.join(str(item) for item in section)}".strip()
    else:
        yield f"{prefix} {section}".strip()


def time_of(text: str | None) -> str:
    """A stored moment for people; empty for none."""
    return text.replace("T", " ").replace("+00:00", " UTC") if text else ""
