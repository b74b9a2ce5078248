"""Expectations: ``g2g_ms.p95 < 500ms`` as an object that a value can be held against."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from g2gbench.measure.registry import METRICS, Metric
from g2gbench.quality.level import LEVEL_WORDS, Level
from g2gbench.scenario.fields.quantities import BITRATE, BYTES, DURATION, NUMBER, RATIO, Quantity
from g2gbench.scenario.fields.rules import Rule
from g2gbench.scenario.problems import Refused, nearest_name

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

_EXACT = ("==", "!=")
_SHAPE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*([<>=!~]+)\s*(\S(?:.*\S)?)\s*", re.DOTALL)
_QUANTITIES: Mapping[str, tuple[Quantity, Decimal]] = {
    "ms": (DURATION, Decimal(1000)),
    "ratio": (RATIO, Decimal(1)),
    "bps": (BITRATE, Decimal(1)),
    "bytes": (BYTES, Decimal(1)),
}
"""By the unit of a metric: how its limits may be written, and the factor to the metric's unit."""

_MOST_LISTED = 8
_ANY_METRIC = ("the metrics of docs/metrics.md",)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A condition on one metric; ``limit`` is in the metric's own ``unit``."""

    text: str
    metric: str
    operator: str
    limit: float
    unit: str

    def holds(self, value: float) -> bool:
        """Return whether a value in the metric's unit meets the expectation; NaN meets none."""
        return not math.isnan(value) and OPERATORS[self.operator](value, self.limit)


def parse_expectation(text: str) -> Expectation:
    """Read ``METRIC OPERATOR LIMIT``; raises Refused.

    A bare number is in the metric's own unit; a number with a unit is converted to it.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise Refused(
            "an expectation is METRIC OPERATOR LIMIT",
            allowed=("for example g2g_ms.p95 < 500ms, drop_ratio < 1%",),
        )
    name, symbol, limit = shape.groups()
    metric = _metric(name)
    if symbol not in OPERATORS:
        meant = {"=": "==", "=<": "<=", "=>": ">=", "<>": "!=", "~=": "=="}.get(symbol)
        raise Refused(f'unknown operator "{symbol}"', allowed=tuple(OPERATORS), nearest=meant)
    return Expectation(text, name, symbol, _limit(metric, limit), metric.unit)


def refuse_undecided(expectation: Expectation) -> None:
    """Refuse what every value meets, or none, and a bare limit of 1 for a ratio.

    The last reads as 1 % and means 100 %. A run that was stored before keeps what it was judged by.
    """
    bare = re.search(rf"{NUMBER}\s*$", expectation.text)
    if expectation.unit == "ratio" and bare is not None and expectation.limit >= 1:
        number = bare[0].strip()
        raise Refused(
            f'a bare "{number}" of a ratio is 100 %: write {number}% if that is meant',
            allowed=("a ratio with its unit, such as 1%", "a bare ratio below 1"),
        )
    low, high = METRICS[expectation.metric].bounds
    holds, limit = OPERATORS[expectation.operator], expectation.limit
    meets_low, meets_high = holds(low, limit), holds(high, limit)
    if meets_low == meets_high and not (expectation.operator in _EXACT and low <= limit <= high):
        ends = f"from {low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
        if expectation.unit == "level":
            ends = f"from {LEVEL_WORDS[0]} to {LEVEL_WORDS[-1]}"
        raise Refused(
            f"{'every' if meets_low else 'no'} value meets it: {expectation.metric} is {ends}",
            allowed=("a limit that a value can meet and can miss",),
        )


def _metric(name: str) -> Metric:
    if name in METRICS:
        return METRICS[name]
    family = [known for known in METRICS if known.partition(".")[0] == name.partition(".")[0]]
    listed = tuple(family)[:_MOST_LISTED] or _ANY_METRIC
    raise Refused(f'unknown metric "{name}"', allowed=listed, nearest=nearest_name(name, METRICS))


def _limit(metric: Metric, text: str) -> float:
    if metric.unit == "level":
        return _level(text)
    quantity, factor = _QUANTITIES.get(metric.unit, (None, Decimal(1)))
    allowed = [f"a number in {metric.name}'s own unit ({metric.unit})"]
    if quantity is not None:
        allowed.append(quantity.expected)
    if re.fullmatch(NUMBER, text):
        limit = Decimal(text)
    elif quantity is None:
        raise Refused(f'limit "{text}"', allowed=allowed)
    else:
        try:
            limit = quantity.parse(text) * factor
        except Refused as refused:
            message = refused.message or f'limit "{text}"'
            raise Refused(message, allowed=allowed, nearest=refused.nearest) from None
    if metric.unit == "ratio" and limit > 1:
        raise Refused(f'limit "{text}"', allowed=("a ratio from 0 to 1, or 0% to 100%",))
    return float(limit)


def _level(text: str) -> float:
    """A level by its word, or by its number."""
    if text in LEVEL_WORDS:
        return float(Level.of(text))
    if re.fullmatch(NUMBER, text) and float(text) <= Level.GOOD:
        return float(text)
    nearest = nearest_name(text, LEVEL_WORDS)
    raise Refused(f'limit "{text}"', allowed=LEVEL_WORDS, nearest=nearest)


@dataclass(frozen=True, kw_only=True)
class Expect(Rule[Expectation]):
    """One line of ``expect:``."""

    def parse(self, value: object) -> Expectation:
        if isinstance(value, Expectation):
            return value
        if not isinstance(value, str):
            raise Refused(allowed=("METRIC OPERATOR LIMIT, such as g2g_ms.p95 < 500ms",))
        expectation = parse_expectation(value)
        refuse_undecided(expectation)
        return expectation

    def render(self, value: Expectation) -> object:
        return value.text

    def schema(self) -> dict[str, object]:
        names = "|".join(re.escape(name) for name in METRICS)
        units = "|".join(unit for quantity, _ in _QUANTITIES.values() for unit in quantity.units)
        limit = rf"({NUMBER} ?({units})?|{'|'.join(LEVEL_WORDS)})"
        return {
            "type": "string",
            "pattern": rf"^\s*({names})\s*(<=|>=|==|!=|<|>)\s*{limit}\s*$",
            "examples": ["g2g_ms.p95 < 500ms", "drop_ratio < 1%", "quality >= fair"],
        }
