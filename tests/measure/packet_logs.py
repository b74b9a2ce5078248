"""Packet logs made by hand: what a link would have written of given frames."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from g2gbench.measure.packets import DIRECTIONS, FATES, KINDS, PACKET, Packets

MS = 1_000_000
ORIGIN_MS = 47_721_858.0  # 90 * this lies a second before the wrap of 32 bits
PER_FRAME = 3
SIZE = 1100


def packet(
    arrived_ns: int,
    *,
    through_ms: float | None = 20.0,
    fate: str = "passed",
    late_ms: float = 0.0,
    kind: str = "rtp",
    direction: str = "uplink",
    timestamp: int = 0,
    sequence: int = 0,
    marker: bool = False,
    ssrc: int = 7,
    size: int = SIZE,
) -> tuple[int, ...]:
    """One record in the order of ``PACKET``; ``through_ms`` None: it never left."""
    due = -1 if through_ms is None else arrived_ns + round(through_ms * MS)
    left = -1 if through_ms is None else due + round(late_ms * MS)
    codes = (DIRECTIONS.index(direction), KINDS.index(kind), FATES.index(fate))
    stamp = timestamp % 2**32
    return (arrived_ns, due, left, stamp, ssrc, size, sequence % 2**16, 96, int(marker), *codes)


def log(records: Iterable[tuple[int, ...]]) -> Packets:
    """The records as a log."""
    return np.array(list(records), dtype=PACKET)


def stream(
    sent_ns: Sequence[int] | npt.NDArray[np.int64],
    *,
    direction: str = "uplink",
    after_ms: float = 4.0,
    through_ms: float = 20.0,
    skipped: Collection[int] = (),
    lost: Mapping[int, int] | Collection[int] = (),
    again_ms: float | None = None,
    holes: Collection[int] = (),
    padded: Collection[int] = (),
    ssrc: int = 7,
    origin_ms: float = ORIGIN_MS,
) -> list[tuple[int, ...]]:
    """Packets of frames that were handed to an encoder at ``sent_ns``, three a frame.

    ``skipped`` frames were never encoded. Of ``lost`` frames the link dropped the second packet,
    which is sent again after ``again_ms``. The second packet of ``holes`` never came to the link.
    Behind ``padded`` frames comes padding under their timestamp that the link dropped.
    """
    records = []
    sequence = 65_500
    for index, at_ns in enumerate(int(at) for at in sent_ns):
        if index in skipped:
            continue
        stamp = int((at_ns / 1e6 + origin_ms) // 1 * 90)
        for number in range(PER_FRAME):
            arrived = at_ns + round(after_ms * MS) + number * MS // 10
            common: dict[str, Any] = {
                "direction": direction,
                "timestamp": stamp,
                "sequence": sequence,
                "ssrc": ssrc,
                "marker": number == PER_FRAME - 1,
            }
            sequence += 1
            if number == 1 and index in holes:
                continue
            if number == 1 and index in lost:
                records.append(packet(arrived, through_ms=None, fate="loss", **common))
                if again_ms is not None:
                    again = arrived + round(again_ms * MS)
                    records.append(packet(again, through_ms=through_ms, **common))
                continue
            records.append(packet(arrived, through_ms=through_ms, **common))
        if index in padded:
            late = at_ns + round((after_ms + 5) * MS)
            extra: dict[str, Any] = {
                "direction": direction,
                "timestamp": stamp,
                "ssrc": ssrc,
                "size": 255,
            }
            records.append(packet(late, through_ms=None, fate="loss", sequence=sequence, **extra))
            sequence += 1
    return sorted(records)
