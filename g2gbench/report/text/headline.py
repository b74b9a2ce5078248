"""Headline of a run in words: the first line of every report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from g2gbench.analysis.result import CellResult, JudgedExpectation, RunResult
from g2gbench.analysis.trials import Attempt, TrialResult
from g2gbench.analysis.valid import counting
from g2gbench.analysis.verdict import NotJudged
from g2gbench.report.text.advice import of_endings as advice_of_endings
from g2gbench.report.text.numbers import label, plural, scale, shown
from g2gbench.report.views.quality_view import sentences as quality_sentences

DEFAULT_CELL: Final = "default"
"""The only cell of a run whose scenario varies nothing."""

_MOST_CAUSES: Final = 3


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict on a run.

    ``sentence`` says it with its number and its limit; ``lines`` say where, and on how many trials
    it rests; ``because`` names causes, ``advice`` what to do about them.
    """

    status: str
    sentence: str
    lines: tuple[str, ...]
    because: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def headline(result: RunResult, planned: Mapping[str, int]) -> Headline:
    """The headline of a run from its result; ``planned`` is how many trials each cell asked."""
    status = result.status
    sentence, lines = _SAYERS[status](result)
    if status not in ("unreachable", "fault", "interrupted") and not _too_few_valid(result):
        lines = (*lines, _trials_line(result, planned))
    lines = (*lines, *quality_sentences(result))
    advice: tuple[str, ...] = ()
    if status in ("invalid", "unreachable", "fault") or any_invalid(result):
        doubtful = "for what was not judged: " if status in ("pass", "fail", "interrupted") else ""
        advice = tuple(f"{doubtful}{advice}" for advice in _advice(result))
    because = _because(result) if status == "invalid" else ()
    return Headline(status, sentence, lines, because, advice)


def measured_text(judged: JudgedExpectation, cell: str = "") -> str:
    """An expectation's metric, value and limit: ``g2g p95 was 796 ms, limit 500 ms``.

    ``cell`` is the one of several that it is said of.
    """
    metric, value, limit = judged.metric, judged.value, judged.limit
    name = label(metric)
    if value is None:
        return f"{name} was not measured"
    form = scale(metric, (value, judged.low, judged.high), limit)
    shown_limit = form.with_unit(form.limit(limit))
    where = f" with {cell};" if cell else ","
    return f"{name} was {form.with_unit(form.number(value))}{where} limit {shown_limit}"


def trials_of(result: RunResult, status: str | None = None) -> list[TrialResult]:
    """The trials of all cells, or those with a status."""
    return [trial for trial in result.trials if status is None or trial.status == status]


def any_invalid(result: RunResult) -> bool:
    """Return whether any cell could not be judged because of its trials."""
    return any(cell.status == "invalid" for cell in result.cells)


def why(trial: TrialResult | Attempt) -> str:
    """Return why a trial does not count; ``valid`` for one that does."""
    if trial.status == "ok":
        return "valid"
    reasons = "; ".join(trial.invalid_because)
    texts = (reasons, trial.message) if trial.status == "invalid" else (trial.message, reasons)
    return texts[0] or texts[1] or trial.status


def doubts(result: RunResult, *, attempts: bool = False) -> list[tuple[str, str, str]]:
    """Trials that do not count, the same cause once: their numbers, their cell, and why.

    With ``attempts`` those too that were made before the one that counts, as ``0 (try 1)``.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for cell in result.cells:
        place = "" if len(result.cells) == 1 else short_cell(cell.cell)
        for trial in cell.trials:
            tried = trial.attempts if attempts else ()
            rows: list[tuple[str, TrialResult | Attempt]]
            rows = [(f"{trial.repeat} (try {i})", one) for i, one in enumerate(tried, 1)]
            for number, one in [*rows, (str(trial.repeat), trial)]:
                if one.status != "ok":
                    status = "" if one.status == "invalid" else f"{one.status}: "
                    found.setdefault((place, f"{status}{why(one)}"), []).append(number)
    return [(", ".join(numbers), place, reason) for (place, reason), numbers in found.items()]


def tried_before(trial: TrialResult) -> str:
    """Return a sentence on the earlier attempts at a trial; empty without any."""
    tried = trial.attempts
    attempts = [f"try {i} was {one.status} ({why(one)})" for i, one in enumerate(tried, 1)]
    return f"try {len(tried) + 1}; {'; '.join(attempts)}" if tried else ""


def place_of(result: RunResult, cell: CellResult) -> str:
    """A cell's name where there are several, else nothing."""
    return "" if len(result.cells) == 1 else short_cell(cell.cell)


def short_cell(name: str) -> str:
    """A cell's name without the path of its settings: ``vp8, 2Mbps``."""
    parts = name.split(",")
    if all("=" in part for part in parts):
        return ", ".join(part.partition("=")[2] for part in parts)
    return name


def judged(result: RunResult) -> Iterator[tuple[CellResult, JudgedExpectation]]:
    """Every cell with each of its expectations."""
    for cell in result.cells:
        for expectation in cell.expectations:
            yield cell, expectation


def _say_pass(result: RunResult) -> tuple[str, tuple[str, ...]]:
    held = list(judged(result))
    if not held:
        return "measured; the scenario expects nothing", _key_number(result)
    cell, tightest = min(held, key=lambda pair: _room(pair[1]))
    count = "the expectation holds" if len(held) == 1 else f"all {len(held)} expectations hold"
    text = measured_text(tightest, place_of(result, cell))
    return (f"{count}; {text}" if len(held) == 1 else count), (
        () if len(held) == 1 else (f"Closest to its limit: {text}.",)
    )


def _say_fail(result: RunResult) -> tuple[str, tuple[str, ...]]:
    every = list(judged(result))
    failed = [(cell, e) for cell, e in every if e.holds is False]
    # The first one of the scenario, where it is broken most.
    first = [pair for pair in failed if pair[1].text == failed[0][1].text]
    cell, worst = max(first, key=lambda pair: _room(pair[1]))
    verb = "does" if len(failed) == 1 else "do"
    text = f"{len(failed)} of {plural(len(every), 'expectation')} {verb} not hold"
    if len(result.cells) > 1:
        broken = {c.cell for c, _ in failed}
        text += f", in {len(broken)} of {plural(len(result.cells), 'cell')}"
    lines = [f"{text}."]
    if any_invalid(result):
        count = sum(c.status == "invalid" for c in result.cells)
        lines.append(f"{plural(count, 'cell')} could not be judged.")
    return measured_text(worst, place_of(result, cell)), tuple(lines)


def _say_invalid(result: RunResult) -> tuple[str, tuple[str, ...]]:
    cell = _first_invalid(result)
    if cell is None:
        return "nothing was measured", ()
    place = place_of(result, cell)
    valid, needed = len(counting(cell.trials)), cell.trials_needed
    if valid < needed:
        verb = "is" if valid == 1 else "are"
        wanted = f"{needed} {'is' if needed == 1 else 'are'} needed"
        sentence = f"{valid} of {plural(cell.repeat, 'trial')} {verb} valid, {wanted}"
    else:
        sentence = cell.invalid_because[0]
    sentence += f" ({place})" if place else ""
    lines: list[str] = []
    count = sum(c.status == "invalid" for c in result.cells)
    if len(result.cells) > 1:
        lines.append(f"{count} of {plural(len(result.cells), 'cell')} could not be judged.")
    else:
        judged_any = any(e.holds is not None for e in cell.expectations)
        if cell.expectations and not judged_any:
            lines.append("No expectation was judged.")
    return sentence, tuple(lines)


def _say_interrupted(result: RunResult) -> tuple[str, tuple[str, ...]]:
    ended = len(trials_of(result, "ok"))
    planned = sum(cell.repeat for cell in result.cells)
    sentence = f"{ended} of {plural(planned, 'trial')} {'was' if ended == 1 else 'were'} measured"
    lines = ["The run was stopped before its end; no expectation was judged."]
    if ended:
        lines.append("The values below rest on the trials that were measured.")
    return sentence, tuple(lines)


def _say_unreachable(result: RunResult) -> tuple[str, tuple[str, ...]]:
    messages = [trial.message for trial in trials_of(result) if trial.message]
    sentence = messages[0] if messages else "the target could not be reached"
    return sentence, ("Nothing was measured.",)


_SAYERS: Final = MappingProxyType(
    {
        "pass": _say_pass,
        "fail": _say_fail,
        "invalid": _say_invalid,
        "interrupted": _say_interrupted,
        "unreachable": _say_unreachable,
        "fault": _say_unreachable,
    }
)


def _because(result: RunResult) -> tuple[str, ...]:
    """The causes for a cell without a verdict: its trials', or what was not measured."""
    parts = [
        f"Trial {numbers}{f' of {place}' if place else ''}: {reason}."
        for numbers, place, reason in doubts(result)
    ]
    if not parts:
        cells = [cell for cell in result.cells if cell.status == "invalid"]
        parts = [f"{reason}." for cell in cells for reason in cell.invalid_because[1:]]
    return tuple(parts[:_MOST_CAUSES])


def _too_few_valid(result: RunResult) -> bool:
    """Return whether the sentence is about the number of valid trials already."""
    if result.status != "invalid":
        return False
    cell = _first_invalid(result)
    return cell is not None and len(counting(cell.trials)) < cell.trials_needed


def _first_invalid(result: RunResult) -> CellResult | None:
    return next((cell for cell in result.cells if cell.status == "invalid"), None)


def _room(expectation: JudgedExpectation) -> float:
    """Return how far a value is from its limit, as a share of the limit."""
    value, limit = expectation.value, expectation.limit
    if value is None or not limit:
        return float("inf")
    return float(abs(value - limit) / abs(limit))


def _key_number(result: RunResult) -> tuple[str, ...]:
    """g2g p95, of several cells the smallest and the largest."""
    name = "g2g_ms.p95"
    measured = [(value, cell) for cell in result.cells if (value := cell.value(name)) is not None]
    if not measured:
        return ()
    known = [cell for _, cell in sorted(measured, key=lambda pair: pair[0])]
    parts = [
        " ".join(filter(None, shown(name, cell.metrics[name])))
        + (f" with {place_of(result, cell)}" if len(result.cells) > 1 else "")
        for cell in (known[0], known[-1])
    ]
    if len(known) == 1:
        return (f"g2g p95 was {parts[0]}.",)
    return (f"g2g p95 was {parts[0]} at least, {parts[1]} at most.",)


def _trials_line(result: RunResult, planned: Mapping[str, int]) -> str:
    valid = len(trials_of(result, "ok"))
    total = sum(planned.values())
    verb = "is" if valid == 1 else "are"
    return f"{valid} of {plural(total, 'trial')} {verb} valid."


_NOT_JUDGED_ADVICE: Final[Mapping[NotJudged, str]] = {
    "too_short": "Too little was measured for what is asked. Lengthen session.duration.",
    "too_few_trials": "Too few trials measured what is asked. Raise repeat.",
}
"""What to do about an expectation that was not judged though the trials are valid, by its code."""

_UNREACHABLE_ADVICE: Final = (
    "Check that the target runs and that its address and key are right (target.url, "
    "target.api_key), then read the trial's *.log files in the run directory."
)

_FAULT_ADVICE: Final = (
    "Run g2gbench doctor, which says what this machine lacks; the trial's *.log files in the run "
    "directory have the details."
)


def _advice(result: RunResult) -> Iterator[str]:
    if result.status == "unreachable":
        yield _UNREACHABLE_ADVICE
        return
    if result.status == "fault":
        yield _FAULT_ADVICE
        return
    cells = [cell for cell in result.cells if cell.status == "invalid"]
    failed = [
        check.advice
        for cell in cells
        for trial in cell.trials
        if trial.status == "invalid"
        for check in trial.checks
        if not check.ok and check.advice
    ]
    codes = {e.code for cell in cells for e in cell.expectations}
    asked = [advice for code, advice in _NOT_JUDGED_ADVICE.items() if code in codes]
    found = dict.fromkeys([*failed, *asked])
    yield from found or advice_of_endings(result)
