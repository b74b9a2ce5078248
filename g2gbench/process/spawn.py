"""The outside of a child process: start it, read it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from g2gbench.errors import FaultError
from g2gbench.process import environment
from g2gbench.process.message import Failed, Lost, Message, Stalled, from_json
from g2gbench.secrecy import without_credentials

log = logging.getLogger(__name__)
_LINE_LIMIT = 1 << 20
TERM_GRACE_S = 6.0
KILL_GRACE_S = 1.0
_LAST_BYTES = 4096
_LAST_CHARACTERS = 300
R = TypeVar("R", bound=Message)


class ChildLost(FaultError):  # noqa: N818 - says what happened
    """A child process ended when it should not have, or never became ready.

    ``reason``: the one that it gave itself, where it did.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Log:
    """A child's part of a log file, which begins at a byte of it."""

    path: Path
    begins: int

    def last_line(self) -> str:
        """The last line that says something; empty where there is none."""
        try:
            with self.path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(self.begins, end - _LAST_BYTES))
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        written = [line.strip() for line in lines if line.strip()]
        return without_credentials(written[-1][:_LAST_CHARACTERS]) if written else ""


class Child(Generic[R]):
    """One child process, known by the pid that was recorded when it was started.

    ``on_line`` gets each line but the answer that it is ready; by default it hands the message of
    the line to ``on_message``. ``on_end`` gets the exit status when all was delivered;
    ``ended`` is set then.
    """

    def __init__(
        self,
        name: str,
        process: asyncio.subprocess.Process,
        ready: type[R],
        answers: Sequence[type[Message]] = (),
        log: _Log | None = None,
    ) -> None:
        self.name = name
        self._log = log
        self._ready_kind = ready
        self._kinds = (ready, Failed, Lost, Stalled, *answers)
        self.ended = asyncio.Event()
        self.on_line: Callable[[str], None] = self._parse
        self.on_message: Callable[[Message], None] = lambda _: None
        self.on_end: Callable[[int], None] = lambda _: None
        self._process = process
        self._ready: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.ensure_future(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        module: str,
        plan: Message | None,
        log_path: Path | None = None,
        reaches: Iterable[str] = (),
        *,
        ready: type[R],
        answers: Sequence[type[Message]] = (),
    ) -> Child[R]:
        """Start ``python -m module`` with its plan on stdin.

        Args:
            name: what messages call it.
            module: a module whose ``__main__`` calls ``process.child.run``.
            plan: on stdin, so that a secret is on no command line. None: it is the first thing
                that the child is sent later, and loads its libraries meanwhile.
            log_path: file for its stderr; None: the parent's own stderr.
            reaches: the URLs that it connects to beside those of this machine.
            ready: the answer that it is ready.
            answers: what it may send beside that, and beside Failed, Lost and Stalled.

        """
        with contextlib.ExitStack() as stack:
            error = stack.enter_context(log_path.open("ab")) if log_path else None
            own = _Log(log_path, error.tell()) if log_path and error else None
            process = await asyncio.create_subprocess_exec(
                *environment.module(module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=error,
                limit=_LINE_LIMIT,
                env=environment.for_child(reaches),
                start_new_session=True,  # Ctrl-C reaches the parent alone: it ends the others
            )
        child = cls(name, process, ready, answers, own)
        if plan is not None:
            child.send(plan)
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.returncode

    async def ready(self, seconds: float) -> R:
        """The answer that it is ready.

        Raises ChildLost when none comes in time, or Failed in its place.
        """
        try:
            # Not wait_for: it swallows a cancellation that comes together with the message, and a
            # trial whose time is over would go on.
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            raise ChildLost(f"the {self.name} process was not ready after {seconds:g} s") from None

    def send(self, message: Message) -> None:
        """Send its plan, or a command; a child that is gone gets none."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(message.to_json().encode() + b"\n")

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

    def end_in_words(self, status: int) -> str:
        """Return a sentence on its end, with the last line of its log if there is one."""
        last = self._log.last_line() if status and self._log else ""
        words = f", its last words: {last}" if last else ""
        return f"the {self.name} process ended ({describe(status)}{words})"

    def _parse(self, line: str) -> None:
        message = self._message(line)
        if message is not None:
            self.on_message(message)

    def _message(self, line: str) -> Message | None:
        try:
            return from_json(line, self._kinds)
        except ValueError as error:
            log.warning("ignored a line of the %s process: %s", self.name, error)
            return None

    def _on_line(self, line: str) -> None:
        if self._ready.done():
            self.on_line(line)
            return
        message = self._message(line)
        if isinstance(message, self._ready_kind):
            self._ready.set_result(message)
        elif isinstance(message, Failed):
            self._fail(f"the {self.name} process cannot start: {message.reason}", message.reason)
        elif message is not None:
            self.on_line(line)

    def _fail(self, message: str, reason: str = "") -> None:
        self._ready.set_exception(ChildLost(message, reason))
        self._ready.exception()  # nobody may be waiting

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None:
                line = await stdout.readline()
                if not line:
                    break
                self._on_line(line.decode("utf-8", "replace").rstrip("\n"))
        finally:
            status = await self._process.wait()
            if not self._ready.done():
                self._fail(f"{self.end_in_words(status)} before it was ready")
            self.ended.set()
            self.on_end(status)


def describe(status: int) -> str:
    """An exit status in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"
