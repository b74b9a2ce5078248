"""Picture quality of a session that is over: what was kept, against the source drawn again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np

from g2gbench.client import frame_source, vmaf
from g2gbench.client.frame_sampler import SampledFrame
from g2gbench.client.media import Journal
from g2gbench.client.plan import ClientPlan
from g2gbench.client.psnr_ssim import fitted, score_picture
from g2gbench.errors import InputError
from g2gbench.marker import Luma, Marker
from g2gbench.measure import fidelity
from g2gbench.measure.records import Event, Scalar, Scored
from g2gbench.sources import LiveSource, mirror
from g2gbench.sources.i420 import Layout
from g2gbench.sources.source import Source

log = logging.getLogger(__name__)


async def score_session(
    plan: ClientPlan,
    kept: list[SampledFrame],
    first: list[SampledFrame],
    stride: int,
    marker: Marker,
    first_number: int,
    journal: Journal,
) -> None:
    """Score the pictures that were kept, one of ``stride`` frames, and those of the start.

    Whatever goes wrong is an event with its reason: the session was measured.
    """

    def event(name: str, **detail: Scalar) -> None:
        journal(Event(time.monotonic_ns(), name, detail))

    scored = first_scored = 0
    try:
        source = frame_source.make(plan.source, plan.seed)
        if frame_source.mirrored(plan.source):
            source = mirror.mirrored(source)
        assert not isinstance(source, LiveSource)
        for record in score(kept, source, marker, first_number):
            journal(record)
            scored += 1
            await asyncio.sleep(0)  # the parent may be gone
        for record in score(first, source, marker, first_number, fidelity.FIRST_BUDGET_S):
            journal(record)
            first_scored += 1
            await asyncio.sleep(0)
    except InputError as error:  # a file that was there before
        event("fidelity", reason=f"the source could not be had again: {error}")
        return
    except Exception as error:
        log.exception("pictures could not be compared")
        event("fidelity", reason=f"pictures could not be compared: {error}")
        return
    event(
        "fidelity",
        reason="",
        every=stride,
        kept=len(kept),
        scored=scored,
        first_kept=len(first),
        first_scored=first_scored,
    )
    if not plan.vmaf:
        return
    executable = vmaf.find()
    try:
        if executable is None:
            raise RuntimeError(f"no FFmpeg has it: {vmaf.ENABLE}")
        shown = pairs(kept, source, marker, first_number)
        found = await asyncio.to_thread(vmaf.score, shown, executable)
    except RuntimeError as error:
        event("vmaf", reason=str(error))
    else:
        event("vmaf", reason="", model=vmaf.MODEL, **asdict(found))


def score(
    kept: list[SampledFrame],
    source: Source,
    marker: Marker,
    first_number: int,
    budget_s: float = fidelity.BUDGET_S,
    clock: Callable[[], int] = time.monotonic_ns,
) -> Iterator[Scored]:
    """Hold each against its source frame, until all are done or the budget is spent.

    ``source`` draws them again, as they were published: mirrored where they were.
    """
    draw = _drawn(source, marker, first_number)
    end_ns = clock() + round(budget_s * 1e9)
    ordered = sorted(kept, key=lambda k: k.frame_id)
    for place in fidelity.passes(len(ordered)):
        if clock() > end_ns:
            return
        one = ordered[place]
        found = score_picture(draw(one.frame_id), np.asarray(one.luma))
        yield Scored(one.frame_id, one.shown_id, one.received_ns, found.mse, found.ssim)


def pairs(
    kept: list[SampledFrame], source: Source, marker: Marker, first_number: int
) -> Iterator[tuple[Luma, Luma]]:
    """Source frame and what was on display, in the order of the frames and of one size."""
    draw = _drawn(source, marker, first_number)
    # A frame that came late has two: what was shown in its place, and itself. The first counts.
    by_frame = {one.frame_id: one for one in reversed(kept)}
    for frame_id in sorted(by_frame):
        drawn = draw(frame_id)
        yield drawn, fitted(drawn, np.asarray(by_frame[frame_id].luma))


def _drawn(source: Source, marker: Marker, first_number: int) -> Callable[[int], Luma]:
    """Draws a frame again, into the same memory each time."""
    layout = Layout(source.width, source.height)
    buffer = bytearray(layout.size)
    luma = layout.planes(buffer).y

    def draw(frame_id: int) -> Luma:
        source.render(frame_id, buffer)
        # Near its block the marker blurs into the picture: stamped alike, both do it.
        marker.stamp(luma, (first_number + frame_id) & ((1 << marker.bits) - 1))
        return luma

    return draw
