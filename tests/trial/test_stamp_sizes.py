from __future__ import annotations

from typing import Any

import pytest

from g2gbench.realtime.stamp_size import AS_CAPTURED
from g2gbench.trial.stamp_sizes import corner_size, sizes_to_try, stamped_size, told_size

MODEL, CAPTURED = (1280, 704), (640, 360)


def plan(stamped: Any, captured: tuple[int, int] = CAPTURED) -> dict[str, Any]:
    return {
        "stamped_size": stamped,
        "source": {"width": captured[0], "height": captured[1]},
    }


@pytest.mark.parametrize(
    ("stamped", "size"), [(AS_CAPTURED, CAPTURED), (list(MODEL), MODEL), (None, None)]
)
def test_the_expected_size_is_the_plans(stamped: Any, size: tuple[int, int] | None) -> None:
    assert stamped_size(plan(stamped), CAPTURED) == size


def test_each_size_is_tried_once_the_models_first() -> None:
    assert sizes_to_try(MODEL, CAPTURED) == (MODEL, CAPTURED, None)
    assert sizes_to_try(CAPTURED, CAPTURED) == (CAPTURED, None)
    assert sizes_to_try(None, CAPTURED) == (None, CAPTURED)


def test_a_pages_corner_holds_the_marker_of_either_size() -> None:
    assert corner_size(plan(list(MODEL))) == CAPTURED
    assert corner_size(plan([640, 704], (1280, 360))) == (640, 360)
    assert corner_size(plan(None)) is None


def test_the_size_that_holds_is_told_with_its_facts() -> None:
    assert told_size(MODEL) == {"width": 1280, "height": 704}
    assert told_size(None) == {"protocol": True}
