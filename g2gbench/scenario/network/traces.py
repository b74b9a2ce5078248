"""Traces: how a link changes over time, read from a Mahimahi or a CSV file. Pure: bytes come in.

A trace repeats after ``period_s``; its time 0 is the moment at which its settings take effect.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple, NoReturn

from g2gbench.scenario.fields.quantities import BITRATE, DURATION, RATIO, Quantity
from g2gbench.scenario.problems import Problem, Refused, ScenarioError, nearest_name

MAX_TRACE_BYTES = 10_000_000
MAX_TRACE_ROWS = 1_000_000
OPPORTUNITY_BYTES = 1500
"""What one delivery opportunity of a Mahimahi trace carries (mahimahi's packet size)."""

_LONGEST_MS = 24 * 3600 * 1000
_COLUMNS: dict[str, tuple[Quantity, str]] = {
    "time": (DURATION, "1440min"),
    "capacity": (BITRATE, "10Gbps"),
    "delay": (DURATION, "10s"),
    "loss": (RATIO, "100%"),
}
_FORMATS = (
    "one whole number of milliseconds a line (Mahimahi)",
    "CSV with the header time,capacity,delay,loss",
)
Figure = Literal["capacity", "delay", "loss"]


class TraceRow(NamedTuple):
    """Figures from ``at_s`` on; None: the direction's own figure."""

    at_s: float
    capacity: float | None = None
    delay: float | None = None
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace: either delivery opportunities or rows.

    ``name`` is the file as the scenario names it, ``sha256`` that of its bytes. ``at_ms``: when
    1500 bytes may pass, never falling. ``rows``: in bits per second, seconds and 0 to 1; each
    holds until the next.
    """

    name: str
    sha256: str
    period_s: float
    at_ms: tuple[int, ...] = field(default=(), repr=False)
    rows: tuple[TraceRow, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> dict[str, str]:
        """Its form in a document: the file and its checksum."""
        return {"file": self.name, "sha256": self.sha256}

    def gives(self, figure: Figure) -> Literal["always", "sometimes", "never"]:
        """Return how often the trace has a figure of its own."""
        if self.at_ms:
            return "always" if figure == "capacity" else "never"
        given = sum(getattr(row, figure) is not None for row in self.rows)
        return "never" if not given else "always" if given == len(self.rows) else "sometimes"

    @property
    def most_loss(self) -> float:
        """The highest loss that the trace gives, 0 to 1."""
        return max((row.loss or 0.0 for row in self.rows), default=0.0)

    def at(self, at_s: float, width_s: float) -> TraceRow:
        """Return the figures at a time; of opportunities their mean over the next ``width_s``."""
        if self.at_ms:
            count = self._before((at_s + width_s) * 1000) - self._before(at_s * 1000)
            return TraceRow(at_s, capacity=count * OPPORTUNITY_BYTES * 8 / width_s)
        index = bisect_right(self.rows, at_s % self.period_s, key=lambda row: row.at_s) - 1
        return self.rows[index]._replace(at_s=at_s)

    def _before(self, at_ms: float) -> int:
        # Rounded, so that the end of one interval is the begin of the next one to the last bit.
        cycles, within = divmod(round(at_ms, 6), self.at_ms[-1])
        return int(cycles) * len(self.at_ms) + bisect_left(self.at_ms, within)


def parse_trace(data: bytes, name: str, file: str) -> Trace:
    """The trace in a file's bytes.

    Args:
        data: content of the file.
        name: the file as the scenario names it.
        file: the file as problems name it.

    Raises:
        ScenarioError: with the line of what is wrong, and what is allowed there.

    """
    if len(data) > MAX_TRACE_BYTES:
        raise ScenarioError([Problem(file, message=f"larger than {MAX_TRACE_BYTES} bytes")])
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem(file, line, 1, message="not UTF-8 text", allowed=_FORMATS)
        raise ScenarioError([problem]) from error
    if not any(line.strip() for line in lines):
        raise ScenarioError([Problem(file, message="the trace is empty", allowed=_FORMATS)])
    if len(lines) > MAX_TRACE_ROWS:
        raise ScenarioError([Problem(file, message=f"more than {MAX_TRACE_ROWS} lines")])
    reader, sha256 = _Reader(file), hashlib.sha256(data).hexdigest()
    if re.fullmatch(r"\s*[-+]?[0-9.]+\s*", lines[0]):
        at_ms = reader.opportunities(lines)
        return Trace(name, sha256, at_ms[-1] / 1000, at_ms=at_ms)
    rows = reader.rows(lines)
    last = rows[-1].at_s - rows[-2].at_s if len(rows) > 1 else 1.0
    return Trace(name, sha256, round(rows[-1].at_s + last, 9), rows=rows)


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str

    def refuse(self, line: int, column: int, found: str, refused: Refused) -> NoReturn:
        shown = "" if not found else f'"{found if len(found) <= 40 else found[:37] + "..."}"'
        problem = Problem(
            self.file, line, column, "", shown, refused.allowed, refused.message, refused.nearest
        )
        raise ScenarioError([problem])

    def opportunities(self, lines: list[str]) -> tuple[int, ...]:
        allowed = (f"a whole number of milliseconds, 0 to {_LONGEST_MS}",)
        times: list[int] = []
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > _LONGEST_MS:
                self.refuse(number, 1, text, Refused(allowed=allowed))
            if times and int(text) < times[-1]:
                self.refuse(
                    number,
                    1,
                    text,
                    Refused("the time goes back", allowed=(f"{times[-1]} or more",)),
                )
            times.append(int(text))
        if times[-1] == 0:
            self.refuse(len(lines), 1, "0", Refused("it never repeats", allowed=("1 or more",)))
        return tuple(times)

    def rows(self, lines: list[str]) -> tuple[TraceRow, ...]:
        names = self._header(lines[0])
        found = tuple(self._rows(names, lines[1:]))
        if not found:
            self.refuse(1, 1, "", Refused("no row below the header", allowed=("0s,2Mbps,20ms,0%",)))
        if found[0].at_s != 0:
            at = DURATION.write(found[0].at_s)
            self.refuse(2, 1, at, Refused("the first row is not of time 0", allowed=("0s",)))
        for number, (earlier, later) in enumerate(pairwise(found), 3):
            if later.at_s <= earlier.at_s:
                allowed = (f"more than {DURATION.write(earlier.at_s)}",)
                at = DURATION.write(later.at_s)
                self.refuse(number, 1, at, Refused("the time does not rise", allowed=allowed))
        if all(row.capacity == 0 for row in found):
            self.refuse(
                2, 1, "", Refused("the capacity is 0 throughout", allowed=("blackout: true",))
            )
        return found

    def _header(self, line: str) -> list[str]:
        names = [cell.strip() for cell in line.split(",")]
        for name in names:
            if name not in _COLUMNS:
                nearest = nearest_name(name, _COLUMNS)
                self.refuse(1, 1, line.strip(), Refused(allowed=_FORMATS, nearest=nearest))
        if names[0] != "time" or len(names) < 2 or len(set(names)) < len(names):
            message = "time comes first, then one or more of capacity, delay and loss, each once"
            self.refuse(1, 1, line.strip(), Refused(message, allowed=_FORMATS))
        return names

    def _rows(self, names: list[str], lines: list[str]) -> Iterator[TraceRow]:
        for number, line in enumerate(lines, 2):
            cells = line.split(",")
            if len(cells) != len(names):
                message = f"{len(cells)} cells"
                self.refuse(
                    number, 1, line.strip(), Refused(message, allowed=(f"{len(names)} cells",))
                )
            values: dict[str, float] = {}
            column = 1
            for name, cell in zip(names, cells, strict=True):
                text = cell.strip()
                if text or name == "time":
                    values[name] = self._figure(name, text, number, column)
                column += len(cell) + 1
            yield TraceRow(values.pop("time"), **values)

    def _figure(self, name: str, text: str, line: int, column: int) -> float:
        quantity, most = _COLUMNS[name]
        try:
            amount: Decimal = quantity.parse(text)
            if amount > quantity.parse(most):
                raise Refused(allowed=(f"{name} up to {most}",))
        except Refused as refused:
            self.refuse(line, column, text, refused)
        return float(amount)
