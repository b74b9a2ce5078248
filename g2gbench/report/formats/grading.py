"""A grading in words and tables: for a terminal, for a document, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from g2gbench.analysis.verdict_grading import (
    DETECTION_AIM_S,
    FACTOR_AIM,
    INJECTED,
    NAMED,
    OURS,
    RULES,
    CaseRow,
    Grade,
    Score,
    case_rows,
    score_of,
)
from g2gbench.statistics import clopper_pearson

SCHEMA: Final = 1
NEVER: Final = "never"
_DASH: Final = "–"


def as_plain(grades: Sequence[Grade], left_out: Sequence[str], missing: int) -> dict[str, Any]:
    """The grading as data that JSON can hold."""
    return {
        "schema": SCHEMA,
        "sessions": sum(one.rules == OURS for one in grades),
        "missing": missing,
        "left_out": list(left_out),
        "aims": {"right_factor": FACTOR_AIM, "detect_s": DETECTION_AIM_S, "false_alarms": 0},
        "rules": [
            {
                **asdict(score_of(grades, rules)),
                "factor_share": score_of(grades, rules).factor_share,
                "cases": [_plain_row(row) for row in case_rows(grades, rules)],
            }
            for rules in RULES
        ],
    }


def _plain_row(row: CaseRow) -> dict[str, object]:
    data = asdict(row)
    truth, _ = data.pop("truth"), data.pop("rules")
    return {**truth, "expected": row.truth.expected.word, "severe": row.truth.severe, **data}


def markdown(grades: Sequence[Grade]) -> str:
    """The tables of docs/verdicts.md: scores, every case under our rules, and who named what."""
    blocks = ["\n".join(_scores(grades))]
    blocks.append("\n".join(_cases(grades)))
    blocks += ["\n".join(_confusion(score_of(grades, rules))) for rules in RULES]
    return "\n\n".join(blocks)


def _scores(grades: Sequence[Grade]) -> Iterator[str]:
    yield (
        "| Rules | right factor, severe | detected within 10 s, severe | false alarms, clean | "
        "flaps |"
    )
    yield "|---|---:|---:|---:|---:|"
    for rules in RULES:
        found = score_of(grades, rules)
        yield (
            f"| {rules} | {_of(found.right_factor, found.severe)} | "
            f"{_of(found.in_time, found.severe)} | {_of(found.false_alarms, found.clean)} | "
            f"{found.flaps} |"
        )


def _cases(grades: Sequence[Grade]) -> Iterator[str]:
    yield (
        "| Injected | stands for | rules | held (sessions) | right factor | detected after | "
        "good again after | flaps |"
    )
    yield "|---|---|---|---|---:|---:|---:|---:|"
    rows = {rules: case_rows(grades, rules) for rules in RULES}
    for i, ours in enumerate(rows[OURS]):
        for rules in RULES:
            row = rows[rules][i]
            what = f"{ours.truth.dimension}: {ours.truth.case}" if rules == OURS else ""
            stands = ours.truth.expected.word if rules == OURS else ""
            yield (
                f"| {what} | {stands} | {rules} | {_levels(row)} | "
                f"{_of(row.right_factor, row.sessions)} | {_detected(row)} | {_recovered(row)} | "
                f"{row.flaps} |"
            )


def _confusion(found: Score) -> Iterator[str]:
    yield f"{found.rules}: sessions by what was injected (rows) and what was named (columns)."
    yield ""
    yield f"| | {' | '.join(NAMED)} |"
    yield f"|---|{'---:|' * len(NAMED)}"
    for injected in INJECTED:
        counts = found.confusion[injected]
        if any(counts.values()):
            columns = " | ".join(str(counts[named]) if counts[named] else "·" for named in NAMED)
            yield f"| {injected} | {columns} |"


def terminal(grades: Sequence[Grade], left_out: Sequence[str], missing: int) -> str:
    """The grading for a terminal: what was aimed at, and every case under our rules."""
    lines = []
    for rules in RULES:
        found = score_of(grades, rules)
        lines += [
            f"{rules}:",
            f"  right factor   {_of(found.right_factor, found.severe)} severe sessions"
            f" (aim {FACTOR_AIM:.0%})",
            f"  within {DETECTION_AIM_S:g} s    {_of(found.in_time, found.severe)} severe sessions",
            f"  false alarms   {_of(found.false_alarms, found.clean)} clean sessions (aim 0)",
        ]
    lines += ["", f"each case, {OURS}:"]
    for row in case_rows(grades, OURS):
        lines.append(
            f"  {row.truth.dimension:<9}  {row.truth.case}: stands for {row.truth.expected.word}; "
            f"held {_levels(row)}; right factor {_of(row.right_factor, row.sessions)}"
        )
        if not row.truth.clean:
            lines.append(f"             detected after {_detected(row)}{_again(row)}")
    lines += [f"left out: {reason}" for reason in left_out]
    if missing:
        lines.append(f"not run: {missing} of the sessions asked for")
    return "\n".join(lines)


def _again(row: CaseRow) -> str:
    return "" if row.truth.lasting else f", good again after {_recovered(row)}"


def _of(count: int, whole: int) -> str:
    """A count with the share that it leaves open: 0 of 20 is not never."""
    return f"{count} of {whole} ({clopper_pearson.words(count, whole)})" if whole else "none ran"


def _levels(row: CaseRow) -> str:
    return ", ".join(f"{level} ({count})" for level, count in row.levels.items())


def _detected(row: CaseRow) -> str:
    if row.truth.clean:
        return _DASH
    return _time(row.detect_s, row.detected, row.sessions)


def _recovered(row: CaseRow) -> str:
    if row.truth.clean or row.truth.lasting:
        return _DASH
    return _time(row.recover_s, row.recovered, row.sessions)


def _time(median_s: float | None, came: int, sessions: int) -> str:
    if median_s is None:
        return NEVER
    return f"{median_s:.1f} s" + ("" if came == sessions else f" ({came} of {sessions})")
