from __future__ import annotations

from dataclasses import replace

import pytest

from g2gbench.client.plan import ClientPlan
from g2gbench.client.stamp_sizes import corner_size, size_facts, sizes_to_try, stamped_size
from g2gbench.scenario import cells
from g2gbench.trial.plan import client_plan, trials
from tests.scenario.texts import scenario

MODEL, CAPTURED = (1280, 704), (640, 360)


def plan(
    stamped: tuple[int, int] | None,
    captured: tuple[int, int] = CAPTURED,
    *,
    restamped: bool = True,
) -> ClientPlan:
    usual = client_plan(trials(cells(scenario()))[0])
    source = replace(usual.source, width=captured[0], height=captured[1])
    return replace(usual, source=source, stamped_size=stamped, pixel_latency=restamped)


@pytest.mark.parametrize("size", [MODEL, None])
def test_where_a_target_stamps_anew_the_expected_size_is_the_plans(
    size: tuple[int, int] | None,
) -> None:
    assert stamped_size(plan(size), CAPTURED) == size


def test_where_none_does_the_expected_size_is_the_captured_one() -> None:
    assert stamped_size(plan(None, restamped=False), CAPTURED) == CAPTURED


def test_each_size_is_tried_once_the_models_first() -> None:
    assert sizes_to_try(MODEL, CAPTURED) == (MODEL, CAPTURED, None)
    assert sizes_to_try(CAPTURED, CAPTURED) == (CAPTURED, None)
    assert sizes_to_try(None, CAPTURED) == (None, CAPTURED)


def test_a_pages_corner_holds_the_marker_of_either_size() -> None:
    assert corner_size(plan(MODEL)) == CAPTURED
    assert corner_size(plan((640, 704), (1280, 360))) == (640, 360)
    assert corner_size(plan(None)) is None


def test_the_size_that_holds_is_told_with_its_facts() -> None:
    assert size_facts(MODEL) == {"width": 1280, "height": 704}
    assert size_facts(None) == {"protocol": True}
