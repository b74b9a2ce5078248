"""Plan of the link in front of the measured client, and its changes, by the scenario. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from g2gbench.link.plan import Directions
from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities, Step, Steps
from g2gbench.link.traces import Trace as LinkTrace
from g2gbench.scenario import LinkSection, QueueLimit, Scenario, ServiceTarget, Trace, changes


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Another network: ``at_s`` after the warm-up; ``label`` is what people are shown."""

    at_s: float
    label: str
    directions: Directions


def link_at_start(scenario: Scenario) -> Directions | None:
    """Return the link's first settings; None for a service whose network nothing impairs.

    Everywhere else the link is there also when it changes nothing: its packet log is evidence.
    """
    if isinstance(scenario.target, ServiceTarget) and not impaired(scenario):
        return None
    return directions(scenario.links())


def link_changes(scenario: Scenario) -> list[LinkChange]:
    """The changes of the network in the timeline, in their order."""
    return [
        LinkChange(change.at_s, change.label, directions(scenario.links(change.network)))
        for change in changes(scenario)
        if change.network is not None
    ]


def impaired(scenario: Scenario) -> bool:
    """Return whether a packet can notice the network at any time."""
    networks = [scenario.network, *(e.network for e in scenario.timeline if e.network)]
    return any(link.impaired for network in networks for link in scenario.links(network))


def directions(resolved: tuple[LinkSection, LinkSection]) -> Directions:
    """Uplink and downlink of a scenario in the terms of the link."""
    uplink, downlink = resolved
    return Directions(_settings(uplink), _settings(downlink))


def _settings(section: LinkSection) -> LinkSettings:
    queue = section.queue or QueueLimit()
    return LinkSettings(
        overhead_bytes=section.overhead,
        queue_packets=queue.packets,
        queue_bytes=queue.bytes,
        queue_s=queue.seconds,
        queue_discipline=section.queue_discipline,
        capacity_bps=section.capacity,
        trace=None if section.trace is None else _trace(section.trace),
        loss=section.loss,
        avg_burst_loss_length=section.burst,
        delay_s=section.delay,
        jitter_s=section.jitter,
        jitter_correlation_s=section.jitter_correlation,
        allow_reordering=section.allow_reordering,
        duplication=section.duplication,
        blackout=section.blackout,
    )


def _trace(trace: Trace) -> LinkTrace:
    if trace.at_ms:
        return Opportunities(trace.at_ms)
    return Steps(tuple(Step(*row) for row in trace.rows), trace.period_s)
