"""Presented remote frames, and those that never were. Pure.

A page's decoder hands a frame over, and the page puts it on display some time later, or a newer one
in its place. The two come from two callbacks of the browser, and are joined by the frame's RTP
timestamp.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from g2gbench.measure.journal import ABSENT, BoolArray, DisplayedFrames, IntArray, SeenFrames

NEAR_NS: Final = 10_000_000_000
"""Two streams of a session may use the same RTP timestamp; no frame waits for so long."""

REFRESH_HZ: Final = 60
"""How often a headless Chromium presents."""


def displayed_ns(seen: SeenFrames, displayed: DisplayedFrames) -> IntArray:
    """Return when each remote frame was first presented: shape (remote frames,), -1: never."""
    found = np.full(len(seen), ABSENT, dtype=np.int64)
    by_timestamp: dict[int, list[int]] = {}
    for index in np.flatnonzero(seen.rtp_timestamp != ABSENT).tolist():
        by_timestamp.setdefault(int(seen.rtp_timestamp[index]), []).append(index)
    received_ns = seen.received_ns.tolist()
    moments = zip(displayed.displayed_ns.tolist(), displayed.rtp_timestamp.tolist(), strict=True)
    for at_ns, timestamp in moments:
        # The callback may come before the other thread was handed the frame: kept as it is.
        apart = [(abs(at_ns - received_ns[i]), i) for i in by_timestamp.get(timestamp, ())]
        distance, index = min(apart, default=(NEAR_NS, ABSENT))
        if distance < NEAR_NS and found[index] == ABSENT:
            found[index] = at_ns
    return found


def superseded(received_ns: IntArray, displayed_ns: IntArray) -> BoolArray:
    """Decoded frames that were not presented although one that was decoded later has been.

    Both of shape (captured frames,), -1 where the frame did not come, or was not presented. The
    others that were not presented still waited when the session ended.
    """
    shown = displayed_ns != ABSENT
    newest_ns = received_ns[shown].max() if shown.any() else ABSENT
    passed: BoolArray = (received_ns != ABSENT) & ~shown & (received_ns < newest_ns)
    return passed


def locked(fps: float, seconds: float) -> bool:
    """Return whether a source's frames meet the display's ticks at one moment of a tick.

    Then the time until a frame is presented is a matter of how the two clocks happened to start,
    and differs from session to session. A moment that moves through a whole tick in ``seconds``
    leaves no such chance.
    """
    if fps <= 0:
        return False
    ticks = max(1, round(REFRESH_HZ / fps))  # of the display, from one frame to the next
    drift = abs(REFRESH_HZ - ticks * fps)  # ticks a second
    return drift * seconds < 1
