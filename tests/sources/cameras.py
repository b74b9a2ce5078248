"""A camera for tests: a named pipe that pictures are written into, which can be unplugged."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np


class Pipe:
    """Writes pictures, again and again, until it is unplugged or nobody reads."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self.path = path
        self._pictures = [_picture(size, number) for number in range(8)]
        self._pause_s = 1 / fps
        self._unplugged = threading.Event()
        os.mkfifo(path)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """No more pictures but those that are in the pipe."""
        self._unplugged.set()

    def end(self) -> None:
        """Unplug it, and wait for whoever writes."""
        self.unplug()
        self._thread.join(timeout=20)

    def _write(self) -> None:
        while not self._unplugged.is_set():  # whoever opens it once more finds pictures again
            with contextlib.suppress(OSError), self.path.open("wb", buffering=0) as pipe:
                number = 0
                while not self._unplugged.is_set():
                    pipe.write(self._pictures[number % len(self._pictures)])
                    number += 1
                    self._unplugged.wait(self._pause_s)


def _picture(size: tuple[int, int], number: int) -> bytes:
    """Noise, so that a decoder which probes some megabytes has them soon."""
    width, height = size
    noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 98])[1])


@contextlib.contextmanager
def camera(path: Path, size: tuple[int, int] = (640, 360), fps: float = 60) -> Iterator[Pipe]:
    """A camera at a path."""
    pipe = Pipe(path, size, fps)
    try:
        yield pipe
    finally:
        unblock = threading.Thread(target=_read_a_little, args=(path,), daemon=True)
        unblock.start()  # a writer that waits for a reader ends no sooner
        pipe.end()


def _read_a_little(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as pipe:
        while pipe.read(1 << 16):
            pass
