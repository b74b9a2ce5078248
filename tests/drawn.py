"""Hypothesis' examples in two sizes: few in the everyday tests, many in the nightly ones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy


def drawn(
    few: int,
    many: int,
    *arguments: SearchStrategy[Any],
    unchecked: Collection[HealthCheck] = (),
    **named: SearchStrategy[Any],
) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Have a test hold for what the strategies draw, as ``given`` does, in both sizes.

    Its arguments are drawn by their places or by their names, not by both. An ``example`` goes
    below it. ``unchecked``: health checks that are not made.
    """

    def decorate(holds: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.nightly)])
        def test(examples: int) -> None:
            size = settings(max_examples=examples, suppress_health_check=unchecked)
            drawing = given(*arguments) if arguments else given(**named)
            size(drawing(holds))()

        # Not what functools.wraps does: pytest would take the drawn arguments for fixtures.
        test.__name__, test.__qualname__ = holds.__name__, holds.__qualname__
        test.__module__, test.__doc__ = holds.__module__, holds.__doc__
        return test

    return decorate
