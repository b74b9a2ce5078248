"""Waiting within a session that may break meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from g2gbench.errors import G2GBenchError
from g2gbench.measure.records import Cause

T = TypeVar("T")


class SessionFailed(G2GBenchError):  # noqa: N818 - says what happened
    """The session was connected, and broke; ``cause`` is what kind of failure that is."""

    def __init__(self, message: str, cause: Cause = "") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class Stopped(SessionFailed):
    """A person ended the session before anything of it was measured."""


class SessionGuard:
    """Ends every wait of a session when it breaks, with the first reason. On the event loop alone.

    Each wait raises SessionFailed.
    """

    def __init__(self) -> None:
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, error: SessionFailed) -> None:
        """Break the session, unless it is broken or over."""
        if not self._broken.done():
            self._broken.set_exception(error)

    def close(self) -> None:
        """End the guard: from here on nothing breaks the session any more."""
        if self._broken.done():
            self._broken.exception()  # it was raised where it was waited for
        else:
            self._broken.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait so long."""
        await asyncio.wait({self._broken}, timeout=seconds)
        self._check()

    async def until(self, event: asyncio.Event, timeout_s: float) -> bool:
        """Wait for the event for so long; whether it happened."""
        happens = asyncio.ensure_future(event.wait())
        try:
            waits: set[asyncio.Future[Any]] = {happens, self._broken}
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happens.cancel()
        self._check()
        return event.is_set()

    async def result_of(self, work: Coroutine[Any, object, T]) -> T:
        """Return the result of ``work``."""
        task = asyncio.ensure_future(work)
        try:
            waits: set[asyncio.Future[Any]] = {task, self._broken}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._check()
            return await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _check(self) -> None:
        if self._broken.done():
            self._broken.result()
