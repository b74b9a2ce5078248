"""Videos from a file: whatever OpenCV can decode, looped."""

from __future__ import annotations

from pathlib import Path

import cv2

from g2gbench.errors import InputError
from g2gbench.sources.examination import MOST_FPS, examine, open_video
from g2gbench.sources.i420 import Buffer, Layout, Sized
from g2gbench.sources.picture import Picture, even, write

_NS = 1_000_000_000
_FPS = 25.0  # of a file that tells neither times nor a rate: a single picture, for example


class FileSource(Sized):
    """A video file, again and again.

    Frames are due at the file's own times, or at a set rate. They are decoded in order; to go back
    is to begin anew.

    Args:
        path: of the file.
        size: (width, height) in pixels, even; the picture is scaled to cover it and cut. None: the
            file's own.
        fps: frames a second; None: as the file's times say.

    Raises InputError for a file that cannot be opened, ValueError for a size that cannot be.
    """

    def __init__(
        self, path: Path, size: tuple[int, int] | None = None, fps: float | None = None
    ) -> None:
        self._path = path
        self._set_fps = fps
        found = examine(path)
        if fps is None and found.peak_fps > MOST_FPS:
            raise InputError(
                f"{path}: its frames come at up to {found.peak_fps:.0f} a second; allowed: at most "
                f"{MOST_FPS:.0f}. Set source.fps to have them come at another rate"
            )
        self._peak_fps = found.peak_fps
        self._capture = open_video(path)
        reported = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._nominal_fps = reported if 0 < reported <= 1000 else _FPS
        picture = self._read()
        if picture is None:
            raise InputError(f"{path}: no picture in it could be decoded")
        self._number = 0
        self._time_ns = self._base_ns = 0
        self._first_ms = self._position_ms()
        self._last_step_ns = round(_NS / self._nominal_fps)
        self._picture = picture
        own_height, own_width = picture.shape[:2]
        self._layout = Layout(*(size or even(own_width, own_height)))

    @property
    def fps(self) -> float:
        """Frames a second: as set, or as the file says."""
        return self._set_fps or self._nominal_fps

    @property
    def peak_fps(self) -> float:
        """Frames a second where they come closest to each other."""
        return max(self.fps, 0.0 if self._set_fps else self._peak_fps)

    def due_ns(self, number: int) -> int:
        """Return when a frame is due, in ns after frame 0."""
        if self._set_fps is not None:
            return round(number * _NS / self._set_fps)
        self._go_to(number)
        return self._time_ns

    def render(self, number: int, into: Buffer) -> None:
        """Write one picture as I420. Raises ValueError for a number below 0."""
        self._go_to(number)
        write(self._picture, self._layout, into)

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _go_to(self, number: int) -> None:
        if number < 0:
            raise ValueError(f"frame number is {number}; allowed: 0 and above")
        if number < self._number:
            self._begin_anew()
            self._number, self._time_ns, self._base_ns = 0, 0, 0
        while self._number < number:
            self._advance()

    def _advance(self) -> None:
        picture = self._read()
        if picture is None:  # the end: the first frame follows the last as that followed its own
            self._base_ns = self._time_ns + self._last_step_ns
            self._begin_anew()
            time_ns = self._base_ns
        else:
            self._picture = picture
            time_ns = self._base_ns + round((self._position_ms() - self._first_ms) * 1e6)
            if time_ns <= self._time_ns:  # a file that tells no times
                time_ns = self._time_ns + round(_NS / self._nominal_fps)
            self._last_step_ns = time_ns - self._time_ns
        self._time_ns = time_ns
        self._number += 1

    def _begin_anew(self) -> None:
        self._capture.release()
        self._capture = open_video(self._path)
        picture = self._read()
        if picture is None:
            raise InputError(f"{self._path}: it could be decoded before, and cannot be any more")
        self._picture = picture

    def _read(self) -> Picture | None:
        there, picture = self._capture.read()
        return picture if there else None  # type: ignore[return-value] # always of uint8

    def _position_ms(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
