"""A headless Chromium with one page: found, started, ended with all its processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from g2gbench.errors import UnreachableError
from g2gbench.process import die_with_parent, environment
from g2gbench.process.temporary import make_folder

COMMANDS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COMMAND_VARIABLE: Final = "G2GBENCH_CHROMIUM"
ENABLE: Final = (
    f"put chromium on PATH or its path into ${COMMAND_VARIABLE}; on Debian, "
    "`apt-get install chromium` brings it"
)
_GRACE_S: Final = 2.0
_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--mute-audio",
    "--password-store=basic",
    # A page that nobody looks at must not be slowed down.
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--window-size=1280,800",
)


def find(variables: Mapping[str, str]) -> str | None:
    """The browser's path; None when there is none."""
    named = variables.get(COMMAND_VARIABLE)
    for command in (named,) if named else COMMANDS:
        found = shutil.which(command, path=variables.get("PATH"))
        if found:
            return os.path.abspath(found)
    return None


class Chromium:
    """A running browser; ``pid`` is its main process, the parent of all others."""

    def __init__(self, process: asyncio.subprocess.Process, home: Path) -> None:
        self._process = process
        self._home = home

    @classmethod
    async def start(cls, command: str, url: str, *, quiet: bool = False) -> Chromium:
        """Start it with one page; raises UnreachableError when it cannot be started.

        What it prints goes to this process's stderr, or nowhere when ``quiet``. Its profile is new
        and empty, and is removed when it ends.
        """
        home = make_folder("chromium")
        # The sandbox needs privileges of its own, which root in a container does not have.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        profile = f"--user-data-dir={home / 'profile'}"
        output = asyncio.subprocess.DEVNULL if quiet else 2
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), command),
                *(*_FLAGS, *sandbox, profile, url),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment.for_foreign_program(home),
            )
        except OSError as error:
            shutil.rmtree(home, ignore_errors=True)
            raise UnreachableError(f"the browser cannot be started: {error.strerror}") from error
        return cls(process, home)

    @property
    def pid(self) -> int:
        """Of its main process."""
        return self._process.pid

    async def wait(self) -> int:
        """Until it has ended; its status."""
        return await self._process.wait()

    async def end(self) -> None:
        """End it, at once if it does not end by itself; safe to call again."""
        for stop in (self._process.terminate, self._process.kill):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _GRACE_S)
        # Its other processes may still be writing while they end.
        await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)
