"""The rooms and workers of a service's sessions: one is made ready ahead, the others on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from g2gbench.process.message import Message
from g2gbench.process.spawn import ChildLost
from g2gbench.service.models import Picture
from g2gbench.service.plan import HostSettings, LivekitServerRoom
from g2gbench.service.session_host import RoomUnavailable, SessionHost
from g2gbench.service.shared_server import SharedServer

OnMessage = Callable[[str, Message], None]


T = TypeVar("T")


class HostPool:
    """Makes hosts, keeps a spare, ends them.

    Args:
        settings: what every session has; a session's picture replaces the worker's size and rate.
        picture: that of the spare: the one that most clients will ask for.
        on_message: (process name, message) of hosts that no session has.

    """

    def __init__(self, settings: HostSettings, picture: Picture, on_message: OnMessage) -> None:
        self._settings = settings
        self._picture = picture
        self._on_message = on_message
        self._spares: list[asyncio.Task[SessionHost]] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._server: asyncio.Task[SharedServer] | None = None
        self.pids: dict[str, int] = {}  # of the host that was made last

    async def ready(self, *, room_needed: bool = False) -> None:
        """Make the spare, and wait for it. Raises ChildLost.

        A room that cannot be had is reported to the client that asks for it; with ``room_needed``
        it raises RoomUnavailable.
        """
        self.refill()
        try:
            await asyncio.shield(self._spares[0])
        except RoomUnavailable:
            if room_needed:
                raise

    def refill(self) -> None:
        """Have a spare made, unless there is one."""
        if not self._spares:
            self._spares.append(asyncio.ensure_future(self._prepare(self._picture)))

    async def take(self, picture: Picture) -> SessionHost:
        """A room with a worker that sends this picture. Raises ChildLost, RoomUnavailable.

        Whoever is cancelled while they are made leaves them to the next session.
        """
        if picture != self._picture:
            making = asyncio.ensure_future(self._prepare(picture))
            try:
                return await asyncio.shield(making)
            except asyncio.CancelledError:
                self._end(self._discard(making))
                raise
        while True:
            made_ahead = bool(self._spares)
            self.refill()
            spare = self._spares.pop()
            try:
                host = await asyncio.shield(spare)
            except asyncio.CancelledError:
                self._spares.append(spare)
                raise
            except (ChildLost, RoomUnavailable):
                if made_ahead:  # what was in its way may be over
                    continue
                raise
            if not host.lost:
                return host
            await host.close()  # it died while nobody was there

    def retire(self, host: SessionHost) -> None:
        """End a host whose session is over, while others go on."""
        self._end(host.close())

    async def close(self) -> None:
        """End everything, and wait for that."""
        for spare in self._spares:
            self._end(self._discard(spare))
        while self._ending:
            await asyncio.gather(*self._ending)
        if self._server is not None:
            server = await _cut_short(self._server)
            if server is not None:
                await server.close()

    async def _prepare(self, picture: Picture) -> SessionHost:
        host: SessionHost | None = None
        try:
            size = (picture.width, picture.height)
            worker = replace(self._settings.worker, output_size=size, fps=picture.fps)
            settings = replace(self._settings, worker=worker)
            host = SessionHost(settings, self._on_message, await self._shared())
            await host.start()
        except BaseException as error:
            if host is not None:
                await host.close()
            if isinstance(error, ChildLost | OSError):
                raise ChildLost(f"no session could be made ready: {error}") from error
            raise
        self.pids = host.pids
        return host

    async def _shared(self) -> SharedServer | None:
        """The server that all rooms are on, started when it is first needed, or needed again."""
        room = self._settings.room
        if not isinstance(room, LivekitServerRoom):
            return None
        if self._server is None:
            self._server = asyncio.ensure_future(self._start_server(room))
        starting = self._server
        try:
            server = await asyncio.shield(starting)
        except (ChildLost, OSError, RoomUnavailable):
            if self._server is starting:
                self._server = None  # the next client may have more luck
            raise
        if not server.lost:
            return server
        if self._server is starting:
            self._server = None
            await server.close()
        return await self._shared()

    async def _start_server(self, room: LivekitServerRoom) -> SharedServer:
        server = SharedServer(room, self._settings.log_dir)
        try:
            await server.start()
        except BaseException:
            await server.close()
            raise
        return server

    async def _discard(self, spare: asyncio.Task[SessionHost]) -> None:
        host = await _cut_short(spare)
        if host is not None:
            await host.close()

    def _end(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _cut_short(making: asyncio.Task[T]) -> T | None:
    """Return the host that was made; None when it is not, or not yet: its maker tidies up."""
    making.cancel()
    await asyncio.wait({making})
    return None if making.cancelled() or making.exception() is not None else making.result()
