"""The source that a plan names, and whether it can be had at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from g2gbench.errors import InputError
from g2gbench.realtime.options import FacingMode, MirrorMode
from g2gbench.sources import LiveSource, Source, SyntheticSource
from g2gbench.sources.elsewhere import PAGE_CAMERA, ElsewhereSource

if (
    TYPE_CHECKING
):  # the measured client has the plan, and starts sooner without the scenario's rules
    from g2gbench.scenario import Scenario


def make(plan: Mapping[str, Any], seed: int) -> Source | LiveSource:
    """The source of a client's plan. Raises InputError when it cannot be had."""
    size = (plan["width"], plan["height"])
    if plan["kind"] == PAGE_CAMERA:
        return ElsewhereSource(*size, plan["fps"])
    if plan["kind"] == "synthetic":
        return SyntheticSource(plan["content"], *size, plan["fps"], seed)
    # Decoding needs a library that drawing does without.
    if plan["kind"] == "file":
        from g2gbench.sources.file import FileSource

        return FileSource(Path(plan["path"]), size, plan["fps"])
    from g2gbench.sources.camera import CameraSource

    device = plan["device"] or "0"
    return CameraSource(int(device) if device.isdecimal() else device, size, plan["fps"])


def mirrored(plan: Mapping[str, Any]) -> bool:
    """Whether the source's frames are flipped left to right."""
    return MirrorMode(plan["mirror"]).applies(FacingMode(plan["facing"]))


def check(scenarios: Iterable[Scenario]) -> None:
    """Open every file and camera once, before anything runs. Raises InputError."""
    seen: set[tuple[str, str | None, str | None, float | None]] = set()
    for scenario in scenarios:
        source = scenario.source
        key = (source.kind, source.path, source.device, source.fps)
        if source.kind == "synthetic" or key in seen:
            continue
        seen.add(key)
        width, height = scenario.frame_size
        plan = {**dict(source), "width": width, "height": height}
        try:
            opened = make(plan, scenario.seed)
        except InputError as error:
            raise InputError(f"source: {error}") from error
        close = getattr(opened, "close", None)
        if close is not None:
            close()
