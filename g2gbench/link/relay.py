"""The link's edge: a relay process between the measured client and the rest.

Media (UDP) and signalling (the WebSockets of the service and of the room) of that one client pass
through the same two directions. No root: the client is handed the relay's addresses instead of the
room's, and the room gets the client's packets from the relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import json
import sys
import time
from typing import Final

import aiohttp
from google.protobuf.message import DecodeError

from g2gbench.link import signalling
from g2gbench.link.packet_log import PacketLog
from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.link.proxy import Payload, Proxy, Upstream
from g2gbench.link.shaper import LinkDirection, Punctuality
from g2gbench.link.udp_relay import HOST, Address, UdpRelay, own_address
from g2gbench.process.child import Parent, run
from g2gbench.process.realtime_priority import use_realtime_priority

_BEAT_S = 0.1
_BEATS_A_FLUSH = 5  # a log that ends with a kill is short by less than a second
_BEATS_A_REPORT = 10
MOST_PATHS: Final = 12  # each with the sockets of MOST_CLIENT_SOCKETS: select() takes 1024
_PR_SET_TIMERSLACK = 29


class Relay:
    """The client's side of every path, and the two directions that all paths share.

    Args:
        service_url: of the service's signalling.
        directions: what it does to packets, until `change`.
        seed: 0 or more; each direction has its own chance from it.
        log: takes a record of each packet.
        routed: media go over this machine's own address, which a browser needs that takes none at
            the loopback; where it has no other address, they go over the loopback.

    """

    def __init__(
        self,
        service_url: str,
        directions: Directions,
        seed: int,
        log: PacketLog | None = None,
        *,
        routed: bool = False,
    ) -> None:
        self._punctuality = Punctuality()
        self.uplink = LinkDirection("uplink", directions.uplink, 2 * seed, self._punctuality, log)
        self.downlink = LinkDirection(
            "downlink", directions.downlink, 2 * seed + 1, self._punctuality, log
        )
        self.stall_max_ns = 0
        self._log = log
        self._media_host = own_address() if routed else HOST
        self._service_url = service_url.rstrip("/")
        self._room_url = ""
        self._paths: dict[Address, UdpRelay] = {}
        self._ufrags: set[str] = set()  # of the rooms that were named
        self._proxies: list[Proxy] = []
        self._session: aiohttp.ClientSession | None = None
        self.service_port = self.room_port = 0

    async def start(self) -> None:
        """Listen for the client's signalling on two loopback ports."""
        self._session = aiohttp.ClientSession()
        service = Upstream(lambda: self._service_url, to_client=self._from_service)
        room = Upstream(
            lambda: self._room_url, signalling.path_to_room, self._from_room, self._to_room
        )
        for upstream in (service, room):
            self._proxies.append(Proxy(upstream, self._session, self.uplink, self.downlink))
        self.service_port, self.room_port = [await proxy.start() for proxy in self._proxies]

    async def stop(self) -> None:
        """Free everything; what is still in the link is logged as held."""
        for path in self._paths.values():
            path.close()
        self.uplink.close()
        self.downlink.close()
        if self._log is not None:
            self._log.close()
        for proxy in self._proxies:
            await proxy.stop()
        if self._session is not None:
            await self._session.close()

    def counts(self) -> dict[str, int]:
        """Return the counters of both directions, the timers and the log."""
        ways, punctuality = (self.uplink, self.downlink), self._punctuality
        return {
            **self.uplink.counts(),
            **self.downlink.counts(),
            "media_packets": sum(way.datagrams for way in ways),
            "sent": punctuality.sent,
            "late_1ms": punctuality.late_1ms,
            "late_max_us": punctuality.late_max_ns // 1000,
            "loop_stall_max_us": self.stall_max_ns // 1000,
            "unsent": punctuality.unsent,
            "overflowed": sum(path.overflowed for path in self._paths.values()),
            "strangers": sum(path.strangers for path in self._paths.values()),
            "log_lost": self._log.lost if self._log else 0,
        }

    def media_address(self, room: Address) -> Address:
        """The address at which the client reaches a room's media address through the link.

        Raises ValueError when there are too many.
        """
        if room not in self._paths:
            if len(self._paths) >= MOST_PATHS:
                raise ValueError("the room names more addresses than the link has sockets for")
            self._paths[room] = UdpRelay(
                room, self.uplink, self.downlink, self._ufrags, self._media_host
            )
        return self._paths[room].address

    def know(self, ufrag: str) -> None:
        """Take a room's ICE user fragment for a proof of whoever names it."""
        self._ufrags.add(ufrag)

    def change(self, directions: Directions) -> None:
        """Have other settings from now on."""
        self.uplink.change(directions.uplink)
        self.downlink.change(directions.downlink)

    def _from_service(self, payload: Payload) -> Payload:
        """The service's messages; the room that the last one names is reached through the link."""
        try:
            message = json.loads(payload)
            if message["type"] == "livekit_room_info":
                self._room_url = message["livekit_url"].rstrip("/")
                message["livekit_url"] = f"ws://{HOST}:{self.room_port}"
                return json.dumps(message)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        return payload

    def _from_room(self, payload: Payload) -> Payload | None:
        # What cannot be read could carry an address.
        try:
            return signalling.to_client(_binary(payload), self.media_address, self.know)
        except (DecodeError, ValueError, RecursionError):
            return None

    def _to_room(self, payload: Payload) -> Payload | None:
        try:
            return signalling.to_room(_binary(payload))
        except (DecodeError, ValueError):
            return None


def _binary(payload: Payload) -> bytes:
    if isinstance(payload, str):
        raise ValueError("the room's signalling is binary")
    return payload


async def _beat(relay: Relay, log: PacketLog | None, parent: Parent[Directions]) -> None:
    """Report once a second, write the log twice; note by how much the loop was late meanwhile."""
    beats = 0
    while True:
        due_ns = time.monotonic_ns() + round(_BEAT_S * 1e9)
        await asyncio.sleep(_BEAT_S)
        relay.stall_max_ns = max(relay.stall_max_ns, time.monotonic_ns() - due_ns)
        beats += 1
        if log is not None and beats % _BEATS_A_FLUSH == 0:
            log.flush()
        if beats % _BEATS_A_REPORT == 0:
            parent.send(LinkCounts(relay.counts()))


async def _change(relay: Relay, parent: Parent[Directions]) -> None:
    while True:
        relay.change(await parent.commands.get())


def _sharpen_timers() -> None:
    """Have the kernel wake this process on time; by default it may take 50 us more (prctl(2))."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)


async def _main(plan: LinkPlan, parent: Parent[Directions]) -> None:
    log = PacketLog(plan.packet_log) if plan.packet_log else None
    relay = Relay(plan.service_url, plan.directions, plan.seed, log, routed=plan.routed)
    await relay.start()
    _sharpen_timers()
    use_realtime_priority()
    # Looking through all that was imported, for garbage, would hold packets up.
    gc.collect()
    gc.freeze()
    reached = tuple(relay.media_address((host, port)) for host, port in plan.reach)
    parent.send(LinkReady(f"ws://{HOST}:{relay.service_port}", reached))
    tasks = [
        asyncio.ensure_future(_change(relay, parent)),
        asyncio.ensure_future(_beat(relay, log, parent)),
    ]
    try:
        await asyncio.gather(*tasks)  # until cancelled: the parent is gone
    finally:
        for task in tasks:
            task.cancel()
        await relay.stop()
        parent.send(LinkCounts(relay.counts()))


if __name__ == "__main__":
    run(_main, LinkPlan, (Directions,))
