"""Timeline of the measured time, as one flat list in order. Pure.

An entry with ``every`` stands for several occurrences, one with ``for`` for a change and its end.
Plans, events and pictures all come from ``changes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from g2gbench.scenario.fields.quantities import DURATION
from g2gbench.scenario.model.scenario import MOST_TIMELINE_ENTRIES, Scenario
from g2gbench.scenario.model.sections import NetworkSection, TimelineEntry
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.problems import Location, Refused

Finding = tuple[Location, Refused]


@dataclass(frozen=True, slots=True)
class Change:
    """A new network or a new prompt, ``at_s`` seconds after the warm-up.

    ``label``: what people are shown. ``entry``: which entry of the timeline it comes from.
    ``ends``: the network from before is back, since the entry lasts no longer.
    """

    at_s: float
    label: str
    entry: int
    network: NetworkSection | None = None
    prompt: str | None = None
    image: str | None = None
    ends: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """One occurrence of an entry's network; ``end_s`` None: it stays."""

    start_s: float
    end_s: float | None
    entry: int
    network: NetworkSection


def changes(scenario: Scenario) -> tuple[Change, ...]:
    """Everything that happens, in order; of a network and a prompt at one time the network first.

    A change at the very moment at which another's ``for`` ends takes the place of that end.
    """
    found: list[Change] = []
    spans = _spans(scenario)
    starts = {span.start_s for span in spans}
    before = scenario.network
    for span in spans:
        found.append(Change(span.start_s, label(span.network), span.entry, span.network))
        if span.end_s is None:
            before = span.network
        elif span.end_s not in starts:
            back = f"back to {label(before)}"
            found.append(Change(span.end_s, back, span.entry, before, ends=True))
    for index, entry in enumerate(scenario.timeline):
        if _restyles(entry):
            found.extend(
                Change(at_s, "prompt", index, prompt=entry.prompt, image=entry.image)
                for at_s in _occurrences(entry, scenario.session.duration)
            )
    return tuple(sorted(found, key=lambda change: (change.at_s, change.network is None)))


def label(network: NetworkSection) -> str:
    """A network in a few words: its profile, and the directions that replace those of it."""
    parts = [] if network.profile == "none" else [network.profile]
    for name, settings in (("uplink", network.uplink), ("downlink", network.downlink)):
        if settings is not None:
            parts.append(f"{name}: {describe(settings)}")
    return "; ".join(parts) or "none"


def describe(settings: LinkSection) -> str:
    """Return one direction's fields, without those that do nothing."""
    neutral = document_of(LinkSection())
    words = []
    for name, value in document_of(settings).items():
        if value == neutral[name]:
            continue
        text = value["file"] if isinstance(value, dict) else value
        words.append(
            name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {text}"
        )
    return ", ".join(words) or "no effect"


def check_timeline(scenario: Scenario) -> Iterator[Finding]:
    """Everything in a timeline that contradicts itself or its session."""
    previous_s, duration_s, wrong = -1.0, scenario.session.duration, False
    for index, entry in enumerate(scenario.timeline):
        for key, refused in _check_entry(entry, duration_s, previous_s):
            wrong = True
            yield ("timeline", index, *key), refused
        previous_s = max(previous_s, entry.at)
    if not wrong:
        yield from _check_overlaps(scenario)


def _check_entry(
    entry: TimelineEntry, duration_s: float, previous_s: float
) -> Iterator[tuple[Location, Refused]]:
    if entry.network is None and not _restyles(entry):
        yield (), Refused("nothing happens", allowed=("network, prompt, image, or several",))
    if entry.at <= previous_s:
        allowed = f"more than {DURATION.write(previous_s)}, the entry before"
        yield ("at",), Refused("out of order", allowed=(allowed,))
    if entry.lasts is not None and entry.network is None:
        yield ("for",), Refused("only a network ends", allowed=("network beside it",))
    if entry.count is not None and entry.every is None:
        yield ("count",), Refused("nothing repeats", allowed=("every beside it",))
    if entry.at >= duration_s:
        allowed = f"less than session.duration, {DURATION.write(duration_s)}"
        yield ("at",), Refused("after the end", allowed=(allowed,))
    elif entry.lasts is not None and entry.at + entry.lasts > duration_s:
        allowed = (
            f"at most {DURATION.write(round(duration_s - entry.at, 9))}, the end of the session"
        )
        yield ("for",), Refused("after the end", allowed=(allowed,))
    elif entry.every is not None:
        yield from _check_repetition(entry, entry.every, duration_s)


def _check_repetition(
    entry: TimelineEntry, every_s: float, duration_s: float
) -> Iterator[tuple[Location, Refused]]:
    if entry.lasts is not None and entry.lasts >= every_s:
        allowed = f"less than every, {DURATION.write(every_s)}"
        yield ("for",), Refused("it would begin again before it ends", allowed=(allowed,))
    fitting = sum(1 for _ in _times(entry, duration_s))
    if entry.count is not None and entry.count > fitting:
        allowed = f"at most {fitting}, the end of the session"
        yield ("count",), Refused("after the end", allowed=(allowed,))
    elif fitting < 2 and entry.count is None:
        allowed = f"less than {DURATION.write(every_s)}, or a longer session"
        yield ("every",), Refused("it happens only once", allowed=(allowed,))


def _check_overlaps(scenario: Scenario) -> Iterator[Finding]:
    reported: set[tuple[int, int]] = set()
    spans = _spans(scenario)
    for before, after in pairwise(spans):
        end_s = before.start_s if before.end_s is None else before.end_s
        same = after.start_s == before.start_s
        pair = (before.entry, after.entry)
        if (same or after.start_s < end_s) and pair not in reported:
            reported.add(pair)
            at = DURATION.write(after.start_s)
            message = f"at {at} the network of timeline[{before.entry}] is still in force"
            least = f"{DURATION.write(end_s)} or later" if not same else "another time"
            where = "every" if scenario.timeline[after.entry].at != after.start_s else "at"
            yield ("timeline", after.entry, where), Refused(message, allowed=(least,))
    prompts: dict[float, int] = {}
    for index, entry in enumerate(scenario.timeline):
        for at_s in _occurrences(entry, scenario.session.duration) if _restyles(entry) else ():
            first = prompts.setdefault(at_s, index)
            if first != index:
                message = f"at {DURATION.write(at_s)} timeline[{first}] has a prompt too"
                where = "at" if entry.at == at_s else "every"
                yield ("timeline", index, where), Refused(message, allowed=("another time",))
                break
    count = len(changes(scenario))
    if count > MOST_TIMELINE_ENTRIES:
        message = f"these are {count} changes"
        yield ("timeline",), Refused(message, allowed=(f"at most {MOST_TIMELINE_ENTRIES}",))


def _restyles(entry: TimelineEntry) -> bool:
    return entry.prompt is not None or entry.image is not None


def _spans(scenario: Scenario) -> list[_Span]:
    spans = [
        _Span(
            at_s, None if entry.lasts is None else _exact(at_s + entry.lasts), index, entry.network
        )
        for index, entry in enumerate(scenario.timeline)
        if entry.network is not None
        for at_s in _occurrences(entry, scenario.session.duration)
    ]
    return sorted(spans, key=lambda span: (span.start_s, span.entry))


def _occurrences(entry: TimelineEntry, duration_s: float) -> Iterator[float]:
    for number, at_s in enumerate(_times(entry, duration_s), 1):
        yield at_s
        if number == entry.count:
            return


def _times(entry: TimelineEntry, duration_s: float) -> Iterator[float]:
    """Yield when an entry happens, as often as it fits with its end."""
    at_s, number = entry.at, 0
    while at_s < duration_s and _exact(at_s + (entry.lasts or 0.0)) <= duration_s:
        yield at_s
        if entry.every is None:
            return
        number += 1
        at_s = _exact(entry.at + number * entry.every)


def _exact(seconds: float) -> float:
    """Without the error of adding floats: 0.1 + 0.2 is 0.3."""
    return round(seconds, 9)
