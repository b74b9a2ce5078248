"""Read a journal back: from its lines to one frozen view of the session.

A journal may end in the middle of a line (the process was killed); what came before is kept and
the damaged line is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import record_types
from g2gbench.measure.records import (
    Captured,
    Counters,
    Displayed,
    Ended,
    Event,
    Pressure,
    Record,
    Scored,
    Seen,
    ServiceFrame,
    Skipped,
    Started,
    Stats,
    Usage,
    decode,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ABSENT: Final = -1
"""Stands for a number that is not there in an integer array."""

READINGS: Final = ("ok", "no_marker", "rejected")
"""Codes of ``SeenFrames.reading``: the index into this tuple."""


@dataclass(frozen=True, slots=True)
class CapturedFrames:
    """The captured frames in the order of their capture: arrays of shape (frames,)."""

    frame_id: IntArray
    seq: IntArray
    due_ns: IntArray
    captured_ns: IntArray
    accepted: BoolArray

    def __len__(self) -> int:
        return len(self.frame_id)


@dataclass(frozen=True, slots=True)
class SkippedTicks:
    """Ticks of the schedule without a capture: arrays of shape (ticks,)."""

    frame_id: IntArray
    due_ns: IntArray

    def __len__(self) -> int:
        return len(self.frame_id)


@dataclass(frozen=True, slots=True)
class SeenFrames:
    """The remote frames in the order of their arrival: arrays of shape (frames,).

    ``seq``, ``witness`` and ``rtp_timestamp`` are -1 where the record has none; ``reading`` indexes
    ``READINGS``.
    """

    received_ns: IntArray
    read_ns: IntArray
    seq: IntArray
    reading: IntArray
    width: IntArray
    height: IntArray
    witness: IntArray
    rtp_timestamp: IntArray

    def __len__(self) -> int:
        return len(self.received_ns)


@dataclass(frozen=True, slots=True)
class DisplayedFrames:
    """The presented remote frames in the order of their display: arrays of shape (frames,)."""

    displayed_ns: IntArray
    rtp_timestamp: IntArray
    presented: IntArray

    def __len__(self) -> int:
        return len(self.displayed_ns)


@dataclass(frozen=True, slots=True)
class ScoredFrames:
    """Source frames with how close the picture in their place was: arrays of shape (frames,)."""

    frame_id: IntArray
    shown_id: IntArray
    received_ns: IntArray
    mse: FloatArray
    ssim: FloatArray

    def __len__(self) -> int:
        return len(self.frame_id)


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its journal records it; times in nanoseconds of the monotonic clock.

    ``reached`` maps a phase to the moment it was first reached. ``ended`` is None when the journal
    was cut off. ``end_ns`` is the last moment at which a remote frame could have been recorded.
    """

    started: Started | None
    reached: Mapping[str, int]
    captured: CapturedFrames
    skipped: SkippedTicks
    seen: SeenFrames
    displayed: DisplayedFrames
    scored: ScoredFrames
    stats: tuple[Stats, ...]
    usage: tuple[Usage, ...]
    pressure: tuple[Pressure, ...]
    events: tuple[Event, ...]
    counters: tuple[Counters, ...]
    ended: Ended | None
    damaged_lines: int
    end_ns: int

    @property
    def steady_ns(self) -> tuple[int, int] | None:
        """Start and end of the steady state: warm-up over, duration not over.

        None when the warm-up was never over; a session that was cut off ends at ``end_ns``.
        """
        start = self.reached.get("measure")
        if start is None:
            return None
        return start, max(start, self.reached.get("measured", self.end_ns))

    def counter(self, source: str, name: str) -> int | None:
        """Return the latest value of ``name`` from ``source``; None without one."""
        for record in reversed(self.counters):
            if record.source == source and name in record.values:
                return record.values[name]
        return None


def parse(lines: Iterable[str]) -> Session:
    """The session that ``lines`` of a journal tell of; never raises for what a line holds."""
    found: dict[str, list[object]] = {}
    damaged = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            record = decode(line)
            record_types.check(record)
            row = _row(record)
        except (ValueError, TypeError, KeyError, RecursionError):
            damaged += 1
            continue
        found.setdefault(record.kind, []).append(row)
    return _session(found, damaged)


def parse_service_frames(lines: Iterable[str]) -> tuple[tuple[ServiceFrame, ...], int]:
    """The worker's frame log, one JSON object of ``ServiceFrame``'s fields a line.

    Gives the frames and the number of damaged lines; unknown fields are ignored.
    """
    known = {f.name for f in fields(ServiceFrame)}
    frames: list[ServiceFrame] = []
    damaged = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            frame = ServiceFrame(**{k: v for k, v in data.items() if k in known})
            record_types.check(frame)
            frames.append(frame)
        except (ValueError, TypeError, AttributeError, RecursionError):
            damaged += 1
    return tuple(frames), damaged


def _row(record: Record) -> object:
    """Return a frequent record as a row of integers, any other as it is."""
    match record:
        case Captured():
            return (
                int(record.frame_id),
                int(record.seq),
                int(record.due_ns),
                int(record.captured_ns),
                int(record.accepted),
            )
        case Skipped():
            return (int(record.frame_id), int(record.due_ns))
        case Seen():
            read = record.reading == "ok" and record.seq is not None
            return (
                int(record.received_ns),
                int(record.read_ns),
                int(record.seq) if read and record.seq is not None else ABSENT,
                READINGS.index(
                    "rejected" if record.reading == "ok" and not read else record.reading
                ),
                int(record.width),
                int(record.height),
                ABSENT if record.witness is None else int(record.witness),
                ABSENT if record.rtp_timestamp is None else int(record.rtp_timestamp),
            )
        case Displayed():
            return (int(record.displayed_ns), int(record.rtp_timestamp), int(record.presented))
        case Scored():
            return (
                int(record.frame_id),
                int(record.shown_id),
                int(record.received_ns),
                float(record.mse),
                float(record.ssim),
            )
    return record


def _session(found: Mapping[str, list[Any]], damaged: int) -> Session:
    captured = _columns(found.get("captured", []), 5)
    captured = captured[:, np.argsort(captured[3], kind="stable")]
    seen = _columns(found.get("seen", []), 8)
    seen = seen[:, np.argsort(seen[0], kind="stable")]
    displayed = _columns(found.get("displayed", []), 3)
    displayed = displayed[:, np.argsort(displayed[0], kind="stable")]
    skipped = _columns(found.get("skipped", []), 2)
    reached: dict[str, int] = {}
    for record in found.get("reached", []):
        reached.setdefault(record.phase, record.at_ns)
    ended: Ended | None = found["ended"][-1] if "ended" in found else None
    return Session(
        started=found["started"][0] if "started" in found else None,
        reached=MappingProxyType(reached),
        captured=CapturedFrames(
            frame_id=captured[0],
            seq=captured[1],
            due_ns=captured[2],
            captured_ns=captured[3],
            accepted=captured[4].astype(np.bool_),
        ),
        skipped=SkippedTicks(*skipped),
        seen=SeenFrames(*seen),
        displayed=DisplayedFrames(*displayed),
        scored=_scored(found.get("scored", [])),
        stats=tuple(found.get("stats", ())),
        usage=tuple(found.get("usage", ())),
        pressure=tuple(found.get("pressure", ())),
        events=tuple(found.get("event", ())),
        counters=tuple(found.get("counters", ())),
        ended=ended,
        damaged_lines=damaged,
        end_ns=_end_ns(
            [
                *(r.at_ns for r in found.get("counters", []) if r.source == "client"),
                *([reached["disconnected"]] if "disconnected" in reached else []),
            ],
            ended,
            int(seen[0][-1]) if seen.shape[1] else 0,
            # Not usage: the parent keeps sampling processes after the client has died.
            [
                *reached.values(),
                *(r.at_ns for r in found.get("stats", [])),
                *captured[3][-1:].tolist(),
            ],
        ),
    )


def _scored(rows: list[tuple[int, int, int, float, float]]) -> ScoredFrames:
    whole = _columns([row[:3] for row in rows], 3)
    mse = np.array([row[3] for row in rows], dtype=np.float64)
    ssim = np.array([row[4] for row in rows], dtype=np.float64)
    return ScoredFrames(whole[0], whole[1], whole[2], mse, ssim)


def _end_ns(
    goodbyes_ns: Sequence[int], ended: Ended | None, last_seen_ns: int, others_ns: Sequence[int]
) -> int:
    # A client tells its counters when it stops listening, before it has disconnected.
    if goodbyes_ns:
        return max(min(goodbyes_ns), last_seen_ns)
    if ended is not None:
        return max(ended.at_ns, last_seen_ns)
    return max([last_seen_ns, *others_ns])


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> IntArray:
    """The rows as an array of shape (width, rows), so that a column is contiguous."""
    if not rows:
        return np.empty((width, 0), dtype=np.int64)
    return np.ascontiguousarray(np.array(rows, dtype=np.int64).T)
