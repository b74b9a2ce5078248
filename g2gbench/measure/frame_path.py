"""The way of every captured frame: when it passed each point between capture and application.

Sources: the client's journal, the link's packet log, the model worker's frame log. What none of
them tells stays -1; nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from g2gbench.measure import marker_matching, rtp_frames
from g2gbench.measure.journal import ABSENT, BoolArray, CapturedFrames, IntArray, Session
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import ServiceFrame
from g2gbench.measure.rtp_frames import RtpFrames

POINTS: Final = (
    "captured",
    "uplink_entered",
    "uplink_left",
    "service_received",
    "service_sent",
    "downlink_entered",
    "downlink_left",
    "received",
)
"""The points of the way in its order. entered, left: the frame's last packet did."""


@dataclass(frozen=True, slots=True)
class PathSegment:
    """One direction of the link for every captured frame: arrays of shape (captured frames,).

    ``known``: the link's frames of this direction could be told apart, so that a frame without
    ``entered_ns`` was never sent. ``entered_ns``, ``left_ns``: -1 where it did not; ``absent``:
    numbered packets of it that never came to the link.
    """

    known: bool
    entered_ns: IntArray
    left_ns: IntArray
    absent: IntArray


@dataclass(frozen=True, slots=True)
class AtService:
    """Times of each captured frame in the worker's log: arrays of shape (captured frames,).

    ``known``: there is a log. ``received_ns``, ``sent_ns``: -1 where it did not; the first copy
    that was sent on counts, else the first. ``unidentified`` counts arrivals that neither a marker
    nor a metadata trailer names.
    """

    known: bool
    received_ns: IntArray
    sent_ns: IntArray
    unidentified: int


@dataclass(frozen=True, slots=True)
class FramePath:
    """Both legs and the service, one row per captured frame."""

    uplink: PathSegment
    service: AtService
    downlink: PathSegment


def trace_frames(
    session: Session,
    returned_ns: IntArray,
    service_frames: Sequence[ServiceFrame] = (),
    packets: Packets | None = None,
) -> FramePath:
    """The way of every captured frame, as far as the logs tell it; ``returned_ns``: -1 if never."""
    captured = session.captured
    service = at_service(captured, service_frames)
    rows = np.flatnonzero(captured.accepted)
    uplink = _leg(packets, "uplink", rows, captured.captured_ns, service.received_ns)
    sent = np.flatnonzero(service.sent_ns != ABSENT)
    sent = sent[np.argsort(service.sent_ns[sent], kind="stable")]
    downlink = _leg(packets, "downlink", sent, service.sent_ns, returned_ns)
    return FramePath(uplink, service, downlink)


def at_service(captured: CapturedFrames, frames: Sequence[ServiceFrame]) -> AtService:
    """Match the worker's log with the captured frames, by metadata trailer or else by number."""
    size = len(captured)
    first_received = np.full(size, ABSENT, dtype=np.int64)
    first_sent = np.full(size, ABSENT, dtype=np.int64)
    rows = captured_rows(captured, frames)
    for row, frame in zip(rows.tolist(), frames, strict=True):
        if row == ABSENT or first_sent[row] != ABSENT:
            continue
        went_on = frame.sent_ns is not None and not frame.dropped
        if went_on or first_received[row] == ABSENT:
            first_received[row] = frame.received_ns
        if went_on and frame.sent_ns is not None:
            first_sent[row] = frame.sent_ns
    return AtService(
        known=bool(frames),
        received_ns=first_received,
        sent_ns=first_sent,
        unidentified=int(np.count_nonzero(rows == ABSENT)),
    )


def captured_rows(captured: CapturedFrames, frames: Sequence[ServiceFrame]) -> IntArray:
    """The captured frame that each frame of the worker's log is; -1 where nothing names it.

    Metadata names it, unless it is that of a dropped frame shortly after the picture.
    """
    received_ns = np.array([f.received_ns for f in frames], dtype=np.int64)
    numbers = np.array(
        [ABSENT if f.number_in is None else f.number_in for f in frames], dtype=np.int64
    )
    rows = marker_matching.match(numbers, received_ns, captured)
    row_of = {frame_id: row for row, frame_id in enumerate(captured.frame_id.tolist())}
    for index, frame in enumerate(frames):
        if frame.witness is None or frame.witness not in row_of:
            continue
        ahead = frame.witness - captured.frame_id[rows[index]] if rows[index] != ABSENT else 0
        if not 0 < ahead <= marker_matching.MOST_SHIFTED:
            rows[index] = row_of[frame.witness]
    return rows


def _leg(
    packets: Packets | None, direction: str, rows: IntArray, sent_ns: IntArray, out_ns: IntArray
) -> PathSegment:
    """One direction; ``rows``: the captured frames that were handed over, in that order.

    ``sent_ns``, ``out_ns``: of every captured frame, when it was, and when it came out behind.
    """
    size = len(sent_ns)
    leg = PathSegment(
        known=False,
        entered_ns=np.full(size, ABSENT, dtype=np.int64),
        left_ns=np.full(size, ABSENT, dtype=np.int64),
        absent=np.zeros(size, dtype=np.int64),
    )
    if packets is None or not len(rows):
        return leg
    aligned = False
    for stream in rtp_frames.streams(packets, direction):
        found = rtp_frames.align(stream, sent_ns[rows], out_ns[rows])
        matched = found != ABSENT
        aligned |= bool(matched.any())
        _place(leg, stream.part(matched), rows[found[matched]])
    return PathSegment(aligned, leg.entered_ns, leg.left_ns, leg.absent)


def _place(leg: PathSegment, stream: RtpFrames, rows: IntArray) -> None:
    leg.entered_ns[rows] = stream.entered_ns
    leg.left_ns[rows] = stream.left_ns
    leg.absent[rows] = stream.absent


def waypoints(way: FramePath, captured_ns: IntArray, received_ns: IntArray) -> IntArray:
    """Return when each frame passed each of ``POINTS``: shape (points, frames), -1: unknown."""
    return np.stack(
        [
            captured_ns,
            way.uplink.entered_ns,
            way.uplink.left_ns,
            way.service.received_ns,
            way.service.sent_ns,
            way.downlink.entered_ns,
            way.downlink.left_ns,
            received_ns,
        ]
    )


def lost_in_link(leg: PathSegment) -> BoolArray:
    """Frames that came to the link and did not leave it whole."""
    lost: BoolArray = (leg.entered_ns != ABSENT) & (leg.left_ns == ABSENT)
    return lost
