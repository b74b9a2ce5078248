"""Ctrl-C and SIGTERM as a wish to stop: what is measured by then is kept."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

import click


def _announce() -> None:
    with contextlib.suppress(OSError):  # who has gone needs no word
        click.echo("stopping", err=True)


@contextlib.contextmanager
def stop_signals(notify: Callable[[], None] = _announce) -> Iterator[asyncio.Event]:
    """An event that the two signals set, as often as they come, instead of ending the process.

    ``say`` reports at once, and once, that they arrived: what has to end may take its time.
    """
    stop = asyncio.Event()

    def received() -> None:
        if not stop.is_set():
            stop.set()
            notify()

    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, received)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
