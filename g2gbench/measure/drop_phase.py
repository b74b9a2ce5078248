"""Drop phases: where dropped frames died, by evidence alone.

Three kinds of evidence: the model worker's own log says which frames reached it and which it sent
on; the link's packet log says which frames came to it and which left it whole; the counters of the
statistics say how many frames a stage lost. A count names the place only when one stage alone lost
frames and it lost exactly as many as are missing; else the phase stays ``unknown``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import marker_matching
from g2gbench.measure.frame_path import FramePath, PathSegment, lost_in_link
from g2gbench.measure.journal import ABSENT, BoolArray, IntArray, Session
from g2gbench.measure.marker_matching import Sightings
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.measure.stats import number

_CODE = {name: code for code, name in enumerate(DROP_PHASES)}

SETTLING_SNAPSHOTS: Final = 2
"""Snapshots that must follow before a lag between two stages is a loss and not a queue."""

_ENCODING: Final = ("before_encoder", "encoder")
_DECODING: Final = ("decoder", "after_decoder")


def attribute(
    session: Session, sighted: Sightings, dropped: BoolArray, delivered: BoolArray, way: FramePath
) -> IntArray:
    """The drop phase of every captured frame as an index into ``DROP_PHASES``; -1: not dropped."""
    phase = np.where(dropped, _CODE["unknown"], ABSENT).astype(np.int64)
    if not dropped.any():
        return phase
    stages = _Stages(session, sighted, delivered)
    service = way.service
    received, sent = service.received_ns != ABSENT, service.sent_ns != ABSENT
    phase[dropped & received & ~sent] = _CODE["service"]
    # What came back has been everywhere, whatever the logs say of it.
    early = dropped & ~received if service.known else dropped
    phase = _before_the_service(phase, early, received | delivered, way, stages)
    return _after_the_service(phase, dropped & sent, delivered, way, stages)


def _before_the_service(
    phase: IntArray, missing: BoolArray, arrived: BoolArray, way: FramePath, stages: _Stages
) -> IntArray:
    """Frames that never came to the service, or whose arrival nobody logged."""
    leg, service = way.uplink, way.service
    if not leg.known:
        complete = service.known and not service.unidentified
        return stages.settle(phase, missing, _ENCODING, "uplink" if complete else None)
    phase = stages.settle(phase, missing & (leg.entered_ns == ABSENT), _ENCODING, None)
    phase[missing & _blocked(leg, arrived)] = _CODE["uplink"]
    if service.known and not service.unidentified:
        whole = missing & (leg.left_ns != ABSENT) & (phase == _CODE["unknown"])
        phase[whole] = _CODE["service"]  # it left the link whole, and the worker never had it
    return phase


def _after_the_service(
    phase: IntArray, missing: BoolArray, delivered: BoolArray, way: FramePath, stages: _Stages
) -> IntArray:
    """Frames that the model worker sent on."""
    leg = way.downlink
    if not leg.known:
        return stages.settle(phase, missing, _DECODING, "downlink")
    entered = leg.entered_ns != ABSENT
    phase[missing & (~entered | (leg.absent > 0))] = _CODE["service"]
    blocked = missing & _blocked(leg, delivered)
    phase[blocked] = _CODE["downlink"]
    whole = missing & (leg.left_ns != ABSENT) & (leg.absent == 0) & ~blocked
    return stages.settle(phase, whole, _DECODING, None)


def _blocked(leg: PathSegment, arrived: BoolArray) -> BoolArray:
    """Frames that the link lost, and those behind them that no decoder could use.

    A frame is predicted from the one before: when one is lost, those that follow it are of no use
    until one arrives again, although each of them left the link whole.
    """
    lost = lost_in_link(leg)
    there = np.flatnonzero(leg.entered_ns != ABSENT)
    last_lost = np.maximum.accumulate(np.where(lost[there], np.arange(len(there)), ABSENT))
    last_arrived = np.maximum.accumulate(np.where(arrived[there], np.arange(len(there)), ABSENT))
    blocked = np.zeros(len(lost), dtype=np.bool_)
    blocked[there] = last_lost > last_arrived
    return blocked


class _Stages:
    """Frames lost by each stage at each snapshot of the statistics, while live."""

    def __init__(self, session: Session, sighted: Sightings, delivered: BoolArray) -> None:
        captured, seen = session.captured, session.seen
        self._captured_ns = captured.captured_ns
        first = np.flatnonzero(sighted.kind == marker_matching.NEW)
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
        self._lags = {
            "before_encoder": _Lag(published - source, source),
            "encoder": _Lag(source - encoded, encoded),
            "decoder": _Lag(series("inbound.frames_dropped"), decoded),
            "after_decoder": _Lag(decoded - returned, decoded),
        }

    def settle(
        self, phase: IntArray, missing: BoolArray, stages: tuple[str, str], otherwise: str | None
    ) -> IntArray:
        """Name the phase of ``missing`` frames where the counters of two ``stages`` prove it.

        The stage that alone lost frames, and exactly as many; ``otherwise`` when neither lost any.
        Over as much of the session as proves something, then from snapshot to snapshot.
        """
        phase = phase.copy()
        last = len(self._at_ns) - 1
        settled = 0
        for end in range(last, 0, -1):
            rows, proof = self._proven(missing, stages, otherwise, 0, end)
            if proof is not None:
                phase[rows] = _CODE[proof]
                settled = end
                break
        for end in range(settled + 1, last + 1):
            rows, proof = self._proven(missing, stages, None, end - 1, end)
            if proof is not None:
                phase[rows] = _CODE[proof]
        return phase

    def _proven(
        self,
        missing: BoolArray,
        stages: tuple[str, str],
        otherwise: str | None,
        start: int,
        end: int,
    ) -> tuple[IntArray, str | None]:
        """The missing frames captured between two snapshots, and the phase that is proven."""
        start_ns, end_ns = self._at_ns[start], self._at_ns[end]
        there = (self._captured_ns > start_ns) & (self._captured_ns <= end_ns)
        rows = np.flatnonzero(missing & there)
        lost = {stage: self._lags[stage].between(start, end) for stage in stages}
        proof = _proof(lost, len(rows), otherwise)
        if proof is None or proof == otherwise or self._lags[proof].has_settled(end):
            return rows, proof
        return rows, None


class _Lag:
    """Lag of a stage behind the one before it at each snapshot, and the losses in it.

    A lag shrinks again when it was a queue, a loss never does. A counter that is missing or starts
    anew proves nothing across that moment.
    """

    def __init__(self, lag: npt.NDArray[np.float64], counter: npt.NDArray[np.float64]) -> None:
        known = np.isfinite(lag) & np.isfinite(counter)
        starts = np.ones(len(lag), dtype=np.bool_)
        starts[1:] = ~known[1:] | ~known[:-1] | (counter[1:] < counter[:-1])
        self._segment = np.cumsum(starts)
        self._lost = np.full(len(lag), np.nan)
        for segment in np.unique(self._segment):
            rows = np.flatnonzero(self._segment == segment)
            self._lost[rows] = np.minimum.accumulate(lag[rows][::-1])[::-1]

    def between(self, start: int, end: int) -> float:
        """Frames lost from one snapshot to another; NaN where the counter does not tell."""
        if self._segment[start] != self._segment[end]:
            return float("nan")
        return float(self._lost[end] - self._lost[start])

    def has_settled(self, end: int) -> bool:
        """Return whether enough snapshots follow to tell a loss from a queue."""
        later = end + SETTLING_SNAPSHOTS
        return later < len(self._segment) and bool(self._segment[later] == self._segment[end])


def _proof(lost: dict[str, float], missing: int, otherwise: str | None) -> str | None:
    """The only phase that explains ``missing`` frames, None when the counters do not prove one."""
    if not missing or any(np.isnan(n) for n in lost.values()):
        return None
    losing = [stage for stage, n in lost.items() if n]
    if not losing:
        return otherwise
    return losing[0] if len(losing) == 1 and lost[losing[0]] == missing else None
