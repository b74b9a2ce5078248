"""What a session's records and packets hold of a network that gets worse and better again."""

from __future__ import annotations

from collections.abc import Callable

from g2gbench.measure.packets import Packets
from g2gbench.measure.records import Event
from tests.measure.packet_logs import log, packet
from tests.measure.sessions import MS, SECOND, START


def network(at_s: float, label: str = "bad", *, restored: bool = False) -> Event:
    detail: dict[str, str | int | float | bool | None] = {"label": label, "restored": restored}
    return Event(START + round(at_s * SECOND), "network", detail)


def end_s(at_s: float) -> Event:
    return network(at_s, "wifi", restored=True)


def media(rate_of: Callable[[float], int], seconds: float = 20.0) -> Packets:
    """100 packets a second on the uplink, of a size that depends on the second."""
    steps = range(int(seconds * 100))
    return log(packet(START + i * 10 * MS, size=rate_of(i / 100)) for i in steps)
