"""What must hold between the fields of one direction of a link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from g2gbench.scenario.fields.quantities import PACKETS
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.traces import Figure
from g2gbench.scenario.problems import Refused


def check_link(link: LinkSection) -> Iterator[tuple[str, Refused]]:
    """Everything that contradicts itself or would do nothing: (field, why)."""
    yield from _check_burst(link)
    if link.jitter_correlation and not link.jitter:
        yield "jitter_correlation", Refused("there is no jitter", allowed=("jitter beside it",))
    if link.capacity is None and (link.trace is None or link.trace.gives("capacity") == "never"):
        for name in _waiting(link):
            yield (
                name,
                Refused(
                    "nothing waits where capacity is unlimited",
                    allowed=("capacity beside it, or a trace that gives it",),
                ),
            )
    if link.trace is not None:
        for figure in get_args(Figure):
            if getattr(link, figure) and link.trace.gives(figure) == "always":
                allowed = (f"one of {figure} and trace",)
                yield figure, Refused("the trace gives it at all times", allowed=allowed)


def _waiting(link: LinkSection) -> Iterator[str]:
    if link.queue is not None:
        yield "queue"
    if link.queue_discipline != "drop-tail":
        yield "queue_discipline"
    if link.overhead:
        yield "overhead"


def _check_burst(link: LinkSection) -> Iterator[tuple[str, Refused]]:
    if link.burst is None:
        return
    loss = max(link.loss, link.trace.most_loss if link.trace is not None else 0.0)
    if loss == 0:
        yield "burst", Refused("nothing is lost", allowed=("loss beside it",))
    elif loss == 1:
        yield "burst", Refused("every packet is lost", allowed=("loss below 100%",))
    else:
        # Between two bursts at least one packet passes (libwebrtc, simulated_network.cc).
        least = loss / (1 - loss)
        if link.burst < least:
            shown = PACKETS.write(float(f"{least + 0.0005:.3f}"))
            message = f"too short for a loss of {loss * 100:g}%"
            yield "burst", Refused(message, allowed=(f"{shown} or more",))
