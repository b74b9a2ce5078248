"""What a valid trial may not exceed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """What a valid trial may not exceed; a ratio runs from 0 to 1."""

    late_tick_ratio: float = 0.02
    bad_reading_ratio: float = 0.005
    queue_drops: int = 0
    witness_disagreements: int = 0
    witness_shifted_ratio: float = 0.005
    implausible: int = 0
    in_flight_ratio: float = 0.01
    process_cores: float = 0.9
    machine_ratio: float = 0.9
    run_delay_ratio: float = 0.25
    stood_still_s: float = 0.2
    unsettled_g2g_ratio: float = 0.2
    unsettled_g2g_ms: float = 5.0
    unsettled_delivery_ratio: float = 0.2
    unsettled_bitrate_factor: float = 1.5
    backlog_ms: float = 100.0
    link_late_ms: float = 5.0
    link_unseen: int = 0
    bypass_ratio: float = 0.02
    swapped_bytes: int = 0
    clock_step_ms: float = 100.0
    playout_excess_ms: float = 20.0
    playout_shortfall_ms: float = 20.0
    page_clock_ms: float = 1.0
    page_frames: int = 3
    undisplayed_ratio: float = 0.01


LIMITS = Limits()

LIMIT_MEANINGS: Mapping[str, str] = {
    "late_tick_ratio": "ticks of the capture schedule skipped or more than half a frame interval "
    "late, in the steady state",
    "bad_reading_ratio": "remote frames unreadable, misread or with a number that is not "
    "outstanding, over all remote frames since the first readable one of their stream",
    "queue_drops": "frames that the own queues of client or model worker dropped before their "
    "marker was read",
    "witness_disagreements": "frames whose metadata trailer names another frame than the marker",
    "witness_shifted_ratio": "frames with the metadata of a frame after them that never came, over "
    "all frames with metadata: an encoder dropped that one",
    "implausible": "frames that came back before they were captured",
    "in_flight_ratio": "frames of the steady state still on their way at the end, over those "
    "captured: the slow ones are missing",
    "process_cores": "cores that one process of the trial used in the steady state",
    "machine_ratio": "cores that all processes of the trial used together, over the machine's",
    "run_delay_ratio": "time for which the thread of a process that waited most waited for a core "
    "while it could have run, without the first 0.5 ms of each wait, over the steady state",
    "stood_still_s": "longest time for which a process of the trial did not run, of those that "
    "reach into the steady state, in s",
    "unsettled_g2g_ratio": "median g2g of the first second beyond the range of the seconds of the "
    "second half, over their largest, where that is more than the next limit",
    "unsettled_g2g_ms": "the same in ms",
    "unsettled_delivery_ratio": "share of frames delivered of the first second, beyond the range "
    "of the seconds of the second half",
    "unsettled_bitrate_factor": "factor by which the bitrate sent in the first second is beyond "
    "the range of the seconds of the second half",
    "backlog_ms": "frames on their way at the start of the steady state, beyond the range of those "
    "at moments of its second half, in ms of the source's rate",
    "link_late_ms": "99th percentile of how late packets of the steady state left the link, in ms",
    "link_unseen": "packets that the system dropped before the link could read them, or that the "
    "link could not log",
    "bypass_ratio": "media packets that the client counted and that did not pass through the link, "
    "over those it counted",
    "swapped_bytes": "memory that the machine swapped in or out during the trial",
    "clock_step_ms": "step of the wall clock against the monotonic one during the trial, in ms",
    "playout_excess_ms": "mean time from a frame's last packet to its picture beyond the playout "
    "delay asked for, in ms, where the network is not impaired",
    "playout_shortfall_ms": "the same short of the least playout delay asked for, in ms",
    "page_clock_ms": "disagreement of the best exchanges that align a page's clock with this "
    "machine's, in ms",
    "page_frames": "frames by which a page and its browser differ, of those stamped or of those "
    "decoded, from the first statistics of a connection to its last",
    "undisplayed_ratio": "decoded frames of the steady state that still waited for the display at "
    "the end, over those decoded, of a client that displays",
}


def markdown_table() -> str:
    """The limits as the table of docs/method.md."""
    lines = ["| Limit | At most | Of |", "|---|---|---|"]
    for field in fields(LIMITS):
        value = getattr(LIMITS, field.name)
        share = field.name.endswith("_ratio")
        lines.append(
            f"| `{field.name}` | {f'{value:.1%}' if share else f'{value:g}'} | "
            f"{LIMIT_MEANINGS[field.name]} |"
        )
    return "\n".join(lines)
