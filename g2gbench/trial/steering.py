"""What a person does to a session while it runs: the seam between whoever steers and the trial."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Finish:
    """End the session as if its time were over."""


@dataclass(frozen=True, slots=True)
class Restyle:
    """Another prompt, another reference image, or both; the journal calls the image ``name``."""

    prompt: str | None = None
    image: Path | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """Another network: what people are shown, what the link is told, whether a packet notices."""

    label: str
    settings: dict[str, Any]
    impaired: bool


Command: TypeAlias = Finish | Restyle | Switch


class Steering:
    """One session that a person sees, with the page of their own browser as its client.

    Args:
        camera: the page's own camera is the source, not the scenario's.
        routed: its browser takes no media at the loopback: this machine's own address will do.

    """

    def __init__(self, *, camera: bool = False, routed: bool = False) -> None:
        self.camera = camera
        self.routed = routed
        self.media_url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Where the trial's client waits for the page; set once its processes stand."""
        self.commands: asyncio.Queue[Command] = asyncio.Queue()

    def do(self, command: Command) -> None:
        """Have it done; one that comes before the session stands waits for it."""
        self.commands.put_nowait(command)
