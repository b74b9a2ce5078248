"""Checks of a page's count of frames against its browser's. Pure.

A page stamps each frame that it hands to its track, and reads each one that its browser decoded.
The browser counts both as well (``media-source.frames``, ``inbound-rtp.framesDecoded``). Frames
that one of them has and the other has not were lost, or made, by the instrument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from g2gbench.measure.journal import IntArray, Session
from g2gbench.measure.records import Stats
from g2gbench.measure.stats import number

STAMPED: Final = "source.frames"
DECODED: Final = "inbound.frames_decoded"
_LIMITATION: Final = "outbound.quality_limitation_reason"
_RENEWALS: Final = frozenset({"state", "reconnect", "remote_stream"})
"""Events around which a connection is made anew, whose counters begin anew."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Frames of a stretch of the session as the page and as its browser count them."""

    page: int
    browser: int

    @property
    def apart(self) -> int:
        """By how many they differ."""
        return abs(self.page - self.browser)


def stamped(session: Session) -> Counted | None:
    """The stretch in which frames stamped and frames of the track's source are furthest apart.

    None where nothing can be compared. A browser that is asked to send fewer frames than the source
    has, or that its bandwidth estimate or its encoder's load limits, leaves frames out before it
    counts them: that is what it does to a user's too, and proves nothing.
    """
    started, captured = session.started, session.captured
    if started is None or (started.max_framerate or started.fps) < started.fps:
        return None
    free = [s for s in session.stats if s.values.get(_LIMITATION) in (None, "none")]
    return _furthest(session, STAMPED, captured.captured_ns[captured.accepted], free)


def read(session: Session) -> Counted | None:
    """The stretch in which frames read and frames decoded are furthest apart; None: as above."""
    return _furthest(session, DECODED, session.seen.received_ns, session.stats)


def _furthest(
    session: Session, key: str, times_ns: IntArray, usable: Sequence[Stats]
) -> Counted | None:
    """Between two counters, frames are those of the page in the same time.

    A stretch ends where a counter began anew, is missing, or is not ``usable``; what differs at its
    end counts, since what differs within may only have waited.
    """
    fit = {s.at_ns: count for s in usable if (count := number(s.values.get(key))) is not None}
    renewed_ns = [e.at_ns for e in session.events if e.name in _RENEWALS]
    stretches = [Counted(0, 0)]
    for before, after in pairwise(session.stats):
        begun, ended = fit.get(before.at_ns), fit.get(after.at_ns)
        anew = any(before.at_ns < at_ns <= after.at_ns for at_ns in renewed_ns)
        if begun is None or ended is None or ended < begun or anew:
            stretches.append(Counted(0, 0))
            continue
        first, last = np.searchsorted(times_ns, (before.at_ns, after.at_ns), side="right")
        so_far = stretches[-1]
        stretches[-1] = Counted(
            so_far.page + int(last - first), so_far.browser + int(ended - begun)
        )
    furthest = max(stretches, key=lambda one: (one.apart, one.browser))
    return furthest if furthest.browser or furthest.page else None
