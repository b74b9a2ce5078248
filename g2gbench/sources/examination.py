"""A look at a video file before it is played: whether it can be, and how close its frames come."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import cv2

from g2gbench.errors import InputError

MOST_FPS: Final = 120.0
"""Frames a second, where they come closest: what a scenario may ask of other sources, too."""

_TOLERANCE: Final = 1.05  # times of whole milliseconds
_STRAY: Final = 0.02
_LOOKED_AT: Final = 1200  # frames: 40 s of a video of 30 a second, decoded in a second or two
_CONVERTED: Final = 10
_INTERLACED: Final = "Cannot convert interlaced"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Examination:
    """``peak_fps``: one over the smallest gap between two frames; 0 for a single picture."""

    peak_fps: float


def examine(path: Path) -> Examination:
    """Decode the beginning of a file. Raises InputError where it cannot be played as it is."""
    found, output = _with_stderr(lambda: _look(path))
    if _INTERLACED in output:
        raise InputError(
            f"{path}: its pictures are interlaced, which cannot be decoded here; make them whole: "
            "ffmpeg -i FILE -vf yadif OUT.mp4"
        )
    return found


def open_video(path: Path) -> cv2.VideoCapture:
    """The file, to be read. Raises InputError with the reason why it cannot be."""
    if path.is_dir():
        raise InputError(f"{path}: a directory; name the video in it")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: not a regular file; a video is read again and again")
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: it may not be read by this user")
    # By its whole path: FFmpeg takes what is before a colon in a name for a protocol.
    capture = cv2.VideoCapture(str(path.absolute()))
    if not capture.isOpened():
        raise InputError(f"{path}: no video that can be decoded here")
    return capture


def _look(path: Path) -> Examination:
    capture = open_video(path)
    try:
        times: list[float] = []
        while len(times) < _LOOKED_AT and capture.grab():
            times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
            if len(times) <= _CONVERTED:
                capture.retrieve()  # what cannot be converted says so here alone
    finally:
        capture.release()
    gaps = [after - before for before, after in itertools.pairwise(times) if after > before]
    return Examination(_peak_fps(gaps))


def _peak_fps(gaps_ms: list[float]) -> float:
    if not gaps_ms:
        return 0.0
    peak = 1000 / min(gaps_ms)
    closer = sum(1000 / gap > MOST_FPS * _TOLERANCE for gap in gaps_ms)
    # Times that were written unevenly now and then are no rate.
    return peak if closer > _STRAY * len(gaps_ms) else min(peak, MOST_FPS)


def _with_stderr(work: Callable[[], T]) -> tuple[T, str]:
    """Return the result of ``work``, and native code's standard error meanwhile."""
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            found = work()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        kept.seek(0)
        output = kept.read().decode("utf-8", "replace")
    return found, output
