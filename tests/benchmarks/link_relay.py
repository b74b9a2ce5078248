"""How punctual the relay is, and what it costs: Poisson traffic through a relay process.

    python -m tests.benchmarks.link_relay [--seconds 10]

A generator in another process sends datagrams at a mean rate through a relay that adds 50 ms; a
sink in the same process as the generator counts them. The lateness is read from the relay's own
packet log (left - due), and set beside the floor: a bare timer of the same event loop. Prints the
markdown table of docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import selectors
import socket
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import numpy as np
import psutil
from aiohttp import web
from livekit.protocol import rtc

from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.link.settings import LinkSettings
from g2gbench.measure.packets import DIRECTIONS, KINDS, parse
from g2gbench.process.spawn import Child

HOST: Final = "127.0.0.1"
DELAY_S: Final = 0.05
RATES: Final = (300, 2000)
SIZE: Final = 1100
READY_S: Final = 30.0
RTP: Final = bytes([0x80, 96]) + bytes(SIZE - 2)


class Row(NamedTuple):
    """What one run measured. Lateness in microseconds."""

    rate: float
    p50: float
    p99: float
    most: float
    late_1ms: int
    cpu_ms_per_1000: float
    rss_before: int
    rss_after: int
    arrived: int
    sent: int


def generate(pipe: Connection, sink_port: int, rate: float, seconds: float) -> None:
    """Send at Poisson times to the address that comes first; then say how many came to the sink."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sink.bind((HOST, sink_port))
    sink.setblocking(False)
    pipe.send(sink.getsockname()[1])
    relay = pipe.recv()
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    chance, sent, arrived = random.Random(1), 0, 0
    start = due = time.monotonic()
    while due < start + seconds:
        due += chance.expovariate(rate)
        while (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        out.sendto(RTP, relay)
        sent += 1
        arrived += _drained(sink)
    time.sleep(0.3)
    pipe.send((sent, arrived + _drained(sink)))


def _drained(sink: socket.socket) -> int:
    count = 0
    while True:
        try:
            sink.recv(2048)
        except BlockingIOError:
            return count
        count += 1


async def through_the_relay(rate: float, seconds: float) -> Row:
    """One run."""
    context = multiprocessing.get_context("spawn")
    pipe, far_end = context.Pipe()
    generator = context.Process(target=generate, args=(far_end, 0, rate, seconds), daemon=True)
    generator.start()
    sink_port = await asyncio.to_thread(pipe.recv)

    async def room(request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        if request.path == "/service":
            info = {"type": "livekit_room_info", "livekit_url": f"ws://{request.host}"}
            await ws.send_json(info)
        else:
            sdp = f"a=candidate:1 1 udp 1 {HOST} {sink_port} typ host\r\n"
            answer = rtc.SessionDescription(type="answer", sdp=sdp)
            await ws.send_bytes(rtc.SignalResponse(answer=answer).SerializeToString())
        await ws.receive()
        return ws

    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", room)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "packets"
        plan = LinkPlan(
            Directions(LinkSettings(delay_s=DELAY_S), LinkSettings()),
            seed=1,
            service_url=f"ws://{HOST}:{runner.addresses[0][1]}",
            packet_log=log,
        )
        child = await Child.start(
            "link", "g2gbench.link.relay", plan, ready=LinkReady, answers=(LinkCounts,)
        )
        try:
            relay = await _media_address((await child.ready(READY_S)).url)
            process = psutil.Process(child.pid)
            before, rss_before = process.cpu_times(), process.memory_info().rss
            pipe.send(relay)
            sent, arrived = await asyncio.to_thread(pipe.recv)
            after, rss_after = process.cpu_times(), process.memory_info().rss
        finally:
            await child.end()
            await runner.cleanup()
        packets = parse(log.read_bytes())
    generator.join()
    chosen = (packets["kind"] == KINDS.index("rtp")) & (
        packets["direction"] == DIRECTIONS.index("uplink")
    )
    late_us = (packets["left_ns"] - packets["due_ns"])[chosen & (packets["left_ns"] >= 0)] / 1000
    cpu_s = after.user + after.system - before.user - before.system
    p50, p99 = np.percentile(late_us, [50, 99])
    return Row(
        rate,
        float(p50),
        float(p99),
        float(late_us.max()),
        int((late_us > 1000).sum()),
        cpu_s / sent * 1e6,
        rss_before,
        rss_after,
        arrived,
        sent,
    )


async def _media_address(url: str) -> tuple[str, int]:
    async with aiohttp.ClientSession() as session:
        base = url.replace("ws", "http", 1)
        async with session.ws_connect(f"{base}/service") as ws:
            info: dict[str, Any] = await ws.receive_json(timeout=READY_S)
        room = info["livekit_url"].replace("ws", "http", 1)
        async with session.ws_connect(f"{room}/rtc") as ws:
            data = await ws.receive_bytes(timeout=READY_S)
    fields = rtc.SignalResponse.FromString(data).answer.sdp.split()
    return fields[4], int(fields[5])


async def bare_timer(rate: float, seconds: float) -> np.ndarray[Any, Any]:
    """Microseconds by which a timer of the event loop is late, at the same mean rate."""
    loop, chance, late = asyncio.get_running_loop(), random.Random(2), []
    until = loop.time() + seconds
    due = loop.time()
    while due < until:
        due += chance.expovariate(rate)
        done = loop.create_future()
        loop.call_at(due, done.set_result, None)
        await done
        late.append((loop.time() - due) * 1e6)
    return np.array(late)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = min(parser.parse_args().seconds, 20.0)
    print("| packets/s | late p50 / p99 / max, µs | over 1 ms | CPU ms per 1000 | RSS, MB |")
    print("|---:|---:|---:|---:|---:|")
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as loop:
        for rate in RATES:
            late = loop.run(bare_timer(rate, min(seconds, 3.0)))
            p50, p99 = np.percentile(late, [50, 99])
            print(f"| floor: a timer, {rate} | {p50:.0f} / {p99:.0f} / {late.max():.0f} | | | |")
            row = loop.run(through_the_relay(rate, seconds))
            assert row.arrived == row.sent, f"{row.sent - row.arrived} of {row.sent} did not arrive"
            memory = f"{row.rss_before / 1e6:.1f} to {row.rss_after / 1e6:.1f}"
            print(
                f"| {rate} | {row.p50:.0f} / {row.p99:.0f} / {row.most:.0f} | "
                f"{row.late_1ms} of {row.sent} | {row.cpu_ms_per_1000:.1f} | {memory} |"
            )


if __name__ == "__main__":
    main()
