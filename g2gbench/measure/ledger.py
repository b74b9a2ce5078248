"""The frame ledger: one row per captured frame, with what became of it.

Every number of every report can be recomputed from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import display, fidelity, latency_breakdown, marker_matching
from g2gbench.measure import frame_path as ways
from g2gbench.measure.drop_phase import attribute
from g2gbench.measure.journal import ABSENT, BoolArray, IntArray, Session
from g2gbench.measure.marker_matching import Sightings
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import ServiceFrame
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.quality.drops import MIN_FLIGHT_NS

FloatArray = npt.NDArray[np.float64]

OUTCOMES: Final = (
    "delivered",
    "dropped",
    "unreadable",
    "in_flight",
    "not_published",
    "before_live",
)
"""Codes of ``Ledger.outcome``: the index into this tuple."""

DELIVERED, DROPPED, UNREADABLE, IN_FLIGHT, NOT_PUBLISHED, BEFORE_LIVE = range(6)

FLIGHT_PERCENTILE: Final = 99

_LIKENESS: Final = ("psnr_db", "ssim", "psnr_displayed_db", "ssim_displayed")

REPEATING_STREAM: Final = 0.01
"""Share of repeats above which an unreadable frame may be a repeat and is given no identity."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One row per captured frame, in the order of capture: arrays of shape (frames,).

    ``received_ns``, ``read_ns``, ``width``, ``height`` are -1 and ``g2g_ms`` is NaN where no remote
    frame carried this one. ``displayed_ns`` is -1 where it was not presented, as far as the client
    tells. ``outcome`` indexes ``OUTCOMES``; ``drop_phase`` indexes ``DROP_PHASES`` and is -1 for a
    frame that was not dropped: a delivered one was where it never came on display. ``reads`` counts
    how often the frame's number was seen. ``late`` marks a frame that came after a newer one,
    ``steady`` one that was captured in the steady state. ``psnr_db`` and ``ssim`` hold a delivered
    frame against its source,
    ``psnr_displayed_db`` and ``ssim_displayed`` whatever picture was shown in a frame's place; NaN
    where it was not scored. ``budget_ms`` holds the parts of g2g by name, as ``budget.budget``
    gives them.

    ``implausible`` counts delivered frames with a negative g2g latency: they are kept as they are.
    ``witness_shifted`` counts remote frames that carry the metadata of a frame shortly after them
    that never came: an encoder dropped that one and kept its metadata for the picture before.
    """

    seq: IntArray
    frame_id: IntArray
    due_ns: IntArray
    captured_ns: IntArray
    received_ns: IntArray
    read_ns: IntArray
    displayed_ns: IntArray
    outcome: IntArray
    drop_phase: IntArray
    g2g_ms: FloatArray
    width: IntArray
    height: IntArray
    reads: IntArray
    psnr_db: FloatArray
    ssim: FloatArray
    psnr_displayed_db: FloatArray
    ssim_displayed: FloatArray
    late: BoolArray
    steady: BoolArray
    budget_ms: Mapping[str, FloatArray]
    sightings: Sightings
    repeats: int
    late_or_reordered: int
    misread: int
    not_outstanding: int
    no_marker: int
    rejected: int
    witness_agree: int
    witness_disagree: int
    witness_shifted: int
    implausible: int

    def __len__(self) -> int:
        return len(self.frame_id)

    def frames(self) -> dict[str, int]:
        """Frames captured in the steady state by outcome; ``before_live`` of the whole session."""
        steady = self.outcome[self.steady]
        counts = {name: int(np.count_nonzero(steady == i)) for i, name in enumerate(OUTCOMES)}
        counts["before_live"] = int(np.count_nonzero(self.outcome == BEFORE_LIVE))
        return {"captured": len(steady), **counts}

    def drops(self) -> dict[str, int]:
        """Frames captured in the steady state and dropped, by phase; delivered ones at display."""
        phases = self.drop_phase[self.steady]
        return {name: int(np.count_nonzero(phases == i)) for i, name in enumerate(DROP_PHASES)}

    def counts(self) -> dict[str, int]:
        """Remote frames of the whole session by how they were read."""
        return {
            "repeats": self.repeats,
            "late_or_reordered": self.late_or_reordered,
            "misread": self.misread,
            "not_outstanding": self.not_outstanding,
            "no_marker": self.no_marker,
            "rejected": self.rejected,
            "witness_agree": self.witness_agree,
            "witness_disagree": self.witness_disagree,
            "witness_shifted": self.witness_shifted,
            "implausible": self.implausible,
        }

    def columns(self) -> Mapping[str, npt.NDArray[Any]]:
        """The columns of frames.parquet, by name, in order; codes not yet spelled out."""
        own = {name: getattr(self, name) for name in _OWN_COLUMNS}
        return {**own, **{f"budget_{part}_ms": self.budget_ms[part] for part in _BUDGET}}


_OWN_COLUMNS: Final[Mapping[str, str]] = {
    "seq": "number as stamped, 16 or 24 bits",
    "frame_id": "number of the tick, from 0, never wraps",
    "due_ns": "ns, monotonic: when the schedule wanted the capture",
    "captured_ns": "ns, monotonic: stamped; g2g counts from here",
    "received_ns": "ns, monotonic: remote frame handed to the application; g2g counts to here",
    "read_ns": "ns, monotonic: marker read",
    "outcome": "what became of the frame",
    "drop_phase": "where a dropped frame died; unknown when nothing proves the place; display for "
    "a delivered one that was never presented",
    "g2g_ms": "ms: received - captured",
    "width": "pixels of the remote frame",
    "height": "pixels of the remote frame",
    "reads": "times seen",
    "psnr_db": "dB against the source; null: not measured",
    "ssim": "0..1 against the source; null: not measured",
    "psnr_displayed_db": "dB of the picture shown in the frame's place; null: not measured",
    "ssim_displayed": "0..1 of the picture shown in the frame's place; null: not measured",
    "displayed_ns": "ns, monotonic: told that the remote frame was presented; null: it was not, or "
    "the client does not display",
    "late": "came after a newer frame",
    "steady": "captured in the steady state",
}

_BUDGET: Final[Mapping[str, str]] = {
    **latency_breakdown.PARTS,
    latency_breakdown.UNATTRIBUTED: "what the known parts leave of g2g",
    latency_breakdown.DISPLAY: f"{latency_breakdown.DISPLAY_MEANING}; not a part of g2g",
}

COLUMNS: Final[Mapping[str, str]] = {
    **_OWN_COLUMNS,
    **{f"budget_{part}_ms": f"ms: {meaning}" for part, meaning in _BUDGET.items()},
}
"""Columns of the ledger with their unit or meaning."""


def build(
    session: Session, service_frames: Sequence[ServiceFrame] = (), packets: Packets | None = None
) -> Ledger:
    """Match what came back with what was captured, and say of every frame what became of it.

    ``service_frames`` is the model worker's own log, where there is one: the ground truth for what
    reached the service and what it dropped. ``packets`` is the link's log, where there was one.
    """
    captured, seen = session.captured, session.seen
    size = len(captured)
    sighted = marker_matching.classify(seen, captured)
    first = np.flatnonzero(sighted.kind == marker_matching.NEW)
    rows = sighted.row[first]

    arrival = np.full(size, ABSENT, dtype=np.int64)  # the remote frame that settles each row
    arrival[rows] = first
    delivered = arrival != ABSENT
    for row, index in _unreadable_rows(session, sighted, delivered).items():
        arrival[row] = index
    received_ns = _taken(seen.received_ns, arrival)
    displayed_ns = _taken(display.displayed_ns(seen, session.displayed), arrival)
    g2g_ms = np.where(delivered, (received_ns - captured.captured_ns) / 1e6, np.nan)

    outcome = _outcomes(session, delivered, arrival != ABSENT, received_ns)
    known = (sighted.kind == marker_matching.NEW) | (sighted.kind == marker_matching.REPEAT)
    witnessed = np.flatnonzero(known & (seen.witness != ABSENT))
    returned_ns = np.where(delivered, received_ns, ABSENT)
    way = ways.trace_frames(session, returned_ns, service_frames, packets)
    agrees = seen.witness[witnessed] == captured.frame_id[sighted.row[witnessed]]
    shifted = _shifted(session, sighted, witnessed, delivered) & ~agrees
    drop_phase = attribute(session, sighted, outcome == DROPPED, delivered, way)
    drop_phase[display.superseded(returned_ns, displayed_ns)] = DROP_PHASES.index("display")
    return Ledger(
        seq=captured.seq,
        frame_id=captured.frame_id,
        due_ns=captured.due_ns,
        captured_ns=captured.captured_ns,
        received_ns=received_ns,
        read_ns=_taken(seen.read_ns, arrival),
        displayed_ns=displayed_ns,
        outcome=outcome,
        drop_phase=drop_phase,
        g2g_ms=g2g_ms,
        width=_taken(seen.width, arrival),
        height=_taken(seen.height, arrival),
        reads=np.bincount(sighted.row[known], minlength=size).astype(np.int64),
        **_likeness(session, delivered, received_ns),
        late=np.isin(np.arange(size), sighted.row[sighted.late]),
        steady=_steady(session),
        budget_ms=latency_breakdown.budget(way, captured.captured_ns, returned_ns, displayed_ns),
        sightings=sighted,
        repeats=sighted.count(marker_matching.REPEAT),
        late_or_reordered=int(np.count_nonzero(sighted.late)),
        misread=sighted.count(marker_matching.MISREAD),
        not_outstanding=sighted.count(marker_matching.NOT_OUTSTANDING),
        no_marker=sighted.count(marker_matching.NO_MARKER),
        rejected=sighted.count(marker_matching.REJECTED),
        witness_agree=int(np.count_nonzero(agrees)),
        witness_disagree=int(np.count_nonzero(~agrees & ~shifted)),
        witness_shifted=int(np.count_nonzero(shifted)),
        implausible=int(np.count_nonzero(g2g_ms < 0)),
    )


def _shifted(
    session: Session, sighted: Sightings, witnessed: IntArray, delivered: BoolArray
) -> BoolArray:
    """Of the remote frames ``witnessed``, those with the metadata of a later frame that never came.

    Two frames handed to an encoder at once: it drops the second picture, and the SDK keeps the
    second one's metadata for the first one's picture (tests/media/test_frame_metadata.py).
    """
    captured = session.captured
    if not len(captured):
        return np.zeros(len(witnessed), dtype=np.bool_)
    named = session.seen.witness[witnessed]
    order = np.argsort(captured.frame_id, kind="stable")
    at = np.minimum(np.searchsorted(captured.frame_id[order], named), len(order) - 1)
    row = order[at]
    ahead = named - captured.frame_id[sighted.row[witnessed]]
    never_came: BoolArray = (captured.frame_id[row] == named) & ~delivered[row]
    return never_came & (ahead > 0) & (ahead <= marker_matching.MOST_SHIFTED)


def _likeness(
    session: Session, delivered: BoolArray, received_ns: IntArray
) -> dict[str, FloatArray]:
    """The four columns of picture quality; a score of a picture that was misread is left out."""
    scored, captured = session.scored, session.captured
    columns = {name: np.full(len(captured), np.nan) for name in _LIKENESS}
    if not len(scored) or not len(captured):
        return columns
    order = np.argsort(captured.frame_id, kind="stable")
    ordered = captured.frame_id[order]

    def row_of(ids: IntArray) -> tuple[IntArray, BoolArray]:
        at = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
        return order[at], ordered[at] == ids

    row, known = row_of(scored.frame_id)
    shown, there = row_of(scored.shown_id)
    true = known & there & delivered[shown] & (received_ns[shown] == scored.received_ns)
    own = scored.shown_id == scored.frame_id
    psnr = fidelity.psnr_db(scored.mse)
    # What was shown for a frame that came late, or seemed to be missing, is not what counts for it.
    stood_in = true & ~own & ~delivered[row]
    for chosen, names in ((true & own, _LIKENESS), (stood_in, _LIKENESS[2:])):
        for name in names:
            columns[name][row[chosen]] = (psnr if "psnr" in name else scored.ssim)[chosen]
    return columns


def _taken(values: IntArray, index: IntArray) -> IntArray:
    """``values[index]``, and -1 where the index is -1."""
    taken = np.full(len(index), ABSENT, dtype=np.int64)
    there = index != ABSENT
    taken[there] = values[index[there]]
    return taken


def _steady(session: Session) -> BoolArray:
    captured_ns = session.captured.captured_ns
    if session.steady_ns is None:
        return np.zeros(len(captured_ns), dtype=np.bool_)
    start, end = session.steady_ns
    return (captured_ns >= start) & (captured_ns < end)


def _outcomes(
    session: Session, delivered: BoolArray, arrived: BoolArray, received_ns: IntArray
) -> IntArray:
    captured_ns = session.captured.captured_ns
    outcome = np.full(len(captured_ns), DROPPED, dtype=np.int64)
    g2g_ns = (received_ns - captured_ns)[delivered]
    flight_ns = float(MIN_FLIGHT_NS)
    if len(g2g_ns):
        flight_ns = max(flight_ns, float(np.percentile(g2g_ns, FLIGHT_PERCENTILE)))
    # A stream keeps its order: what a newer frame overtook long ago does not come any more.
    overtaking = captured_ns[delivered & (received_ns <= session.end_ns - MIN_FLIGHT_NS)]
    newest_ns = overtaking.max() if len(overtaking) else np.iinfo(np.int64).min
    outcome[(captured_ns > session.end_ns - flight_ns) & (captured_ns > newest_ns)] = IN_FLIGHT
    outcome[arrived] = UNREADABLE
    first_live_ns = captured_ns[delivered].min() if delivered.any() else np.iinfo(np.int64).max
    outcome[captured_ns < first_live_ns] = BEFORE_LIVE
    outcome[~session.captured.accepted] = NOT_PUBLISHED
    outcome[delivered] = DELIVERED
    return outcome


def _unreadable_rows(session: Session, sighted: Sightings, delivered: BoolArray) -> dict[int, int]:
    """Captured frame -> unreadable remote frame, where the identity is certain.

    It is when the metadata trailer names it, or when as many unreadable frames lie between two new
    neighbours as frames are missing between them, in a stream that does not repeat frames.
    """
    seen, captured = session.seen, session.captured
    unreadable = (sighted.kind == marker_matching.NO_MARKER) | (
        sighted.kind == marker_matching.REJECTED
    )
    if not unreadable.any() or not len(captured):
        return {}
    row_of = {frame_id: row for row, frame_id in enumerate(captured.frame_id.tolist())}
    found: dict[int, int] = {}
    for index in np.flatnonzero(unreadable & (seen.witness != ABSENT)).tolist():
        row = row_of.get(int(seen.witness[index]))
        if row is not None and not delivered[row] and captured.accepted[row]:
            found.setdefault(row, index)
    repeats, new = sighted.count(marker_matching.REPEAT), sighted.count(marker_matching.NEW)
    if repeats > REPEATING_STREAM * new or (seen.witness[unreadable] != ABSENT).any():
        return found
    firsts = np.flatnonzero((sighted.kind == marker_matching.NEW) & ~sighted.late).tolist()
    for before, after in pairwise(firsts):
        between = list(range(before + 1, after))
        missing = range(int(sighted.row[before]) + 1, int(sighted.row[after]))
        open_rows = [row for row in missing if not delivered[row] and captured.accepted[row]]
        if not between or len(open_rows) != len(between) or not unreadable[between].all():
            continue
        if (seen.received_ns[between] >= captured.captured_ns[open_rows]).all():
            found.update(zip(open_rows, between, strict=True))
    return found
