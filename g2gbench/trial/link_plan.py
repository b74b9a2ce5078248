"""What the link in front of the measured client is told, at its start and later. Pure."""

from __future__ import annotations

from typing import Any

from g2gbench.scenario import LinkSettings, QueueLimit, Scenario, ServiceTarget, changes
from g2gbench.trial.plan import PlannedTrial


def link_plan(trial: PlannedTrial) -> dict[str, Any] | None:
    """What the link is told at its start; None for a service whose network nothing impairs.

    Everywhere else the link is there also when it changes nothing: its packet log is evidence.
    """
    scenario = trial.scenario
    if isinstance(scenario.target, ServiceTarget) and not impaired(scenario):
        return None
    return {**directions(scenario.links()), "seed": trial.seed}


def link_changes(scenario: Scenario) -> list[tuple[float, str, dict[str, Any]]]:
    """(seconds after the warm-up, what people are shown, what the link is told) of each change."""
    return [
        (change.at_s, change.label, directions(scenario.links(change.network)))
        for change in changes(scenario)
        if change.network is not None
    ]


def impaired(scenario: Scenario) -> bool:
    """Whether a packet can notice the network at any time."""
    networks = [scenario.network, *(e.network for e in scenario.timeline if e.network)]
    return any(link.impaired for network in networks for link in scenario.links(network))


def directions(resolved: tuple[LinkSettings, LinkSettings]) -> dict[str, Any]:
    """Both directions in the terms of the link process; what has no effect is left out."""
    return {
        name: _told(settings)
        for name, settings in zip(("uplink", "downlink"), resolved, strict=True)
    }


def _told(settings: LinkSettings) -> dict[str, Any]:
    queue = settings.queue or QueueLimit()
    fields = {
        "overhead_bytes": settings.overhead,
        "queue_packets": queue.packets,
        "queue_bytes": queue.bytes,
        "queue_s": queue.seconds,
        "queue_discipline": settings.queue_discipline,
        "capacity_bps": settings.capacity,
        "trace": settings.trace.told if settings.trace is not None else None,
        "loss": settings.loss,
        "avg_burst_loss_length": settings.burst,
        "delay_s": settings.delay,
        "delay_standard_deviation_s": settings.jitter,
        "delay_correlation_s": settings.jitter_correlation,
        "allow_reordering": settings.allow_reordering,
        "duplication": settings.duplication,
        "blackout": settings.blackout,
    }
    return {name: value for name, value in fields.items() if value and value != "drop-tail"}
