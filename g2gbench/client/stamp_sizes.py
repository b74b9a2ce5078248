"""Sizes at which what comes back may have been stamped, and the event of the one found."""

from __future__ import annotations

from collections.abc import Callable

from g2gbench.client.drain import DrainTracker
from g2gbench.client.plan import ClientPlan
from g2gbench.marker import Marker
from g2gbench.media.stamp_size import Size, StampSize


def finder(
    plan: ClientPlan,
    captured: tuple[int, int],
    marker: Marker,
    drain: DrainTracker,
    told: Callable[..., None],
) -> StampSize:
    """Return the finder of the stamped size; ``told`` is called with the event that names it."""
    return StampSize(
        marker,
        sizes_to_try(stamped_size(plan, captured), captured),
        drain.is_on_its_way,
        lambda size: told("stamp_size", **size_facts(size)),
    )


def stamped_size(plan: ClientPlan, captured: tuple[int, int]) -> Size:
    """The size at which what comes back is taken to be stamped; None: only the target knows."""
    return plan.stamped_size if plan.pixel_latency else captured


def sizes_to_try(expected: Size, captured: tuple[int, int]) -> tuple[Size, ...]:
    """Return the sizes to try: the target's known one, the captured one, the protocol's own."""
    return tuple(dict.fromkeys((expected, captured, None)))


def corner_size(plan: ClientPlan) -> Size:
    """The size whose marker takes most of a picture, so that any of them lies in a page's corner.

    None, for the protocol's own, takes more than any.
    """
    captured = (plan.source.width, plan.source.height)
    expected = stamped_size(plan, captured)
    if expected is None:
        return None
    return min(expected[0], captured[0]), min(expected[1], captured[1])


def size_facts(size: Size) -> dict[str, int | bool]:
    """The facts of an event that says which size holds."""
    if size is None:
        return {"protocol": True}
    return {"width": size[0], "height": size[1]}
