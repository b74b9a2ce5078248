"""Where dropped frames died, by evidence alone.

Two kinds of evidence: the model worker's own log says which frames reached it and which it sent
on; the counters of the statistics say how many frames a stage lost. A count names the place only
when one stage alone lost frames and it lost exactly as many as are missing; else the phase stays
``unknown``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import sightings
from g2gbench.measure.journal import ABSENT, BoolArray, CapturedFrames, IntArray, Session
from g2gbench.measure.records import ServiceFrame
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.measure.sightings import Sightings
from g2gbench.measure.stats import number

_CODE = {name: code for code, name in enumerate(DROP_PHASES)}

SETTLING_SNAPSHOTS: Final = 2
"""Snapshots that must follow before a lag between two stages is a loss and not a queue."""


@dataclass(frozen=True, slots=True)
class AtService:
    """What the worker's log says of each captured frame: arrays of shape (captured frames,).

    ``unidentified_ns`` holds the arrivals that neither a marker nor a metadata trailer names.
    """

    received: BoolArray
    sent: BoolArray
    unidentified_ns: IntArray


def at_service(captured: CapturedFrames, frames: Sequence[ServiceFrame]) -> AtService:
    """Match the worker's log with the captured frames, by metadata trailer or else by number."""
    size = len(captured)
    received = np.zeros(size, dtype=np.bool_)
    sent = np.zeros(size, dtype=np.bool_)
    received_ns = np.array([f.received_ns for f in frames], dtype=np.int64)
    numbers = np.array(
        [ABSENT if f.number_in is None else f.number_in for f in frames], dtype=np.int64
    )
    rows = sightings.match(numbers, received_ns, captured)
    row_of = {frame_id: row for row, frame_id in enumerate(captured.frame_id.tolist())}
    for index, frame in enumerate(frames):
        if frame.witness is not None and frame.witness in row_of:
            rows[index] = row_of[frame.witness]
    went_on = np.array([f.sent_ns is not None and not f.dropped for f in frames], dtype=np.bool_)
    known = rows != ABSENT
    received[rows[known]] = True
    sent[rows[known & went_on]] = True
    return AtService(received=received, sent=sent, unidentified_ns=received_ns[~known])


def attribute(
    session: Session,
    sighted: Sightings,
    dropped: BoolArray,
    delivered: BoolArray,
    service_frames: Sequence[ServiceFrame],
) -> IntArray:
    """The drop phase of every captured frame as an index into ``DROP_PHASES``; -1: not dropped."""
    phase = np.where(dropped, _CODE["unknown"], ABSENT).astype(np.int64)
    if not dropped.any():
        return phase
    stages = _Stages(session, sighted, delivered)
    if not service_frames:
        return stages.settle(phase, dropped, ("before_encoder", "encoder"), None)
    truth = at_service(session.captured, service_frames)
    phase[dropped & truth.received & ~truth.sent] = _CODE["service"]
    complete = not len(truth.unidentified_ns)
    never_there = dropped & ~truth.received
    phase = stages.settle(
        phase, never_there, ("before_encoder", "encoder"), "uplink" if complete else None
    )
    return stages.settle(phase, dropped & truth.sent, ("decoder", "after_decoder"), "downlink")


class _Stages:
    """How many frames each stage had lost by each snapshot of the statistics, while live."""

    def __init__(self, session: Session, sighted: Sightings, delivered: BoolArray) -> None:
        captured, seen = session.captured, session.seen
        self._captured_ns = captured.captured_ns
        first = np.flatnonzero(sighted.kind == sightings.NEW)
        live_ns = int(seen.received_ns[first[0]]) if len(first) else np.iinfo(np.int64).max
        snapshots = [s for s in session.stats if s.at_ns >= live_ns]
        self._at_ns = np.array([s.at_ns for s in snapshots], dtype=np.int64)

        def series(key: str) -> npt.NDArray[np.float64]:
            numbers = (number(s.values.get(key)) for s in snapshots)
            return np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)

        published_ns = captured.captured_ns[captured.accepted]
        published = np.searchsorted(published_ns, self._at_ns, side="right").astype(np.float64)
        returned = np.searchsorted(seen.received_ns, self._at_ns, side="right").astype(np.float64)
        source, encoded = series("source.frames"), series("outbound.frames_encoded")
        decoded = series("inbound.frames_decoded")
        self._lost = {
            "before_encoder": _settled(published - source, source),
            "encoder": _settled(source - encoded, encoded),
            "decoder": _settled(series("inbound.frames_dropped"), decoded),
            "after_decoder": _settled(decoded - returned, decoded),
        }

    def settle(
        self, phase: IntArray, missing: BoolArray, stages: tuple[str, str], otherwise: str | None
    ) -> IntArray:
        """Name the phase of ``missing`` frames where the counters of two ``stages`` prove it.

        The stage that alone lost frames, and exactly as many; ``otherwise`` when neither lost any.
        """
        for end in range(len(self._at_ns) - 1, 0, -1):
            there = (self._captured_ns > self._at_ns[0]) & (self._captured_ns <= self._at_ns[end])
            rows = np.flatnonzero(missing & there)
            lost = {stage: self._lost[stage][end] - self._lost[stage][0] for stage in stages}
            proof = _proof(lost, len(rows), otherwise)
            if proof is None:
                continue
            if proof != otherwise and end + SETTLING_SNAPSHOTS >= len(self._at_ns):
                continue
            phase = phase.copy()
            phase[rows] = _CODE[proof]
            return phase
        return phase


def _proof(lost: dict[str, float], missing: int, otherwise: str | None) -> str | None:
    """The only phase that explains ``missing`` frames, None when the counters do not prove one."""
    if not missing or any(np.isnan(n) for n in lost.values()):
        return None
    losing = [stage for stage, n in lost.items() if n]
    if not losing:
        return otherwise
    return losing[0] if len(losing) == 1 and lost[losing[0]] == missing else None


def _settled(
    lag: npt.NDArray[np.float64], counter: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Frames lost by each snapshot: a lag shrinks again when it was a queue, a loss never does.

    All NaN when the counter is missing or was reset: then it proves nothing.
    """
    if not len(lag) or np.isnan(lag).any() or (np.diff(counter) < 0).any():
        return np.full(len(lag), np.nan)
    return np.minimum.accumulate(lag[::-1])[::-1]
