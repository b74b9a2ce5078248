"""The source that a plan names, and whether it can be had at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from g2gbench.client.plan import SourcePlan
from g2gbench.errors import InputError
from g2gbench.realtime.options import FacingMode, MirrorMode
from g2gbench.sources import LiveSource, Source, SyntheticSource
from g2gbench.sources.page_camera import PageCameraSource


def make(plan: SourcePlan, seed: int) -> Source | LiveSource:
    """The source of a client's plan. Raises InputError when it cannot be had."""
    size = (plan.width, plan.height)
    # Decoding needs a library that drawing does without.
    if plan.kind == "file":
        from g2gbench.sources.file import FileSource

        return FileSource(Path(plan.path or ""), size, plan.fps)
    fps = plan.fps
    assert fps is not None  # a file alone has a rate of its own
    if plan.kind == "page-camera":
        return PageCameraSource(*size, fps)
    if plan.kind == "synthetic":
        return SyntheticSource(plan.content, *size, fps, seed)
    from g2gbench.sources.camera import CameraSource

    device = plan.device or "0"
    return CameraSource(int(device) if device.isdecimal() else device, size, fps)


def mirrored(plan: SourcePlan) -> bool:
    """Return whether the source's frames are flipped left to right."""
    return MirrorMode(plan.mirror).applies(FacingMode(plan.facing))


def check(plans: Iterable[SourcePlan]) -> None:
    """Open every file and camera once, before anything runs. Raises InputError."""
    for plan in dict.fromkeys(plan for plan in plans if plan.kind != "synthetic"):
        try:
            opened = make(plan, seed=0)
        except InputError as error:
            raise InputError(f"source: {error}") from error
        close = getattr(opened, "close", None)
        if close is not None:
            close()
