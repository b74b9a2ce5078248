"""The inside of a child process: its plan from stdin, its messages on stdout, its parent's death.

A child reads one line, its plan, then commands, each a `Message`. End of file means
that the parent is gone or wants it gone: the child ends, by itself if it can, else at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import selectors
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TextIO, TypeVar

from g2gbench.process import logs
from g2gbench.process.message import Message, Stalled, from_json
from g2gbench.process.watch import watch

P = TypeVar("P", bound=Message)
C = TypeVar("C", bound=Message)
log = logging.getLogger(__name__)
GRACE_S = 5.0


class Parent(Generic[C]):
    """The child's line to its parent.

    ``commands`` yields those that the parent sends, of the given kinds. When it sends no more, the
    child's main task is cancelled: it cleans up in its ``finally`` clauses. ``on_stall`` is called
    with the end in nanoseconds and the length in seconds, when this process stood still; it tells
    the parent.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        source: TextIO,
        sink: TextIO,
        kinds: Sequence[type[C]] = (),
    ) -> None:
        self.commands: asyncio.Queue[C] = asyncio.Queue()
        self._kinds = kinds
        self._gone = asyncio.Event()
        self._loop = loop
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()
        self._spoke = False
        self.on_stall: Callable[[int, float], None] = self._send_stall

    async def until_gone(self) -> None:
        """Until the parent is gone."""
        await self._gone.wait()

    def detach(self) -> None:
        """Behave as if the parent were gone; safe from any thread."""
        self._call(self._gone.set)

    def send(self, message: Message) -> None:
        """Send one message; safe from any thread."""
        self.write(message.to_json())

    def write(self, line: str) -> None:
        """Send one line; safe from any thread. A parent that is gone is no error here."""
        try:
            with self._lock:
                self._sink.write(line + "\n")
                self._sink.flush()
                self._spoke = True
        except (OSError, ValueError):
            self._call(self._gone.set)

    def _send_stall(self, end_ns: int, seconds: float) -> None:
        if self._spoke:  # a stall of its start is of no session
            self.send(Stalled(seconds, end_ns))

    def listen(self) -> None:
        """Read commands until the parent is gone; to be run in a daemon thread."""
        for line in self._source:
            try:
                self._call(self.commands.put_nowait, from_json(line, self._kinds))
            except ValueError as error:
                log.warning("ignored a line that is no command: %s", error)
        self._call(self._gone.set)
        # The loop may be stuck in native code: nothing may outlive the parent.
        timer = threading.Timer(GRACE_S, os._exit, (70,))
        timer.daemon = True
        timer.start()

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop is closed: this process is ending anyway
            return


def run(
    main: Callable[[P, Parent[C]], Awaitable[None]], plan: type[P], commands: Sequence[type[C]] = ()
) -> None:
    """Run ``main(plan, parent)`` until it returns; cancel it when the parent is gone or at SIGTERM.

    ``plan`` is the kind of the plan, ``commands`` are those of the commands that may follow it.
    The event loop runs on select: epoll's timeouts are whole milliseconds, too coarse for a link.
    """
    logs.set_up(logging.INFO, format_=logs.CHILD_FORMAT)
    # Keep stdout for messages: whatever a library prints belongs to the log.
    sink = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    line = sys.stdin.readline()
    if not line:  # the parent went, or went without it
        return
    message = from_json(line, (plan,))
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        runner.run(_main(main, message, sink, commands))


async def _main(
    main: Callable[[P, Parent[C]], Awaitable[None]],
    plan: P,
    sink: TextIO,
    commands: Sequence[type[C]],
) -> None:
    loop = asyncio.get_running_loop()
    parent = Parent(loop, sys.stdin, sink, commands)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Ctrl-C goes to the whole group: the parent decides what it means for a child.
        handler = parent.detach if number == signal.SIGTERM else lambda: None
        loop.add_signal_handler(number, handler)
    threading.Thread(target=parent.listen, daemon=True, name="parent").start()
    # First, so that it watches before anything is sent.
    watching = asyncio.ensure_future(watch(lambda *stall: parent.on_stall(*stall)))
    work = asyncio.ensure_future(main(plan, parent))
    gone = asyncio.ensure_future(parent.until_gone())
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=GRACE_S)
    watching.cancel()
    if work.done() and not work.cancelled():
        work.result()
