"""Encoded frames as the link saw them: packets of one RTP timestamp, put together.

RTP headers are in clear also under SRTP (RFC 3711 section 3.1), so a frame's packets can be told
apart by timestamp, put in order by sequence number and closed by the marker bit (RFC 3550 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure.journal import ABSENT, IntArray
from g2gbench.measure.packets import DIRECTIONS, KINDS, Packets

FloatArray = npt.NDArray[np.float64]

RTP_KHZ: Final = 90
"""Ticks of a video stream's RTP timestamp in a millisecond (RFC 3551)."""

MIN_PACKETS: Final = 20
"""A source of fewer packets carried no video worth a name: probes, or a stream that never flowed"""


@dataclass(frozen=True, slots=True)
class RtpFrames:
    """One row per encoded frame, in the order of RTP timestamps: arrays of shape (frames,).

    ``rtp_ms`` is the timestamp without wraps, in ms of the sender's clock from an origin that only
    this stream knows. ``entered_ns``: the last packet that the frame needs came to the link for
    the first time; ``left_ns``: the last of them left it, -1 when one never did. ``first_ns``: the
    first packet came. ``absent`` counts numbers between the frame's first and last packet that
    never came to the link at all.
    """

    rtp_ms: FloatArray
    first_ns: IntArray
    entered_ns: IntArray
    left_ns: IntArray
    absent: IntArray

    def __len__(self) -> int:
        return len(self.rtp_ms)

    def part(self, rows: npt.NDArray[np.bool_]) -> RtpFrames:
        """Some of the rows."""
        return RtpFrames(*(getattr(self, field.name)[rows] for field in fields(self)))


def streams(packets: Packets, direction: str) -> tuple[RtpFrames, ...]:
    """The streams that passed in one direction, one a source (SSRC), in the order they began."""
    mine = packets[
        (packets["direction"] == DIRECTIONS.index(direction))
        & (packets["kind"] == KINDS.index("rtp"))
        & (packets["fate"] != _COPY)
    ]
    mine = mine[np.argsort(mine["arrived_ns"], kind="stable")]
    sources, first, sizes = np.unique(mine["ssrc"], return_index=True, return_counts=True)
    order = np.argsort(first)
    return tuple(
        _frames(mine[mine["ssrc"] == sources[one]]) for one in order if sizes[one] >= MIN_PACKETS
    )


_COPY = 1  # of packets.FATES: what the link itself made is no packet of the sender


def _unwrapped(values: IntArray, bits: int) -> IntArray:
    """Numbers that wrap at ``bits``, made to go on: each step is the shortest one."""
    half = 1 << (bits - 1)
    steps = (np.diff(values) + half) % (1 << bits) - half
    whole: IntArray = values[0] + np.concatenate(([0], np.cumsum(steps)))
    return whole


def _frames(packets: Packets) -> RtpFrames:
    """The frames of one source; ``packets`` in the order of arrival."""
    stamps = _unwrapped(packets["rtp_timestamp"].astype(np.int64), 32)
    sequence = _unwrapped(packets["sequence"].astype(np.int64), 16)
    # A packet that was sent again keeps its number: what counts is its first way in and out.
    numbers, first_copy, packet = np.unique(sequence, return_index=True, return_inverse=True)
    arrived_ns = packets["arrived_ns"].astype(np.int64)[first_copy]
    left_ns = np.full(len(numbers), np.iinfo(np.int64).max)
    went = packets["left_ns"] >= 0
    np.minimum.at(left_ns, packet[went], packets["left_ns"].astype(np.int64)[went])

    rtp, frame = np.unique(stamps[first_copy], return_inverse=True)
    closes = np.zeros(len(numbers), dtype=np.bool_)
    closes[packet[packets["marker"] > 0]] = True
    last = np.full(len(rtp), np.iinfo(np.int64).max)
    np.minimum.at(last, frame[closes], numbers[closes])
    # Padding follows a frame under its timestamp: no decoder waits for it.
    needed = numbers <= last[frame]
    numbers, frame = numbers[needed], frame[needed]
    arrived_ns, left_ns = arrived_ns[needed], left_ns[needed]

    order = np.argsort(frame, kind="stable")
    frame, numbers = frame[order], numbers[order]
    arrived_ns, left_ns = arrived_ns[order], left_ns[order]
    starts = np.flatnonzero(np.diff(frame, prepend=-1))
    left = np.maximum.reduceat(left_ns, starts)
    lowest, highest = np.minimum.reduceat(numbers, starts), np.maximum.reduceat(numbers, starts)
    counted = np.diff(starts, append=len(frame))
    return RtpFrames(
        rtp_ms=rtp[frame[starts]] / RTP_KHZ,
        first_ns=np.minimum.reduceat(arrived_ns, starts),
        entered_ns=np.maximum.reduceat(arrived_ns, starts),
        left_ns=np.where(left == np.iinfo(np.int64).max, ABSENT, left),
        absent=highest - lowest + 1 - counted,
    )


def align(frames: RtpFrames, sent_ns: IntArray, out_ns: IntArray) -> IntArray:
    """Return the sender's frame of each encoded frame: an index into ``sent_ns``, -1: none.

    A sender stamps a frame with its own clock of the moment at which it was handed over, from a
    random origin (RFC 3550 5.1): the difference is the same for all frames of a stream. It is
    found by vote. A steady source fits itself when shifted by a frame. An origin under which frames
    came to the link before they were handed over, or came out behind it before they had left it,
    is wrong, and so is one that leaves out what is known to have come out. Of those that remain,
    the one that fits the jitter of the hand-overs best is taken, and where none is better, the one
    under which frames came to the link soonest after they were handed over.

    ``sent_ns``: when the sender's frames were handed to its encoder, ascending. ``out_ns``: when
    each of them came out behind the link, decoded; -1 where it did not, or nothing tells. All -1
    when the timestamps do not follow them.
    """
    nothing = np.full(len(frames), ABSENT, dtype=np.int64)
    if len(frames) < MIN_FRAMES or not len(sent_ns):
        return nothing
    sent_ms = sent_ns / 1e6
    best, best_share, best_spread_ms = nothing, MIN_SHARE, 0.0
    fitted = [
        _fitted(frames, sent_ns, sent_ms, out_ns, offset) for offset in _candidates(frames, sent_ms)
    ]
    came_out = [np.count_nonzero(out_ns[rows[rows != ABSENT]] != ABSENT) for rows, *_ in fitted]
    for (rows, share, spread_ms), count in zip(fitted, came_out, strict=True):
        if count < _OUT_SHARE * max(came_out):
            continue
        as_many = share > best_share - _BETTER and spread_ms < _CLOSER * best_spread_ms
        if share > best_share + _BETTER or as_many:
            best, best_share, best_spread_ms = rows, share, spread_ms
    return best


MIN_FRAMES: Final = 10
MIN_SHARE: Final = 0.8
"""Frames of a stream that must fit one origin, over all of it: SDKs send some of their own."""

TOLERANCE_MS: Final = 2.5
"""libwebrtc stamps with whole milliseconds of the hand-over: frames this close vote alike."""

FIT_MS: Final = 5.0
"""A frame this close to an origin that was voted for fits it: libwebrtc settles on its clock in the
first seconds, and a page on a busy machine tells the hand-over less exactly."""

REACH_NS: Final = 3_000_000_000
"""A frame arrives at the link within this time, or is matched with nothing."""

_VOTERS: Final = 200
_BETTER: Final = 0.02  # a share must be better by this to beat an origin that is nearer
_CLOSER: Final = 0.8  # a spread must be smaller by this factor to beat an origin that is nearer
_CLUSTER_MS: Final = 2 * TOLERANCE_MS
_OUT_SHARE: Final = 0.5  # of the most frames known to have come out that any origin accounts for


def _candidates(frames: RtpFrames, sent_ms: FloatArray) -> list[float]:
    """Origins that many frames agree on, the one nearest in time to the arrivals first."""
    votes = []
    for index in np.unique(np.linspace(0, len(frames) - 1, _VOTERS).astype(int)):
        first_ms = frames.first_ns[index] / 1e6
        low, high = np.searchsorted(sent_ms, [first_ms - REACH_NS / 1e6, first_ms])
        votes.append(frames.rtp_ms[index] - sent_ms[low:high])
    all_votes = np.sort(np.concatenate(votes)) if votes else np.empty(0)
    if not len(all_votes):
        return []
    near = np.searchsorted(all_votes, all_votes + 2 * TOLERANCE_MS) - np.arange(len(all_votes))
    strong = np.flatnonzero(near >= MIN_SHARE * near.max())
    groups = np.split(strong, np.flatnonzero(np.diff(all_votes[strong]) > _CLUSTER_MS) + 1)
    centres = []
    for group in groups:
        peak = group[int(np.argmax(near[group]))]
        centres.append(float(np.median(all_votes[peak : peak + near[peak]])))
    return sorted(centres)  # a smaller origin means a later hand-over


def _fitted(
    frames: RtpFrames, sent_ns: IntArray, sent_ms: FloatArray, out_ns: IntArray, offset: float
) -> tuple[IntArray, float, float]:
    """The rows that fit an origin, their share, and the spread of what is left unexplained.

    A frame cannot come before it was sent, nor leave after it has come out.
    """
    wanted = frames.rtp_ms - offset
    after = np.clip(np.searchsorted(sent_ms, wanted), 1, max(1, len(sent_ms) - 1))
    before = after - 1
    after = np.minimum(after, len(sent_ms) - 1)
    nearer = np.abs(sent_ms[after] - wanted) < np.abs(sent_ms[before] - wanted)
    rows = np.where(nearer, after, before)
    fits = np.abs(sent_ms[rows] - wanted) <= FIT_MS
    fits &= frames.first_ns >= sent_ns[rows]
    fits &= (out_ns[rows] == ABSENT) | (frames.left_ns <= out_ns[rows])
    # Two frames of one sender never share a capture: the second is something else.
    _, once = np.unique(rows[fits], return_index=True)
    kept = np.flatnonzero(fits)[once]
    result = np.full(len(frames), ABSENT, dtype=np.int64)
    result[kept] = rows[kept]
    left_over = sent_ms[rows[kept]] - wanted[kept]
    return result, len(kept) / len(frames), float(left_over.std()) if len(kept) else 0.0
