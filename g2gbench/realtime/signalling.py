"""The client's signalling socket: open, join, wait for the room, set prompts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import websockets.asyncio.client
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from g2gbench.errors import UnreachableError
from g2gbench.realtime import protocol
from g2gbench.realtime.protocol import Ack, Message, QueuePosition, RoomInfo, ServiceError


class Refused(UnreachableError):  # noqa: N818 - says what happened
    """The service was reached and said no."""


class Signalling:
    """One signalling session. Made by ``open``; ``close`` ends it.

    ``on_message`` hears every message that nobody waits for. ``lost`` is set when the socket ends.
    """

    def __init__(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        self.on_message: Callable[[Message], None] = lambda _: None
        self.lost = asyncio.Event()
        self._socket = socket
        loop = asyncio.get_running_loop()
        self._room_info: asyncio.Future[RoomInfo] = loop.create_future()
        self._queued = asyncio.Event()
        self._acks: list[tuple[str | None, asyncio.Future[None]]] = []
        self._reader = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, url: str) -> Signalling:
        """Open the WebSocket. Raises UnreachableError, without the URL: it holds the key."""
        try:
            socket = await websockets.asyncio.client.connect(
                url,
                open_timeout=protocol.OPEN_TIMEOUT_S,
                ping_interval=protocol.PING_S,
                max_size=1 << 24,
                proxy=None,
            )
        except InvalidHandshake as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            words = f"HTTP status {status}" if status else type(error).__name__
            raise Refused(f"the service refused the connection: {words}") from None
        except (OSError, TimeoutError, InvalidURI, ConnectionClosed) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
            raise UnreachableError(
                f"the service could not be reached: {reason or type(error).__name__}"
            ) from None
        return cls(socket)

    async def join(self, initial_state: Mapping[str, Any] | None) -> RoomInfo:
        """Join; the room. Raises Refused, or UnreachableError when no answer comes in time."""
        await self.send(protocol.join(initial_state))
        room_info = asyncio.shield(self._room_info)
        queued = asyncio.ensure_future(self._queued.wait())
        try:
            waits = {asyncio.ensure_future(_settled(self._room_info)), queued}
            done, _ = await asyncio.wait(
                waits,
                timeout=protocol.ROOM_INFO_TIMEOUT_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                raise UnreachableError(
                    f"no room was given within {protocol.ROOM_INFO_TIMEOUT_S:g} s"
                )
            return await room_info  # a queued client may wait for minutes
        finally:
            queued.cancel()

    def expect_ack(self, prompt: str | None) -> asyncio.Future[None]:
        """A future that ends with the ack of a prompt, or of a set_image (None)."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._acks.append((prompt, future))
        return future

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one message. Raises UnreachableError when the socket is gone."""
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed:
            raise UnreachableError("the signalling connection is closed") from None

    async def set_prompt(
        self, text: str, *, enhance: bool = True, timeout_s: float = protocol.PROMPT_TIMEOUT_S
    ) -> None:
        """Change the prompt and wait for its ack.

        Raises Refused when the ack says no, UnreachableError when none comes.
        """
        ack = self.expect_ack(text)
        await self.send(protocol.prompt(text, enhance=enhance))
        try:
            await asyncio.wait_for(ack, timeout_s)
        except TimeoutError:
            raise UnreachableError(f"no ack of the prompt within {timeout_s:g} s") from None

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._heard(protocol.parse(frame))
        except ConnectionClosed:
            pass
        finally:
            self._fail(UnreachableError("the signalling connection was closed"))
            self.lost.set()

    def _heard(self, message: Message) -> None:
        if isinstance(message, RoomInfo) and not self._room_info.done():
            self._room_info.set_result(message)
        elif isinstance(message, QueuePosition):
            self._queued.set()
        elif isinstance(message, Ack):
            self._acknowledge(message)
        elif isinstance(message, ServiceError):
            self._fail(Refused(f"the service says: {message.message}"))
        self.on_message(message)

    def _acknowledge(self, ack: Ack) -> None:
        """Acks match by the prompt's text, those of images by their order."""
        for index, (prompt, future) in enumerate(self._acks):
            if prompt == ack.prompt:
                del self._acks[index]
                if not future.done():
                    if ack.success:
                        future.set_result(None)
                    else:
                        future.set_exception(Refused(f"the service refused: {ack.error}"))
                return

    def _fail(self, error: UnreachableError) -> None:
        waiting: list[asyncio.Future[Any]] = [self._room_info, *(f for _, f in self._acks)]
        self._acks.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting


async def _settled(future: asyncio.Future[Any]) -> None:
    """Until a future is done, whatever its outcome."""
    await asyncio.wait({future})
