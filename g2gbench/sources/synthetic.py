"""Videos that are computed: the same picture for the same frame number, on every machine."""

from __future__ import annotations

import numpy as np

from g2gbench.sources.i420 import Buffer, Layout, Plane, Planes
from g2gbench.sources.layers import Layered, Step, lay
from g2gbench.sources.street import Street
from g2gbench.sources.talking_head import TalkingHead
from g2gbench.sources.texture import there_and_back

_NS = 1_000_000_000

CONTENTS: tuple[str, ...] = ("street", "talking-head", "noise", "flat")
"""What a synthetic source can show."""


class Flat:
    """One grey that rises and falls, less than a level a frame at 30 frames a second."""

    period_s = 20.0
    darkest, lightest = 64, 192

    def draw(self, time_s: float, planes: Planes) -> None:
        """Write the picture at a time in seconds since the first frame."""
        wave = there_and_back(time_s / self.period_s)
        planes.y[:] = int(self.darkest + (self.lightest - self.darkest) * wave)
        planes.u[:] = 128
        planes.v[:] = 128


class SyntheticSource:
    """A repeatable video: any frame can be made again, in any order.

    Args:
        content: one of ``CONTENTS``. "street" moves throughout, "talking-head" little; "noise" is
            new in every pixel of every frame, which no encoder can follow; "flat" costs nothing.
        width: pixels, even, from 32.
        height: pixels, even, from 32.
        fps: frames a second, which turn a frame number into a time; above 0.
        seed: from 0; another seed is another scene of the same kind.

    Attributes:
        layered: the layers that its pictures are laid from; None where they are not.

    Raises ValueError for what is not allowed above.
    """

    def __init__(self, content: str, width: int, height: int, fps: float, seed: int) -> None:
        if content not in CONTENTS:
            raise ValueError(f"content is {content!r}; allowed: {', '.join(CONTENTS)}")
        if not 0 < fps <= 1000:
            raise ValueError(f"fps is {fps}; allowed: above 0, up to 1000")
        if seed < 0:
            raise ValueError(f"seed is {seed}; allowed: 0 and above")
        self.content = content
        self.layout = Layout(width, height)
        self._fps = fps
        self._seed = seed
        self.layered = _layered(content, width, height, seed)
        self._flat = Flat()

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.layout.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.layout.height

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._fps

    @property
    def frame_size(self) -> int:
        """Bytes of one picture: what ``render`` writes."""
        return self.layout.size

    def due_ns(self, number: int) -> int:
        """Return when a frame is due, in ns after frame 0."""
        return round(number * _NS / self._fps)

    def render(self, number: int, into: Buffer) -> None:
        """Write frame ``number`` (0 and above) as I420: Y, U and V planes, no padding.

        Raises ValueError when the buffer is not of ``frame_size`` bytes or is read-only, or the
        number is negative.
        """
        if number < 0:
            raise ValueError(f"frame number is {number}; allowed: 0 and above")
        planes = self.layout.planes(into)
        if not planes.y.flags.writeable:
            raise ValueError("the buffer is read-only; a picture is written into it")
        if self.layered is not None:
            lay(self.layered.layers, self.steps(number), planes)
        elif self.content == "noise":
            self._draw_noise(number, planes)
        else:
            self._flat.draw(number / self._fps, planes)

    def steps(self, number: int) -> list[Step]:
        """Return the layers of frame ``number``; raises TypeError where there are none."""
        if self.layered is None:
            raise TypeError(f"{self.content!r} is not laid from layers")
        return self.layered.steps(number / self._fps)

    def luma(self, buffer: Buffer) -> Plane:
        """The Y plane (height, width) of a picture, as a view: what a marker is stamped on."""
        return self.layout.planes(buffer).y

    def _draw_noise(self, number: int, planes: Planes) -> None:
        words = -(-self.layout.size // 8)
        generator = np.random.SFC64(np.random.SeedSequence((self._seed, number)))
        raw = generator.random_raw(words).astype("<u8", copy=False).view(np.uint8)
        fresh = self.layout.planes(raw[: self.layout.size])
        for plane, noise in zip(planes, fresh, strict=True):
            plane[:] = noise


def _layered(content: str, width: int, height: int, seed: int) -> Layered | None:
    """None for what is computed as a whole."""
    if content == "street":
        return Street(width, height, seed)
    return TalkingHead(width, height, seed) if content == "talking-head" else None
