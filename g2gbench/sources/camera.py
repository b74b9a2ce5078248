"""A camera: it sets the pace, and may be unplugged."""

from __future__ import annotations

import time

import cv2

from g2gbench.errors import InputError
from g2gbench.sources.i420 import Buffer, Layout, Sized
from g2gbench.sources.picture import even, write


class CameraSource(Sized):
    """A camera by its index or path, at the size and rate that it agrees to.

    Args:
        device: 0, 1, … or a path, ``/dev/video0`` for example.
        size: (width, height) that is asked for; None: the camera's own choice.
        fps: frames a second that are asked for; None: the camera's own choice.

    Raises InputError, saying what to do, when there is no such camera or it gives no picture.
    """

    def __init__(
        self, device: int | str, size: tuple[int, int] | None = None, fps: float | None = None
    ) -> None:
        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            raise InputError(
                f"there is no camera {device} here, or it is in use: plug one in, close what uses "
                "it, or choose another device; `g2gbench doctor` lists the cameras"
            )
        if size is not None:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        if fps is not None:
            self._capture.set(cv2.CAP_PROP_FPS, fps)
        there, picture = self._capture.read()
        if not there:
            self._capture.release()
            raise InputError(f"the camera {device} gives no picture; see whether it is in use")
        height, width = picture.shape[:2]
        self._layout = Layout(*even(width, height))
        reported = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._fps = reported if 0 < reported <= 1000 else fps or 30.0
        self.agreed: dict[str, str | int | float | bool | None] = {
            "device": str(device),
            "width": width,
            "height": height,
            "fps": self._fps,
            "asked_width": size[0] if size else None,
            "asked_height": size[1] if size else None,
            "asked_fps": fps,
            "backend": self._capture.getBackendName(),
        }

    @property
    def fps(self) -> float:
        """Frames a second, as the camera says."""
        return self._fps

    def capture(self, into: Buffer) -> int | None:
        """Wait for the next picture and write it as I420; when it came, ns of the monotonic clock.

        None when the camera is gone.
        """
        if not self._capture.grab():
            return None
        came_ns = time.monotonic_ns()
        there, picture = self._capture.retrieve()
        if not there:
            return None
        write(picture, self._layout, into)  # type: ignore[arg-type] # always of uint8
        return came_ns

    def close(self) -> None:
        """Give the camera back."""
        self._capture.release()
