from __future__ import annotations

from statistics import fmean

import pytest

from g2gbench.link.random_streams import STAGES, uniforms


def test_a_seed_gives_these_values_on_every_machine() -> None:
    draw = uniforms(7, "loss")
    assert [draw() for _ in range(3)] == [
        0.7978591868433563,
        0.053093883256404184,
        0.5913511174298968,
    ]


def test_every_seed_and_stage_has_a_stream_of_its_own() -> None:
    first = {uniforms(seed, stage)() for seed in range(50) for stage in STAGES}
    assert len(first) == 50 * len(STAGES)


def test_draws_lie_strictly_between_0_and_1_and_fill_the_interval() -> None:
    draw = uniforms(1, "jitter")
    values = [draw() for _ in range(20_000)]
    assert 0 < min(values) < 0.001
    assert 0.999 < max(values) < 1
    assert fmean(values) == pytest.approx(0.5, abs=0.01)


def test_an_unknown_stage_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        uniforms(1, "weather")
