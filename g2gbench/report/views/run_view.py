"""View of a whole run: whether to trust it, and what ran on what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from g2gbench.measure.registry import METRICS, PROCESSES
from g2gbench.report.formats.calibration import sentence
from g2gbench.report.text.headline import trials_of
from g2gbench.report.text.numbers import single
from g2gbench.report.views.checks import values
from g2gbench.report.views.series import session_of
from g2gbench.store.reading import Run


def processes(run: Run) -> list[tuple[str, str, str]]:
    """Name, CPU and memory of each process, the largest of all trials."""
    trials = trials_of(run.result)
    rows = []
    for process in PROCESSES:
        cpu, memory = values(trials, f"cpu.{process}"), values(trials, f"rss_bytes.{process}")
        rows.append(
            (
                process,
                single(f"cpu.{process}", max(cpu, default=None)),
                single(f"rss_bytes.{process}", max(memory, default=None)),
            )
        )
    return rows


def calibration(run: Run) -> str:
    """The calibration that the run rests on, in one sentence, or that there is none."""
    return sentence(run.file.calibration, run.started)


def rooms(run: Run) -> str:
    """Return which media room was between the client and the service."""
    found = []
    for cell in run.file.cells:
        asked = dict(run.file.scenario.target or {})
        for name, value in cell.settings.items():
            section, _, field = name.partition(".")
            if section == "target":
                asked[field] = value
        found.append(_room(asked))
    return ", ".join(dict.fromkeys(filter(None, found)))


def _room(target: Mapping[str, object]) -> str:
    # The host and its port: an address may hold a key in its other parts.
    host = urlsplit(str(target.get("url") or "")).netloc.rpartition("@")[2]
    at = f" at {host}" if host else ""
    match target.get("kind"):
        case "livekit":
            return f"LiveKit server{at}"
        case "service":
            return f"the one that the service{at} names"
        case "loopback":
            room = target.get("room") or "embedded"
            if not isinstance(room, Mapping):
                return str(room)
            return " ".join(str(word) for word in (room.get("kind"), room.get("command")) if word)
        case _:
            return ""


def quantisation(run: Run) -> str:
    """The one error of every g2g value that is known without a calibration."""
    rates = {s.started.fps for s in map(session_of, run.trials) if s.started and s.started.fps > 0}
    words = "A g2g value carries half a frame interval of capture quantisation"
    if len(rates) != 1:
        return f"{words}."
    fps = rates.pop()
    return f"{words}: ±{500 / fps:.1f} ms at {fps:g} frames a second."


def machine(run: Run) -> list[tuple[str, str]]:
    """Return the machine and the versions that a run was measured with."""
    found, memory = run.file.machine, run.file.machine.memory_bytes
    cores = ", ".join(
        f"{count} {word}"
        for count, word in (
            (found.cores, "cores"),
            (found.physical_cores, "physical"),
        )
        if count is not None
    )
    system = (found.system, found.release, found.architecture)
    kinds = sorted({s.started.client for s in map(session_of, run.trials) if s.started})
    rows = [
        ("started", time_of(run.file.started)),
        ("ended", time_of(run.file.ended) or "never: the run was cut off"),
        ("g2gbench", run.file.g2gbench),
        ("measured client", ", ".join(kinds)),
        ("room", rooms(run)),
        ("processor", found.processor),
        ("cores", cores),
        ("memory", f"{memory / 2**30:.1f} GiB" if memory else None),
        ("system", " ".join(part or "" for part in system)),
        ("Python", found.python),
        *run.file.versions.items(),
    ]
    return [(name, str(value)) for name, value in rows if value]


def scenario(run: Run) -> list[tuple[str, str]]:
    """The settings that the run was asked for, section by section."""
    asked = run.file.scenario.model_dump(exclude_unset=True)  # every field that is in the file
    rows: list[tuple[str, str]] = [
        (name, ", ".join(_settings(asked[name])) or "none")
        for name in ("target", "source", "publish", "network", "session", "client", "matrix")
        if name in asked
    ]
    timeline = asked.get("timeline") or []
    rows += [("timeline", "; ".join(", ".join(_settings(entry)) for entry in timeline) or "none")]
    rows += [(name, str(asked[name])) for name in ("repeat", "seed") if name in asked]
    return [*rows, ("sha256 of its text", run.file.scenario_sha256[:16] + "…")]


def glossary() -> list[tuple[str, str, str, str, str]]:
    """Name, unit, better direction, definition and reference of every metric."""
    better = {"lower": "lower", "higher": "higher", "neither": "–"}
    return [
        (m.name, m.unit, better[m.direction], m.definition, m.reference) for m in METRICS.values()
    ]


def _settings(section: object, prefix: str = "") -> Iterator[str]:
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
