"""The link's own view below a trial's latency: its bitrate and the packets that it dropped."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from g2gbench.report.figures.drawing import FloatArray, scaled_from_zero, steps
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.numbers import plural
from g2gbench.report.views.link_view import LinkView

BITRATE: Final = ("media at the link", "Mbps, dashed: downlink")
"""Title and unit of the panel."""


def words(link: LinkView) -> str:
    """Return the link's drops in one sentence."""
    drops = link.drops
    if not any(drops.values()):
        return "The link dropped no packet."
    parts = [f"{plural(count, 'packet')} of the {name}" for name, count in drops.items() if count]
    return f"The link dropped {' and '.join(parts)}."


def bitrate(axes: Axes, link: LinkView) -> None:
    """Media that came from the client and went to it."""
    _up(axes, link.edges_s, link.mbps["uplink"])
    _down(axes, link.edges_s, link.mbps["downlink"])
    scaled_from_zero(axes, 1.1 * max(float(np.max(values)) for values in link.mbps.values()), 2)


def drops_title(link: LinkView) -> tuple[str, str]:
    """Title and unit: of both directions, or of the one that lost packets."""
    dropping = [name for name, count in link.drops.items() if count]
    direction = "dashed: downlink" if len(dropping) > 1 else dropping[0]
    return "dropped by the link", f"per {link.step_s:g} s, {direction}"


def drops(axes: Axes, link: LinkView) -> None:
    """Packets that the link dropped, in each direction that lost any."""
    several = all(link.drops.values())
    for name, counts in link.dropped.items():
        if link.drops[name]:
            draw = _down if several and name == "downlink" else _up
            draw(axes, link.edges_s, counts)
    scaled_from_zero(axes, 1.1 * max(float(np.max(counts)) for counts in link.dropped.values()), 2)


def _up(axes: Axes, edges: FloatArray, values: FloatArray) -> None:
    ends = np.append(values, values[-1])
    axes.fill_between(edges, ends, step="post", color=LIGHT["network"], alpha=0.22, lw=0)
    steps(axes, edges, values, color=LIGHT["network"], lw=1.8)


def _down(axes: Axes, edges: FloatArray, values: FloatArray) -> None:
    steps(axes, edges, values, color=LIGHT["ink"], lw=1.1, ls=(0, (3, 1.6)))
