"""A direction with a clock and a timer."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from g2gbench.link.emulation import LinkSettings
from g2gbench.link.packet_log import PacketLog
from g2gbench.link.shaper import LinkDirection, Punctuality
from g2gbench.measure.packets import FATES, parse
from tests.link.sockets import LONG_S


async def test_packets_leave_in_the_order_of_their_times_and_not_before() -> None:
    punctuality, left = Punctuality(), asyncio.Queue[tuple[str, int]]()
    way = LinkDirection("uplink", LinkSettings(delay_s=0.02), 1, punctuality)

    def send(name: str) -> None:
        way.datagram(b"x", 28, lambda: left.put_nowait((name, time.monotonic_ns())))

    start_ns = time.monotonic_ns()
    send("slow")
    way.change(LinkSettings(delay_s=0.001, allow_reordering=True))
    send("fast")
    found = [await asyncio.wait_for(left.get(), LONG_S) for _ in range(2)]
    assert [name for name, _ in found] == ["fast", "slow"]
    assert found[0][1] - start_ns >= 1_000_000
    assert found[1][1] - start_ns >= 20_000_000
    assert punctuality.sent == 2
    assert punctuality.late_max_ns > 0


def test_lateness_counts_from_one_millisecond() -> None:
    punctuality = Punctuality()
    for late_ns in (10, 1_000_000, 1_000_001, 3_000_000):
        punctuality.note(late_ns)
    assert punctuality == Punctuality(sent=4, late_1ms=2, late_max_ns=3_000_000)


async def test_a_sender_that_is_held_up_makes_the_next_packet_late() -> None:
    punctuality = Punctuality()
    way = LinkDirection("uplink", LinkSettings(delay_s=0.001), 1, punctuality)
    left = asyncio.Event()

    def dawdle() -> None:
        until_ns = time.monotonic_ns() + 5_000_000
        while time.monotonic_ns() < until_ns:
            pass

    way.datagram(b"x", 28, dawdle)
    way.datagram(b"x", 28, left.set)
    await asyncio.wait_for(left.wait(), LONG_S)
    assert punctuality.late_1ms >= 1
    assert punctuality.late_max_ns > 1_000_000


async def test_a_blackout_holds_messages_and_drops_datagrams() -> None:
    order: list[str] = []
    way = LinkDirection("downlink", LinkSettings(blackout=True), 1, Punctuality())
    way.message(100, 60, lambda: order.append("message"))
    way.datagram(b"x", 28, lambda: order.append("datagram"))
    waiting = asyncio.ensure_future(way.passed(0, 60))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert order == []
    way.change(LinkSettings())
    await asyncio.wait_for(waiting, LONG_S)
    assert order == ["message"]
    assert way.counts()["downlink.dropped_blackout"] == 1


async def test_at_the_end_what_is_still_inside_is_held_and_does_not_leave(tmp_path: Path) -> None:
    log, sent = PacketLog(tmp_path / "log"), []
    settings = LinkSettings(delay_s=0.001, duplication=1.0, allow_reordering=True)
    way = LinkDirection("uplink", settings, 1, Punctuality(), log)
    way.datagram(b"x" * 5, 28, lambda: sent.append("due"))
    until_ns = time.monotonic_ns() + 2_000_000
    while time.monotonic_ns() < until_ns:  # due, and the loop has had no turn
        pass
    way.change(LinkSettings(delay_s=3600, allow_reordering=True, loss=1.0))
    sent.clear()
    way.datagram(b"x" * 6, 28, lambda: sent.append("lost"))
    way.message(7, 60, lambda: sent.append("delayed"))
    way.change(settings)
    way.datagram(b"x" * 8, 28, lambda: sent.append("due"))
    until_ns = time.monotonic_ns() + 2_000_000
    while time.monotonic_ns() < until_ns:
        pass
    way.close()
    way.datagram(b"too late", 28, lambda: sent.append("too late"))
    way.message(9, 60, lambda: sent.append("too late"))
    log.close()
    records = parse((tmp_path / "log").read_bytes())
    told = [(int(x["size"]), FATES[x["fate"]], bool(x["left_ns"] >= 0)) for x in records]
    assert told == [
        (5, "passed", True),
        (5, "copy", True),
        (6, "loss", False),
        (8, "held", False),
        (7, "held", False),
    ]
    assert sent == []
