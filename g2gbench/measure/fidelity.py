"""Picture quality of a session: which frames are scored, and what the scores mean.

A picture is matched with its source frame by the number in it, never by search. Two scores are
side by side: that of the delivered frames, each against its own source frame, and that of what was
on display, where a frame that never came is stood in for by the picture that stayed on the screen.
The first alone would flatter a codec that loses its hardest frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

PSNR_CAP_DB: Final = 48.0
"""What identical pictures get, and others at most: as libwebrtc's video quality analyzer."""

SAMPLES_A_SECOND: Final = 10.0
"""Neighbouring frames score alike: more of them tell nothing new."""

MOST_SAMPLES: Final = 400
MOST_BYTES: Final = 128 * 2**20
"""What the pictures of one session may take while they wait to be scored."""

FIRST_RATES: Final = ((3.0, 15.0), (10.0, 5.0))
"""Pictures a second that are kept up to so many seconds after the first frame."""

MOST_FIRST_BYTES: Final = 64 * 2**20
"""What the pictures of the start may take while they wait to be scored."""

FIRST_BUDGET_S: Final = 3.0
"""Time to score them in."""

BUDGET_S: Final = 5.0
"""Time to score them in, once the session has said goodbye; the rest is left out, evenly."""


def psnr_db(mse: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Peak signal-to-noise ratio of 8-bit luma from its mean squared error, capped; NaN stays."""
    with np.errstate(divide="ignore"):  # identical pictures: infinite before the cap
        found: npt.NDArray[np.float64] = 10 * np.log10(255.0**2 / mse)
    return np.minimum(found, PSNR_CAP_DB)


def stride(fps: float, seconds: float, picture_bytes: int) -> int:
    """Every how many frames one is kept, so that all of ``seconds`` fit the bounds above."""
    frames = max(1.0, fps * seconds)
    room = max(1, min(MOST_SAMPLES, MOST_BYTES // max(1, picture_bytes)))
    return max(1, math.ceil(frames / room), math.ceil(fps / SAMPLES_A_SECOND))


def first_times(picture_bytes: int) -> list[float]:
    """When, in seconds after the first frame, pictures of the start are kept.

    Fewer of larger pictures, in proportion, so that all of them fit the bounds above.
    """
    at_s: list[float] = []
    before = 0.0
    for until, rate in FIRST_RATES:
        at_s += [before + i / rate for i in range(round((until - before) * rate))]
        before = until
    room = max(1, min(len(at_s), MOST_FIRST_BYTES // max(1, picture_bytes)))
    return [at_s[i * len(at_s) // room] for i in range(room)]


def passes(size: int) -> Iterator[int]:
    """The places 0 to ``size`` - 1, coarse to fine: stopped at any moment, they are spread evenly.

    Each pass runs forwards, since a file is decoded in order.
    """
    step = 1
    while step * 2 < size:
        step *= 2
    yield from range(0, size, step)
    while step > 1:
        yield from range(step // 2, size, step)
        step //= 2
