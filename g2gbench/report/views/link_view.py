"""View of a trial's link over time: bitrate in both directions, and dropped packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure.packets import DIRECTIONS, DROPPING, FATES, KINDS, Packets
from g2gbench.report.views.series import session_of, step_of
from g2gbench.store.reading import Trial
from g2gbench.store.trial_directory import stored_packets

FloatArray = npt.NDArray[np.float64]

STEP_S: Final = 0.5
"""Over so long a bitrate is taken and dropped packets are counted, unless the session is long."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """The link over time; seconds as in ``Series``.

    ``edges_s``: shape (n + 1,). ``mbps`` and ``dropped``, by direction, shape (n,): media at the
    client's end of the link, and packets of any kind that it dropped.
    """

    edges_s: FloatArray
    mbps: dict[str, FloatArray]
    dropped: dict[str, FloatArray]

    @property
    def step_s(self) -> float:
        """The length of an interval."""
        return float(self.edges_s[1] - self.edges_s[0])

    @property
    def drops(self) -> dict[str, int]:
        """Packets dropped in each direction in the time that is shown."""
        return {direction: int(counts.sum()) for direction, counts in self.dropped.items()}


def packets_of(trial: Trial) -> Packets | None:
    """The link's log of a trial; None where there was no link."""
    if trial.rebuilt:
        return trial.recorded.packets
    return stored_packets(trial.path)


def link_view(trial: Trial, begin_s: float, end_s: float) -> LinkView | None:
    """The view between two moments; None without a log, or where the warm-up was never over."""
    packets, steady_ns = packets_of(trial), session_of(trial).steady_ns
    if packets is None or not len(packets) or steady_ns is None:
        return None
    step_s = STEP_S * step_of(begin_s, end_s)
    # The last step is a whole one: half a step would show half of its packets.
    edges = np.arange(np.floor(begin_s / step_s), np.floor(end_s / step_s) + 1) * step_s
    if len(edges) < 3:
        return None
    dropping = [FATES.index(fate) for fate in DROPPING]
    mbps, dropped = {}, {}
    for code, direction in enumerate(DIRECTIONS):
        mine = packets[packets["direction"] == code]
        media = mine[mine["kind"] == KINDS.index("rtp")]
        at_ns = media["arrived_ns" if direction == "uplink" else "left_ns"].astype(np.int64)
        there = at_ns >= 0
        at_s = (at_ns[there] - steady_ns[0]) / 1e9
        size, _ = np.histogram(at_s, edges, weights=media["size"][there].astype(np.float64))
        mbps[direction] = size * 8 / 1e6 / step_s
        lost = mine[np.isin(mine["fate"], dropping)]
        counts, _ = np.histogram((lost["arrived_ns"].astype(np.int64) - steady_ns[0]) / 1e9, edges)
        dropped[direction] = counts.astype(np.float64)
    return LinkView(edges, mbps, dropped)
