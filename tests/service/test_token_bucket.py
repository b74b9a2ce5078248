from __future__ import annotations

from g2gbench.service.token_bucket import TokenBucket

S = 1_000_000_000


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    limit = TokenBucket(10, 3, now_ns=0)
    assert [limit.allows(now_ns=0) for _ in range(4)] == [True, True, True, False]
    assert not limit.allows(now_ns=S // 10 - 1)
    assert limit.allows(now_ns=S // 10)
    assert not limit.allows(now_ns=S // 10)


def test_rest_gives_back_no_more_than_a_burst() -> None:
    limit = TokenBucket(10, 2, now_ns=0)
    assert [limit.allows(now_ns=100 * S) for _ in range(3)] == [True, True, False]


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    limit = TokenBucket(1, 1, now_ns=5 * S)
    assert limit.allows(now_ns=5 * S)
    assert not limit.allows(now_ns=S)
    assert not limit.allows(now_ns=5 * S)
    assert limit.allows(now_ns=6 * S)
