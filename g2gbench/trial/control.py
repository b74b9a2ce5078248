"""Control of a running session by a person: the seam between page and trial."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeAlias

from g2gbench.client.plan import ChangePrompt, StopSession
from g2gbench.link.plan import Directions


@dataclass(frozen=True, slots=True)
class ChangeNetwork:
    """Another network; ``impaired``: a packet can notice it."""

    label: str
    directions: Directions
    impaired: bool


Command: TypeAlias = StopSession | ChangePrompt | ChangeNetwork


class SessionControl:
    """One session that a person sees, with the page of their own browser as its client.

    Args:
        camera: the page's own camera is the source, not the scenario's.
        routed: its browser takes no media at the loopback: this machine's own address will do.

    """

    def __init__(self, *, camera: bool = False, routed: bool = False) -> None:
        self.camera = camera
        self.routed = routed
        self.media_url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Where the trial's client waits for the page; set once its processes are ready."""
        self.commands: asyncio.Queue[Command] = asyncio.Queue()

    def submit(self, command: Command) -> None:
        """Queue a command; it runs once the session is connected."""
        self.commands.put_nowait(command)
