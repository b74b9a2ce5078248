"""A link process with a hole: client and room learn each other's own addresses too."""

from __future__ import annotations

from g2gbench.link import relay, signalling
from g2gbench.link.plan import Directions, LinkPlan
from g2gbench.process.child import run


def to_client(data: bytes, *_: object) -> bytes:
    """A room's message as it is."""
    return data


def to_room(data: bytes) -> bytes:
    """A client's message as it is."""
    return data


if __name__ == "__main__":
    signalling.to_client = to_client  # type: ignore[assignment]  # its arguments have no use here
    signalling.to_room = to_room
    run(relay._main, LinkPlan, (Directions,))
