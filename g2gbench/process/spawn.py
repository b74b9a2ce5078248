"""The outside of a child process: start it, hear it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from g2gbench.errors import FaultError

log = logging.getLogger(__name__)
_LINE_LIMIT = 1 << 20
TERM_GRACE_S = 6.0
KILL_GRACE_S = 1.0


class ChildLost(FaultError):  # noqa: N818 - says what happened
    """A child process ended when it should not have, or never became ready."""


class Child:
    """One child process, known by the pid that was recorded when it was started.

    ``on_line`` gets each line but the one that says that it is ready; by default it hands the
    parsed message to ``on_message``. ``on_end`` gets the exit status when all was delivered;
    ``ended`` is set then.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, ready: str = "") -> None:
        self.name = name
        self._says_ready = ready
        self.ended = asyncio.Event()
        self.on_line: Callable[[str], None] = self._parse
        self.on_message: Callable[[dict[str, Any]], None] = lambda _: None
        self.on_end: Callable[[int], None] = lambda _: None
        self._process = process
        self._ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.ensure_future(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        module: str,
        plan: Mapping[str, Any],
        log_path: Path | None = None,
        *,
        ready: str = "",
    ) -> Child:
        """Start ``python -m module`` with its plan on stdin.

        Args:
            name: what messages call it.
            module: a module whose ``__main__`` calls ``process.child.run``.
            plan: JSON-serialisable; may hold secrets: it is on no command line.
            log_path: file for its stderr; None: the parent's own stderr.
            ready: the key of the message that says that it is ready; "": the first message is it.

        """
        with contextlib.ExitStack() as stack:
            error = stack.enter_context(log_path.open("ab")) if log_path else None
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=error,
                limit=_LINE_LIMIT,
                env=dict(os.environ),
                start_new_session=True,  # Ctrl-C reaches the parent alone: it ends the others
            )
        child = cls(name, process, ready)
        child.tell(plan)
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.returncode

    async def ready(self, seconds: float) -> dict[str, Any]:
        """The message that says that it is ready, or its ``error``.

        Raises ChildLost when none comes in time.
        """
        try:
            # Not wait_for: it swallows a cancellation that comes together with the message, and a
            # trial whose time is over would go on.
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            raise ChildLost(f"the {self.name} process was not ready after {seconds:g} s") from None

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send one command; a child that is gone hears nothing."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self, grace_s: float = TERM_GRACE_S) -> int:
        """End it: close its stdin, after ``grace_s`` SIGTERM, then SIGKILL. The exit status."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        steps: tuple[tuple[Callable[[], None] | None, float], ...] = (
            (None, grace_s),
            (self._process.terminate, KILL_GRACE_S),
            (self._process.kill, KILL_GRACE_S),
        )
        for insist, grace in steps:
            if insist is not None:
                with contextlib.suppress(ProcessLookupError):
                    insist()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), grace)
                break
        return self._process.returncode if self._process.returncode is not None else -9

    def _parse(self, line: str) -> None:
        message = self._message(line)
        if message is not None:
            self.on_message(message)

    def _message(self, line: str) -> dict[str, Any] | None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if isinstance(message, dict):
            return message
        log.warning("the %s process said something that is no message", self.name)
        return None

    def _heard(self, line: str) -> None:
        if not self._ready.done():
            message = self._message(line)
            if message is None:
                return
            if not self._says_ready or self._says_ready in message or "error" in message:
                self._ready.set_result(message)
                return
        self.on_line(line)

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None:
                line = await stdout.readline()
                if not line:
                    break
                self._heard(line.decode("utf-8", "replace").rstrip("\n"))
        finally:
            status = await self._process.wait()
            if not self._ready.done():
                self._ready.set_exception(
                    ChildLost(
                        f"the {self.name} process ended ({describe(status)}) before it was ready"
                    )
                )
                self._ready.exception()  # nobody may be waiting
            self.ended.set()
            self.on_end(status)


def describe(status: int) -> str:
    """An exit status in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"
