"""The journal's records: what a measured client saw, one JSON object a line, in order.

This is the seam between whatever measures (the native client today, a browser page later) and
everything after it: the parent process appends each line to the trial's ``journal.jsonl`` and the
ledger is built from the journal alone. No SDK object crosses it.

All ``*_ns`` are nanoseconds of the machine's monotonic clock (``time.monotonic_ns``), which every
process of one machine shares.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar, Final, Literal, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Reading: TypeAlias = Literal["ok", "no_marker", "rejected"]


@dataclass(frozen=True, slots=True)
class Started:
    """The measuring process is up; nothing has been connected yet."""

    kind: ClassVar[str] = "started"
    at_ns: int
    wall_time: str  # ISO 8601, UTC; the only wall-clock value in a journal
    client: str  # "native" | "browser"
    marker: str  # "v1" | "v2"
    fps: float
    width: int
    height: int
    versions: dict[str, str] = field(default_factory=dict)
    playout_delay_ms: tuple[int, int] | None = None  # bounds asked for; None: natural
    display: bool = False  # whether Displayed tells what was presented
    max_framerate: float | None = None  # asked of the encoder, 1/s; None: above that of the source
    deadline_ms: float | None = None  # a frame with a larger g2g is late; None: none is


@dataclass(frozen=True, slots=True)
class Reached:
    """The session reached a phase for the first time.

    ``connect`` (the attempt starts: zero of ttff), ``websocket`` (signalling socket open),
    ``room_info``, ``room`` (room connected), ``publish`` (local track published), ``subscribe``
    (remote track subscribed), ``first_packet``, ``first_frame``, ``first_marker`` (end of ttff),
    ``measure`` (warm-up over), ``measured`` (duration over: no frame captured after it counts),
    ``disconnected``.
    """

    kind: ClassVar[str] = "reached"
    at_ns: int
    phase: str


@dataclass(frozen=True, slots=True)
class Captured:
    """One frame of the source, stamped and handed to the SDK (or refused by it)."""

    kind: ClassVar[str] = "captured"
    frame_id: int  # 0, 1, 2 …: never wraps
    seq: int  # as stamped: 16 bits (v1) or 24 bits (v2)
    due_ns: int  # when the absolute schedule wanted it
    captured_ns: int  # stamped; the moment from which g2g counts
    accepted: bool = True  # False: the SDK's source raised, the frame was never published


@dataclass(frozen=True, slots=True)
class Skipped:
    """A tick of the schedule at which no frame was captured because the pacer was too late."""

    kind: ClassVar[str] = "skipped"
    frame_id: int
    due_ns: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One remote frame, as handed to the application."""

    kind: ClassVar[str] = "seen"
    received_ns: int  # first thing on arrival; the moment to which g2g counts
    read_ns: int  # the marker has been read
    seq: int | None  # what the marker says; None unless reading is "ok"
    reading: Reading
    width: int
    height: int
    witness: int | None = None  # frame_id carried by the frame-metadata trailer, where passed on
    rtp_timestamp: int | None = None  # of the decoded frame, 32 bits, where the client tells it


@dataclass(frozen=True, slots=True)
class Displayed:
    """One remote frame was presented: the browser called back after it had put it on display.

    It is the one that was ``Seen`` with this ``rtp_timestamp``. ``presented`` is the browser's
    count of the frames that it gave to its compositor; when it grows by more than one between two
    records, those between were replaced before anything could tell that they were on display.
    """

    kind: ClassVar[str] = "displayed"
    displayed_ns: int  # the clock as it was read in the callback
    rtp_timestamp: int
    presented: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One source frame held against the picture that was shown in its place, after the session.

    ``shown_id`` is ``frame_id`` where the frame itself came back; else the frame did not come, and
    it is the newest one before it that had. ``received_ns`` is that of the shown one's ``Seen``.
    Luma of the source's size, without the marker's block.
    """

    kind: ClassVar[str] = "scored"
    frame_id: int
    shown_id: int
    received_ns: int
    mse: float  # mean squared error, grey levels squared; 0: identical
    ssim: float  # structural similarity, 1: identical


@dataclass(frozen=True, slots=True)
class Stats:
    """A snapshot of WebRTC statistics: cumulative counters and gauges, W3C names in snake_case.

    Keys are ``<part>.<member>`` with part one of ``outbound``, ``remote_inbound``, ``inbound``,
    ``source``, ``pair``; bytes, packets, frames, and seconds as the W3C defines them.
    """

    kind: ClassVar[str] = "stats"
    at_ns: int
    values: dict[str, Scalar]


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds used so far and resident memory of one process, sampled by the parent.

    ``waited_s``: seconds so far that the thread which waited most, from sample to sample, waited
    for a core while it could have run (``process.waiting``); None where the system does not tell.
    """

    kind: ClassVar[str] = "usage"
    at_ns: int
    process: str  # "client" | "link" | "room" | "service" | "worker"
    cpu_s: float
    rss_bytes: int
    waited_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pressure:
    """Seconds so far in which some task of the machine waited for a core (PSI, Linux)."""

    kind: ClassVar[str] = "pressure"
    at_ns: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Event:
    """Anything else worth a line: a prompt, a reconnect, a lost process, an error."""

    kind: ClassVar[str] = "event"
    at_ns: int
    name: str
    detail: dict[str, Scalar] = field(default_factory=dict)


WARMED_UP: Final = "warmed_up"
"""Name of the event that a warm-up without a fixed time is over: its ``seconds``, ``settled``."""

STALL: Final = "stall"
"""Name of the event that ``process`` did not run for ``seconds`` up to the event's moment."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts that a component keeps and tells once, at its end."""

    kind: ClassVar[str] = "counters"
    at_ns: int
    source: str  # "client" | "link" | "room" | "worker" | "machine"
    values: dict[str, int]


Cause: TypeAlias = Literal["", "no_video", "no_marker", "page", "browser", "camera", "codec"]
"""What kind of ending ``failed`` was, where more is known than its message: no video came back, or
none with a readable marker; the page, its browser or the camera is gone; the codec cannot be
encoded here."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The measuring process is done. A journal without it is of a trial that was cut off."""

    kind: ClassVar[str] = "ended"
    at_ns: int
    reason: str  # "complete" | "interrupted" | "unreachable" | "failed" | "fault"
    message: str = ""
    cause: Cause = ""


Record: TypeAlias = (
    Started
    | Reached
    | Captured
    | Skipped
    | Seen
    | Displayed
    | Scored
    | Stats
    | Usage
    | Pressure
    | Event
    | Counters
    | Ended
)
_TYPES: Mapping[str, type[Record]] = {
    t.kind: t
    for t in (
        Started, Reached, Captured, Skipped, Seen, Displayed, Scored, Stats, Usage, Pressure,
        Event, Counters, Ended,
    )
}  # fmt: skip


def encode(record: Record) -> str:
    """One line of JSON, without the newline."""
    return json.dumps({"kind": record.kind, **asdict(record)}, separators=(",", ":"))


def decode(line: str) -> Record:
    """The record of one line.

    Fields that this version does not know are ignored, so that a newer journal stays readable.
    Raises ValueError for anything that is no record: a line cut off by a crash, for example.
    """
    try:
        data = json.loads(line)
        cls = _TYPES[data["kind"]]
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in data.items() if k in known})
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a journal record: {line[:80]!r}") from error


@dataclass(frozen=True, slots=True)
class ServiceFrame:
    """One frame as the model worker handled it: the ground truth of the loopback.

    ``dropped`` is empty for a frame that was sent on, else why it was not: ``superseded`` (a newer
    frame came while the model was busy: an inference server skips to the newest), ``injected`` (a
    fault that was asked for), ``refused`` (the SDK's source raised), ``shutdown``. ``degraded``
    names what a fault that was asked for made of its picture: ``small``, ``coarse``.
    """

    received_ns: int
    number_in: int | None  # as read from the marker; None: unreadable
    witness: int | None  # frame_id of the metadata trailer
    width: int
    height: int
    number_out: int | None = None  # as re-stamped; None: not stamped
    sent_ns: int | None = None
    dropped: str = ""
    degraded: str = ""
