"""The one livekit-server that all sessions of a service share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from g2gbench.process.message import Lost, Message
from g2gbench.process.spawn import Child
from g2gbench.secrecy import Unshown
from g2gbench.service.plan import LivekitServerRoom
from g2gbench.service.room.livekit_server import HOST
from g2gbench.service.room.plan import LivekitServerPlan, RoomReady
from g2gbench.service.room.unavailable import ready_or_unavailable

MODULE = "g2gbench.service.room.livekit_server"
READY_S = 30.0
END_S = 1.5


@dataclass(slots=True)
class SharedServer:
    """A livekit-server with keys that nothing else has.

    ``hosts``: called with the reason when the server ends by itself. ``lost``: it has.
    """

    room: LivekitServerRoom
    log_dir: Path | None = None
    port: int = 0
    pid: int = 0
    lost: bool = False
    key: Unshown = field(default_factory=lambda: Unshown("key" + secrets.token_hex(4)))
    secret: Unshown = field(default_factory=lambda: Unshown(secrets.token_hex(32)))
    hosts: set[Callable[[str], None]] = field(default_factory=set)
    _keeper: Child[RoomReady] | None = None
    _closing: bool = False

    @property
    def url(self) -> str:
        """URL for its clients."""
        return f"ws://{HOST}:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it admits. Raises ChildLost, RoomUnavailable."""
        log_path = self.log_dir / "room.log" if self.log_dir else None
        plan = LivekitServerPlan(self.room, self.key, self.secret)
        self._keeper = keeper = await Child.start("room", MODULE, plan, log_path, ready=RoomReady)
        keeper.on_message = self._on_message
        keeper.on_end = lambda status: self._lost(keeper.end_in_words(status))
        ready = await ready_or_unavailable(keeper, READY_S)
        self.port, self.pid = ready.port, ready.pid or keeper.pid

    async def close(self) -> None:
        """End it: everybody who is still in a room gets a leave request."""
        self._closing = True
        if self._keeper is not None:
            await self._keeper.end(END_S)

    def _on_message(self, message: Message) -> None:
        if isinstance(message, Lost):
            self._lost(message.reason)

    def _lost(self, reason: str) -> None:
        if self._closing or self.lost:
            return
        self.lost = True
        for callback in list(self.hosts):
            callback(reason)
