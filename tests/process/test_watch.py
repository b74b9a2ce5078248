from __future__ import annotations

import asyncio

import pytest

from g2gbench.process.watch import EVERY_S, TOLD_FROM_S, watch

MS = 1_000_000


@pytest.mark.parametrize(("late_ms", "told"), [(0, False), (99, False), (100, True), (500, True)])
async def test_a_loop_that_wakes_late_is_told(late_ms: int, told: bool) -> None:
    assert TOLD_FROM_S == 0.1
    now_ns = 0
    stalls: list[tuple[int, float]] = []

    async def sleep(seconds: float) -> None:
        nonlocal now_ns
        if now_ns:
            raise asyncio.CancelledError
        now_ns += round(seconds * 1e9) + late_ms * MS

    with pytest.raises(asyncio.CancelledError):
        await watch(lambda *stall: stalls.append(stall), clock_ns=lambda: now_ns, sleep=sleep)
    end_ns = round(EVERY_S * 1e9) + late_ms * MS
    assert stalls == ([(end_ns, late_ms / 1e3)] if told else [])
