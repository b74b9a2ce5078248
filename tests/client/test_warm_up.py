from __future__ import annotations

from g2gbench.client.settling import Settling
from g2gbench.client.warm_up import EVERY_S, until_settled


class Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns

    async def wait(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


class After(Settling):
    def __init__(self, seconds: float) -> None:
        super().__init__(16)
        self._at_ns = seconds * 1e9

    def settled(self, now_ns: int) -> bool:
        return now_ns >= self._at_ns


async def test_it_ends_when_the_session_has_settled() -> None:
    clock = Clock()
    assert await until_settled(After(4.1), clock.wait, 30.0, clock) == (4.25, True)


async def test_it_ends_at_its_longest() -> None:
    clock = Clock()
    seconds, settled = await until_settled(After(99), clock.wait, 30.0, clock)
    assert not settled
    assert 30.0 <= seconds <= 30.0 + EVERY_S
