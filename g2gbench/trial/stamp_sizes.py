"""The sizes at which what comes back may have been stamped, and how the one found is told."""

from __future__ import annotations

from typing import Any

from g2gbench.realtime.stamp_size import Size
from g2gbench.trial.plan import AS_CAPTURED


def stamped_size(plan: dict[str, Any], captured: tuple[int, int]) -> Size:
    """(width, height) at which what comes back was stamped; None: only the target knows."""
    size = plan["stamped_size"]
    if size == AS_CAPTURED:
        return captured
    return (size[0], size[1]) if size else None


def sizes_to_try(expected: Size, captured: tuple[int, int]) -> tuple[Size, ...]:
    """What the target is known to stamp at, then as it was captured, then the protocol's own."""
    return tuple(dict.fromkeys((expected, captured, None)))


def corner_size(expected: Size, captured: tuple[int, int]) -> Size:
    """The size whose marker takes most of a picture, so that any of them lies in a page's corner.

    None, for the protocol's own, takes more than any.
    """
    if expected is None:
        return None
    return min(expected[0], captured[0]), min(expected[1], captured[1])


def told_size(size: Size) -> dict[str, int | bool]:
    """The facts of an event that says which size holds."""
    if size is None:
        return {"protocol": True}
    return {"width": size[0], "height": size[1]}
