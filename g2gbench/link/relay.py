"""The link's edge: a relay process between the measured client and the rest.

Media (UDP) and signalling (the WebSockets of the service and of the room) of that one client pass
through the same two directions. No root: the client is handed the relay's addresses instead of the
room's, and the room hears the client from the relay.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import logging
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from google.protobuf.message import DecodeError

from g2gbench.link import signalling
from g2gbench.link.emulation import (
    TCP_OVERHEAD_BYTES,
    UDP_OVERHEAD_BYTES,
    Direction,
    LinkSettings,
)
from g2gbench.process.child import Parent, Plan, run

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
_RECEIVE_BATCH = 64
_EARLY_NS = 50_000  # a packet due within this is sent now: the timer is no finer
_REPORT_S = 1.0
Address = tuple[str, int]


class Schedule:
    """Runs calls at their time, on one timer of the event loop; counts how late they were."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        self.counts: Counter[str] = Counter()

    def at(self, due_ns: int, call: Callable[[], object]) -> None:
        """Run ``call`` at ``due_ns`` of the monotonic clock, or now if that is past."""
        now_ns = time.monotonic_ns()
        if due_ns <= now_ns + _EARLY_NS and not self._heap:
            call()
            return
        heapq.heappush(self._heap, (due_ns, next(self._order), call))
        self._arm(now_ns)

    def _arm(self, now_ns: int) -> None:
        due_ns = self._heap[0][0]
        if self._timer is not None:
            if self._timer_ns <= due_ns:
                return
            self._timer.cancel()
        self._timer_ns = due_ns
        delay_s = max(0, due_ns - now_ns) / 1e9
        self._timer = self._loop.call_later(delay_s, self._run)

    def _run(self) -> None:
        self._timer = None
        now_ns = time.monotonic_ns()
        while self._heap and self._heap[0][0] <= now_ns + _EARLY_NS:
            due_ns, _, call = heapq.heappop(self._heap)
            self.counts["late_1ms"] += now_ns - due_ns > 1_000_000
            call()
        if self._heap:
            self._arm(now_ns)


class Relay:
    """The client's side of every path, and the two directions that all paths share."""

    def __init__(self, service_url: str, uplink: LinkSettings, downlink: LinkSettings, seed: int):
        self.uplink = Direction(uplink, random.Random(f"{seed}/uplink").random)
        self.downlink = Direction(downlink, random.Random(f"{seed}/downlink").random)
        self.schedule = Schedule()
        self._service_url = service_url.rstrip("/")
        self._room_url = ""
        self._ports: dict[Address, MediaPath] = {}
        self._runners: list[web.AppRunner] = []
        self._session: aiohttp.ClientSession | None = None
        self.service_port = self.room_port = 0

    async def start(self) -> None:
        """Listen for the client's signalling on two loopback ports."""
        self._session = aiohttp.ClientSession()
        self.service_port = await self._listen(self._proxy_service)
        self.room_port = await self._listen(self._proxy_room)

    async def stop(self) -> None:
        """Free everything."""
        for path in self._ports.values():
            path.close()
        for runner in self._runners:
            await runner.cleanup()
        if self._session:
            await self._session.close()

    def counts(self) -> dict[str, int]:
        """What both directions and the timer counted."""
        named = (("uplink", self.uplink), ("downlink", self.downlink))
        counts = {
            f"{name}.{key}": direction.counts[key]
            for name, direction in named
            for key in ("packets", "bytes", "dropped_loss", "dropped_queue")
        }
        media = sum(path.packets for path in self._ports.values())
        return {**counts, "media_packets": media, "late_1ms": self.schedule.counts["late_1ms"]}

    def media_address(self, room: Address) -> Address:
        """The address at which the client reaches a room's media address through the link."""
        if room not in self._ports:
            self._ports[room] = MediaPath(self, room)
        return self._ports[room].address

    async def _listen(self, handler: Callable[[web.Request], Any]) -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        return int(runner.addresses[0][1])

    async def _proxy_service(self, request: web.Request) -> web.StreamResponse:
        return await self._proxy(request, self._service_url, self._service_message, None)

    async def _proxy_room(self, request: web.Request) -> web.StreamResponse:
        return await self._proxy(request, self._room_url, None, self._room_message)

    def _service_message(self, text: str) -> str:
        """The service's messages; the room that one names is reached through the link."""
        try:
            message = json.loads(text)
            if message["type"] == "livekit_room_info":
                self._room_url = message["livekit_url"].rstrip("/")
                message["livekit_url"] = f"ws://{HOST}:{self.room_port}"
                return json.dumps(message)
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        return text

    def _room_message(self, data: bytes, from_client: bool) -> bytes | None:
        try:
            if from_client:
                return signalling.to_room(data)
            return signalling.to_client(data, self.media_address)
        except (DecodeError, ValueError):
            return None  # what cannot be read could carry an address

    async def _round_trip(self, size: int) -> None:
        """Wait as long as one exchange of ``size`` bytes each way takes on the link."""
        for direction in (self.uplink, self.downlink):
            await self._passed(direction, size)

    async def _passed(self, direction: Direction, size: int) -> None:
        due_ns = direction.offer(size, time.monotonic_ns(), reliable=True)
        if due_ns is not None:
            await self._until(due_ns)

    async def _until(self, due_ns: int) -> None:
        done = asyncio.get_running_loop().create_future()
        self.schedule.at(due_ns, lambda: None if done.done() else done.set_result(None))
        await done

    async def _proxy(
        self,
        request: web.Request,
        upstream: str,
        on_text: Callable[[str], str] | None,
        on_binary: Callable[[bytes, bool], bytes | None] | None,
    ) -> web.StreamResponse:
        if self._session is None or not upstream:
            raise web.HTTPBadGateway(text="nothing is behind this port yet")
        await self._round_trip(TCP_OVERHEAD_BYTES)  # SYN, SYN-ACK
        kept = ("authorization", "user-agent", "origin", "x-api-key", "content-type")
        headers = {k: v for k, v in request.headers.items() if k.lower() in kept}
        await self._passed(self.uplink, 600 + len(request.raw_path))
        url = upstream + request.raw_path
        if request.headers.get("Upgrade", "").lower() != "websocket":
            body = await request.read()
            target = url.replace("ws", "http", 1)
            async with self._session.request(
                request.method, target, headers=headers, data=body
            ) as answer:
                content = await answer.read()
            await self._passed(self.downlink, 300 + len(content))
            return web.Response(status=answer.status, body=content)
        try:
            far = await self._session.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            await self._passed(self.downlink, 300)
            return web.Response(status=error.status, text="refused behind the link")
        except aiohttp.ClientError:
            return web.Response(status=502, text="not reachable behind the link")
        await self._passed(self.downlink, 300)
        near = web.WebSocketResponse(max_msg_size=0)
        await near.prepare(request)
        pumps = [
            asyncio.ensure_future(self._pump(near, far, self.uplink, None, on_binary, True)),
            asyncio.ensure_future(self._pump(far, near, self.downlink, on_text, on_binary, False)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await far.close()
        code = far.close_code
        await near.close(code=code if code and 1000 <= code < 5000 and code != 1006 else 1001)
        return near

    async def _pump(
        self,
        source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        direction: Direction,
        on_text: Callable[[str], str] | None,
        on_binary: Callable[[bytes, bool], bytes | None] | None,
        from_client: bool,
    ) -> None:
        """Carry messages one way, each at its time; those under way do not hold up the next."""
        under_way: asyncio.Queue[tuple[int, str | bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due_ns, data = await under_way.get()
                await self._until(due_ns)
                try:
                    if isinstance(data, str):
                        await sink.send_str(data)
                    else:
                        await sink.send_bytes(data)
                finally:
                    under_way.task_done()

        delivery = asyncio.ensure_future(deliver())
        try:
            async for message in source:
                data: str | bytes | None
                if message.type == WSMsgType.TEXT:
                    data = on_text(message.data) if on_text else message.data
                elif message.type == WSMsgType.BINARY:
                    data = on_binary(message.data, from_client) if on_binary else message.data
                else:
                    continue
                if data is not None:
                    size = len(data) + TCP_OVERHEAD_BYTES
                    due_ns = direction.offer(size, time.monotonic_ns(), reliable=True)
                    under_way.put_nowait((due_ns or time.monotonic_ns(), data))
            joined = asyncio.ensure_future(under_way.join())
            await asyncio.wait({joined, delivery}, return_when=asyncio.FIRST_COMPLETED)
            joined.cancel()
        except (ConnectionError, RuntimeError) as error:
            log.info("signalling ended: %s", error)
        finally:
            delivery.cancel()
            await asyncio.gather(delivery, return_exceptions=True)


class MediaPath:
    """The relay's sockets for one media address of the room, as a NAT would have them."""

    def __init__(self, relay: Relay, room: Address) -> None:
        self.packets = 0
        self._relay = relay
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._near = self._open()
        self._far: dict[Address, socket.socket] = {}  # client's address -> socket towards the room
        self._loop.add_reader(self._near.fileno(), self._from_client)

    @property
    def address(self) -> Address:
        """Where the client sends."""
        host, port = self._near.getsockname()
        return host, port

    def close(self) -> None:
        """Free the sockets."""
        for one in (self._near, *self._far.values()):
            self._loop.remove_reader(one.fileno())
            one.close()

    def _open(self) -> socket.socket:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        one.bind((HOST, 0))
        one.setblocking(False)
        return one

    def _from_client(self) -> None:
        for data, address in _received(self._near):
            far = self._far.get(address)
            if far is None:
                far = self._far[address] = self._open()
                self._loop.add_reader(far.fileno(), self._from_room, far, address)
            self._carry(self._relay.uplink, data, far, self._room)

    def _from_room(self, far: socket.socket, client: Address) -> None:
        for data, address in _received(far):
            if address == self._room:
                self._carry(self._relay.downlink, data, self._near, client)

    def _carry(self, way: Direction, data: bytes, through: socket.socket, to: Address) -> None:
        self.packets += 1
        due_ns = way.offer(len(data) + UDP_OVERHEAD_BYTES, time.monotonic_ns())
        if due_ns is not None:
            self._relay.schedule.at(due_ns, lambda: _send(through, data, to))


def _received(one: socket.socket) -> list[tuple[bytes, Address]]:
    """The datagrams that wait on a socket, a batch at most."""
    batch = []
    for _ in range(_RECEIVE_BATCH):
        try:
            batch.append(one.recvfrom(65536))
        except OSError:  # nothing waits, or an ICMP error of an earlier send
            break
    return batch


def _send(through: socket.socket, data: bytes, to: Address) -> None:
    try:
        through.sendto(data, to)
    except OSError:  # closed meanwhile, or the other side is gone: a lost packet
        return


async def _main(plan: Plan, parent: Parent) -> None:
    relay = Relay(
        plan["service_url"],
        LinkSettings(**plan["uplink"]),
        LinkSettings(**plan["downlink"]),
        plan["seed"],
    )
    await relay.start()
    parent.tell({"url": f"ws://{HOST}:{relay.service_port}"})

    async def obey() -> None:
        while True:
            command = await parent.commands.get()
            relay.uplink.settings = LinkSettings(**command["uplink"])
            relay.downlink.settings = LinkSettings(**command["downlink"])

    async def report() -> None:
        while True:
            await asyncio.sleep(_REPORT_S)
            parent.tell({"counts": relay.counts()})

    tasks = [asyncio.ensure_future(obey()), asyncio.ensure_future(report())]
    try:
        await asyncio.Event().wait()  # until cancelled: the parent is gone
    finally:
        for task in tasks:
            task.cancel()
        parent.tell({"counts": relay.counts()})
        await relay.stop()


if __name__ == "__main__":
    run(_main)
