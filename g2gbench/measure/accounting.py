"""Counts of frames at each stage, so that a loss shows between two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger
from g2gbench.measure.records import ServiceFrame
from g2gbench.measure.stats import last_number

STAGES: Final = (
    "captured",
    "source",
    "encoded",
    "service_received",
    "service_sent",
    "decoded",
    "returned",
    "read",
)
"""Captured and accepted -> in the SDK's source -> encoded -> at the worker -> sent on by it ->
decoded by the client -> handed to the application -> with a readable marker."""


@dataclass(frozen=True, slots=True)
class StageCount:
    """Frames that a stage had, and how many fewer than the stage before it that could be counted.

    ``count`` is None, with the ``reason``, when nothing counted the stage. ``lost`` is negative
    when a stage had more: a service that repeats frames sends more than it received, and the SDK
    sends black frames of its own until the first one is there. What is between two stages when the
    count ends, such as the frames that the model holds, counts as lost to the second.
    """

    stage: str
    count: int | None
    lost: int | None
    reason: str = ""


def accounting(
    session: Session, ledger: Ledger, service_frames: Sequence[ServiceFrame] = ()
) -> tuple[StageCount, ...]:
    """The stages of the whole session in the order of the way.

    Everything is counted up to the last snapshot of the statistics, so that a stage that tells its
    count once a second is not blamed for the frames that came after.
    """
    until_ns = session.stats[-1].at_ns if session.stats else session.end_ns
    seen_by_then = session.seen.received_ns <= until_ns
    counts: dict[str, int | None] = {
        "captured": int(
            np.count_nonzero(session.captured.accepted & (session.captured.captured_ns <= until_ns))
        ),
        "source": _whole(last_number(session.stats, "source.frames")),
        "encoded": _whole(last_number(session.stats, "outbound.frames_encoded")),
        "service_received": None,
        "service_sent": None,
        "decoded": _whole(last_number(session.stats, "inbound.frames_decoded")),
        "returned": int(np.count_nonzero(seen_by_then)),
        "read": int(np.count_nonzero(seen_by_then & (session.seen.reading == 0))),
    }
    if service_frames:
        counts["service_received"] = sum(f.received_ns <= until_ns for f in service_frames)
        counts["service_sent"] = sum(
            f.sent_ns is not None and f.sent_ns <= until_ns and not f.dropped
            for f in service_frames
        )
    stages: list[StageCount] = []
    before: int | None = None
    for stage in STAGES:
        count = counts[stage]
        lost = None if before is None or count is None else before - count
        stages.append(StageCount(stage, count, lost, "" if count is not None else _reason(stage)))
        before = count if count is not None else before
    return tuple(stages)


def _reason(stage: str) -> str:
    if stage.startswith("service"):
        return "the service keeps no frame log here"
    return "the statistics do not tell it"


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
