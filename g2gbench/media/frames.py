"""Frames of a session on either side of the SDK, and what was seen of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from livekit import rtc

from g2gbench.marker import Luma
from g2gbench.marker.examination import Examination


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """A captured frame as it is published: flipped and stamped already.

    ``i420``: width * height * 3 / 2 bytes, Y, U and V planes; a copy of the caller's own.
    """

    i420: bytes = field(repr=False)
    width: int
    height: int
    captured_ns: int


@dataclass(frozen=True, slots=True)
class RemoteFrame:
    """A remote frame as it was handed to the application.

    ``luma``: its Y plane, a read-only (height, width) uint8 view. ``received_ns``: of the monotonic
    clock. ``witness``: the frame id that its metadata trailer carries; None without one.
    ``rtp_timestamp``: where whoever decodes tells it.
    """

    luma: Luma = field(repr=False)
    received_ns: int
    witness: int | None = None
    frame: rtc.VideoFrame | None = field(default=None, repr=False)
    rtp_timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One frame of the source, stamped and handed to the SDK, or refused by it.

    ``frame_id`` counts from 0 and never wraps, ``marker_value`` is what was stamped. ``due_ns`` is
    when the schedule wanted it, ``captured_ns`` when it was stamped, both of the monotonic clock.
    """

    frame_id: int
    marker_value: int
    due_ns: int
    captured_ns: int
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A tick of the schedule, at ``due_ns``, at which the pacer was too late to capture."""

    frame_id: int
    due_ns: int


CaptureEvent: TypeAlias = CapturedFrame | SkippedFrame


@dataclass(frozen=True, slots=True)
class ExaminedFrame:
    """A remote frame whose marker was looked for, and at ``read_ns`` found or not."""

    frame: RemoteFrame
    found: Examination
    read_ns: int
