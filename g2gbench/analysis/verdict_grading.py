"""Verdicts against the truth: what was injected, what a set of rules said of it, and when.

A graded session is clean, then impaired in one dimension, then clean again; or clean throughout.
Times are in seconds; a verdict holds from its second on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final, NamedTuple

from g2gbench.measure.quality import Judged
from g2gbench.quality import Level, Verdict
from g2gbench.quality.level import BANDWIDTH, CPU, LATENCY, LOSS, NONE, STALL
from g2gbench.quality.variants import VARIANTS, Variant

OURS: Final = "g2gbench"

INJECTED: Final = (BANDWIDTH, LATENCY, LOSS, STALL, CPU, NONE)
"""What a session can be impaired in, in the order of tables."""

NAMED: Final = (BANDWIDTH, LOSS, LATENCY, STALL, CPU, NONE)

DETECTION_AIM_S: Final = 10.0
FACTOR_AIM: Final = 0.9


@dataclass(frozen=True, slots=True)
class Truth:
    """Impairment of a session: ``expected`` is the level that the injected value stands for.

    ``lasting``: to the end of the session, so that there is nothing to recover in.
    """

    case: str
    dimension: str
    expected: Level
    lasting: bool = False

    @property
    def severe(self) -> bool:
        """Whether it stands for poor or worse."""
        return self.expected <= Level.POOR

    @property
    def clean(self) -> bool:
        """Whether nothing was injected."""
        return self.dimension == NONE


class Held(NamedTuple):
    """A verdict that held from a second on; ``at_s`` on the session's own clock."""

    at_s: float
    level: Level | None
    factor: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """Verdict of one set of rules on one session.

    ``level`` is the worst that it held from the start of the impairment on (of a clean session:
    after the warm-up), None where it never knew one; ``factor`` the one that it named most often
    at that level. ``detect_s``: from the start of the impairment until it held a level as bad as a
    mild (fair) or a severe one (poor) has to be; ``recover_s``: from the end until good was held to
    the last second, None where it was not, or was never left. ``flaps``: turns of the held level
    beyond the one down and the one up that an impairment brings; none are due in a clean session.
    """

    truth: Truth
    rules: str
    level: Level | None
    factor: str
    detect_s: float | None
    recover_s: float | None
    flaps: int

    @property
    def right_factor(self) -> bool:
        """Whether it was noticed, and for what it was."""
        if self.truth.clean or self.truth.dimension == CPU:
            return self.factor == self.truth.dimension
        return self.detect_s is not None and self.factor == self.truth.dimension

    @property
    def false_alarm(self) -> bool:
        """Whether a clean session was held to be anything but good."""
        return self.truth.clean and self.level is not None and self.level < Level.GOOD


def grade(
    truth: Truth, rules: str, held: Sequence[Held], impaired_s: tuple[float, float] | None
) -> Grade:
    """Hold what was held against the truth; ``impaired_s``: from when to when, None for clean."""
    begin_s, end_s = impaired_s or (float("-inf"), float("inf"))
    later = [one for one in held if one.at_s > begin_s and not one.provisional]
    known = [one for one in later if one.level is not None]
    levels = [one.level for one in known if one.level is not None]
    worst = min(levels, default=None)
    never_bad = impaired_s is None or worst == Level.GOOD
    factors = Counter(one.factor for one in known if one.level == worst)
    if truth.dimension == CPU and any(one.factor == CPU for one in known):
        # It lowers nothing: it is named in seconds that are good.
        factors = Counter([CPU])
    bad_enough = Level.POOR if truth.severe else Level.FAIR
    noticed = [
        one.at_s - begin_s for one in known if one.level is not None and one.level <= bad_enough
    ]
    return Grade(
        truth=truth,
        rules=rules,
        level=worst,
        factor=factors.most_common(1)[0][0] if factors else NONE,
        detect_s=noticed[0] if noticed and not truth.clean else None,
        recover_s=None if never_bad or truth.lasting else _recovered(later, end_s),
        flaps=_flaps(levels, due=0 if truth.clean else 1),
    )


def _recovered(later: Sequence[Held], end_s: float) -> float | None:
    """Return how long after the end the last stretch of good began; None where it did not."""
    began_s: float | None = None
    for good, same in groupby(later, key=lambda one: one.level is Level.GOOD):
        first = next(iter(same))
        began_s = first.at_s if good else None
    return None if began_s is None else max(began_s - end_s, 0.0)


def _flaps(levels: Sequence[Level], *, due: int) -> int:
    """Turns of direction among the changes of level, the first change of a clean one included."""
    steps = [after > before for before, after in pairwise(levels) if after != before]
    turns = sum(before != after for before, after in pairwise(steps))
    if not due:
        return turns + bool(steps)
    return max(turns - due, 0)


def of_judged(judged: Sequence[Judged], zero_ns: int) -> tuple[Held, ...]:
    """Return the level by our rules, second by second."""
    return tuple(
        Held((one.at_ns - zero_ns) / 1e9, one.held, one.limiting_factor, one.provisional)
        for one in judged
    )


def of_variant(judged: Sequence[Judged], zero_ns: int, variant: Variant) -> tuple[Held, ...]:
    """Return the level by an SDK's rules from the same samples."""
    verdicts: Sequence[Verdict] = variant.verdicts([one.sample for one in judged])
    return tuple(
        Held(
            (one.at_ns - zero_ns) / 1e9, verdict.level, verdict.limiting_factor, verdict.provisional
        )
        for one, verdict in zip(judged, verdicts, strict=True)
    )


def grades(
    truth: Truth,
    judged: Sequence[Judged],
    zero_ns: int,
    impaired_s: tuple[float, float] | None,
) -> tuple[Grade, ...]:
    """One session under our rules and under those of the SDKs."""
    every = {OURS: of_judged(judged, zero_ns)}
    every |= {variant.name: of_variant(judged, zero_ns, variant) for variant in VARIANTS}
    return tuple(grade(truth, rules, held, impaired_s) for rules, held in every.items())


RULES: Final = (OURS, *(variant.name for variant in VARIANTS))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """All sessions of one case under one set of rules; times are medians of those that came."""

    truth: Truth
    rules: str
    sessions: int
    levels: Mapping[str, int]
    right_factor: int
    detected: int
    detect_s: float | None
    slowest_s: float | None
    recovered: int
    recover_s: float | None
    flaps: int


@dataclass(frozen=True, slots=True)
class Score:
    """One set of rules over all sessions.

    ``severe`` sessions, of which so many were named right (``right_factor``), and detected in time
    (``in_time``); ``clean`` ones with their ``false_alarms``; ``confusion`` counts sessions by what
    was injected and by what was named, of mild and severe ones.
    """

    rules: str
    severe: int
    right_factor: int
    in_time: int
    clean: int
    false_alarms: int
    flaps: int
    confusion: Mapping[str, Mapping[str, int]]

    @property
    def factor_share(self) -> float | None:
        """Share of the severe sessions whose limiting factor is right; None without any."""
        return self.right_factor / self.severe if self.severe else None


def case_rows(found: Sequence[Grade], rules: str) -> tuple[CaseRow, ...]:
    """A row a case, in the order in which they were met."""
    own = [one for one in found if one.rules == rules]
    cases = dict.fromkeys(one.truth for one in own)
    return tuple(_row(truth, rules, [one for one in own if one.truth == truth]) for truth in cases)


def _row(truth: Truth, rules: str, same: Sequence[Grade]) -> CaseRow:
    detect = [one.detect_s for one in same if one.detect_s is not None]
    recover = [one.recover_s for one in same if one.recover_s is not None]
    levels = Counter("unknown" if one.level is None else one.level.word for one in same)
    return CaseRow(
        truth=truth,
        rules=rules,
        sessions=len(same),
        levels=dict(levels.most_common()),
        right_factor=sum(one.right_factor for one in same),
        detected=len(detect),
        detect_s=median(detect) if detect else None,
        slowest_s=max(detect, default=None),
        recovered=len(recover),
        recover_s=median(recover) if recover else None,
        flaps=sum(one.flaps for one in same),
    )


def score_of(found: Sequence[Grade], rules: str) -> Score:
    """Return the score of a set of rules over all sessions."""
    own = [one for one in found if one.rules == rules]

    def count(holds: Callable[[Grade], bool]) -> int:
        return sum(holds(one) for one in own)

    def severe(one: Grade) -> bool:
        return one.truth.severe and one.truth.dimension not in (CPU, NONE)

    return Score(
        rules=rules,
        severe=count(severe),
        right_factor=count(lambda one: severe(one) and one.right_factor),
        in_time=count(
            lambda one: severe(one) and one.detect_s is not None and one.detect_s <= DETECTION_AIM_S
        ),
        clean=count(lambda one: one.truth.clean),
        false_alarms=count(lambda one: one.false_alarm),
        flaps=sum(one.flaps for one in own),
        confusion={
            injected: {
                named: sum(one.truth.dimension == injected and one.factor == named for one in own)
                for named in NAMED
            }
            for injected in INJECTED
        },
    )
