"""What making a frame costs, beside the floor: one numpy copy of as many bytes.

``python -m pytest tests/benchmarks/test_source_speed.py --benchmark-columns=median,max,rounds``
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from g2gbench.sources import CONTENTS, SyntheticSource

WIDTH, HEIGHT = 1088, 624


@pytest.mark.parametrize("contender", [*CONTENTS, "floor"])
def test_render(benchmark: BenchmarkFixture, contender: str) -> None:
    benchmark.group = f"render {WIDTH}x{HEIGHT}"
    buffer = np.zeros(WIDTH * HEIGHT * 3 // 2, np.uint8)
    if contender == "floor":
        other = np.ones_like(buffer)
        benchmark.pedantic(  # type: ignore[no-untyped-call] # the plugin's
            lambda: np.copyto(buffer, other), rounds=300, warmup_rounds=5
        )
    else:
        source = SyntheticSource(contender, WIDTH, HEIGHT, 30, 7)
        numbers = itertools.count()
        benchmark.pedantic(  # type: ignore[no-untyped-call] # the plugin's
            lambda: source.render(next(numbers), buffer), rounds=300, warmup_rounds=5
        )
    assert buffer.any()


@pytest.mark.parametrize("content", CONTENTS)
def test_construct(benchmark: BenchmarkFixture, content: str) -> None:
    benchmark.group = f"construct {WIDTH}x{HEIGHT}"
    source = benchmark.pedantic(  # type: ignore[no-untyped-call] # the plugin's
        SyntheticSource, args=(content, WIDTH, HEIGHT, 30, 7), rounds=3
    )
    assert source.frame_size == WIDTH * HEIGHT * 3 // 2
