"""What each stage of a direction costs, beside the floor: the same packets through a heap alone.

``python -m pytest tests/link/test_emulation_speed.py --benchmark-columns=median,iqr,rounds``
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.link_core import STAGES, WIFI, floor, peak_bytes, stream

PACKETS = 2000


@pytest.mark.parametrize("stage", ["floor", *STAGES])
def test_a_stage(benchmark: BenchmarkFixture, stage: str) -> None:
    benchmark.group = f"{PACKETS} packets through a direction"
    told = benchmark.pedantic(  # type: ignore[no-untyped-call] # the plugin's
        floor if stage == "floor" else lambda packets: stream(STAGES[stage], packets),
        args=(PACKETS,),
        rounds=30,
        warmup_rounds=1,
    )
    assert told >= PACKETS // 2


def test_memory_does_not_grow_with_the_packets() -> None:
    assert peak_bytes(WIFI, 20_000) < 1.2 * peak_bytes(WIFI, 4000)
