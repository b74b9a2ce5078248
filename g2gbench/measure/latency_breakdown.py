"""Breakdown of g2g: the parts of every delivered frame's latency.

The parts of a frame sum to its g2g latency exactly. Neighbouring points that were both recorded
make a part of their own; what lies between points of which one is missing is ``unattributed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import frame_path
from g2gbench.measure.frame_path import FramePath
from g2gbench.measure.journal import ABSENT, IntArray

FloatArray = npt.NDArray[np.float64]

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "encode": "from the capture until the frame's last packet arrives at the uplink: encoder "
        "and pacer of the client",
        "uplink": "from then until its last packet has left the uplink: queue, delay, and waiting "
        "for packets that are sent again",
        "service_decode": "from then until the model worker is handed the frame: room, jitter "
        "buffer and decoder of the service",
        "service": "from then until the model worker hands its picture on",
        "service_encode": "from then until the picture's last packet arrives at the downlink: "
        "encoder and pacer of the service, room",
        "downlink": "from then until its last packet has left the downlink",
        "decode": "from then until the application is handed the picture: jitter buffer and "
        "decoder of the client",
    }
)
"""The parts in the order of the way, each with the points between which it lies."""

UNATTRIBUTED: Final = "unattributed"

DISPLAY: Final = "display"
DISPLAY_MEANING: Final = (
    "from the hand-over of a decoded frame until a callback says that it was presented"
)
"""The part behind g2g, of clients that display: with it, the parts sum to displayed g2g."""


def budget(
    parts_of: FramePath, captured_ns: IntArray, received_ns: IntArray, displayed_ns: IntArray
) -> dict[str, FloatArray]:
    """Each part in ms, by name in the order of the way: arrays of shape (frames,).

    NaN where a part is unknown; ``unattributed`` is what the known parts leave of the frame's g2g
    latency, 0 when they leave nothing. All NaN for frames without ``received_ns``. ``display`` is
    what comes behind it, NaN for frames without ``displayed_ns``.
    """
    at_ns = frame_path.waypoints(parts_of, captured_ns, received_ns)
    known = at_ns != ABSENT
    delivered = known[-1]
    found: dict[str, FloatArray] = {}
    attributed = np.zeros(at_ns.shape[1])
    for index, name in enumerate(PARTS):
        both = known[index] & known[index + 1] & delivered
        part = np.where(both, (at_ns[index + 1] - at_ns[index]) / 1e6, np.nan)
        attributed += np.nan_to_num(part)
        found[name] = part
    whole = (at_ns[-1] - at_ns[0]) / 1e6
    # Points and not remainders of sums: what is fully attributed must leave exactly nothing.
    complete = known.all(axis=0)
    rest = np.where(complete, 0.0, whole - attributed)
    found[UNATTRIBUTED] = np.where(delivered, rest, np.nan)
    shown = delivered & (displayed_ns != ABSENT)
    found[DISPLAY] = np.where(shown, (displayed_ns - at_ns[-1]) / 1e6, np.nan)
    return found
