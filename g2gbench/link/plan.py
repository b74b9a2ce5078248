"""Plan, commands and answers of the link's process. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities, Steps
from g2gbench.process.message import Message

# A trace may have a million rows: they are read faster than field by field.
_TRACES: Mapping[type, Callable[[Any], object]] = {
    Opportunities: Opportunities.of,
    Steps: Steps.of,
}


@dataclass(frozen=True, slots=True)
class Directions(Message):
    """Settings of both directions of the link, from now on."""

    read_by: ClassVar[Mapping[type, Callable[[object], object]]] = _TRACES

    uplink: LinkSettings
    downlink: LinkSettings


@dataclass(frozen=True, slots=True)
class LinkReady(Message):
    """The link listens at ``url``; ``reached``: where clients reach the servers of its plan."""

    url: str
    reached: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCounts(Message):
    """Counters of the link by now, by name; see ``Relay.counts``."""

    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class LinkPlan(Message):
    """The link's plan.

    Attributes:
        directions: what it does to packets at first.
        seed: 0 or more; each direction draws its own random numbers from it.
        service_url: the signalling that clients reach through the link.
        packet_log: where it writes what it did to each packet; None: nowhere.
        routed: media go over this machine's own address, which a browser needs.
        reach: (host, port) of UDP servers that clients reach through the link.

    """

    read_by: ClassVar[Mapping[type, Callable[[object], object]]] = _TRACES

    directions: Directions
    seed: int
    service_url: str = ""
    packet_log: Path | None = None
    routed: bool = False
    reach: tuple[tuple[str, int], ...] = ()
