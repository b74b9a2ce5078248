"""Waits of a session that end when it breaks."""

from __future__ import annotations

import asyncio

import pytest

from g2gbench.client.session_guard import SessionFailed, SessionGuard

LONG_S = 60.0


async def test_every_wait_ends_with_the_first_reason() -> None:
    guard = SessionGuard()
    never = asyncio.Event()
    cancelled = asyncio.Event()

    async def forever() -> None:
        try:
            await never.wait()
        finally:
            cancelled.set()

    waits = [
        asyncio.ensure_future(wait)
        for wait in (guard.wait(LONG_S), guard.until(never, LONG_S), guard.result_of(forever()))
    ]
    await asyncio.sleep(0)
    guard.fail(SessionFailed("the room is lost", "page"))
    guard.fail(SessionFailed("too late"))
    for result in await asyncio.gather(*waits, return_exceptions=True):
        assert isinstance(result, SessionFailed)
        assert (str(result), result.cause) == ("the room is lost", "page")
    assert cancelled.is_set()


async def test_what_happens_before_is_what_a_wait_gives() -> None:
    guard = SessionGuard()
    event = asyncio.Event()
    assert not await guard.until(event, 0)
    event.set()
    assert await guard.until(event, LONG_S)
    assert await guard.result_of(asyncio.sleep(0, "made")) == "made"
    await guard.wait(0)


async def test_once_it_is_closed_nothing_breaks_it() -> None:
    for broken in (False, True):
        guard = SessionGuard()
        if broken:
            guard.fail(SessionFailed("broken"))
        guard.close()
        guard.fail(SessionFailed("late"))
        with pytest.raises(SessionFailed if broken else asyncio.CancelledError):
            await guard.wait(LONG_S)
