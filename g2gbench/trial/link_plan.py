"""What the link in front of the measured client is told, at its start and later. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from g2gbench.scenario import LinkSettings, Network, Scenario, ServiceTarget

if TYPE_CHECKING:
    from g2gbench.trial.plan import PlannedTrial


def link_plan(trial: PlannedTrial) -> dict[str, Any] | None:
    """What the link is told at its start; None for a service whose network nothing impairs.

    Everywhere else the link is there also when it changes nothing: its packet log is evidence.
    """
    scenario = trial.scenario
    networks = [scenario.network, *(e.network for e in scenario.timeline if e.network)]
    if isinstance(scenario.target, ServiceTarget) and not any(n.impaired for n in networks):
        return None
    return {**directions(scenario.network.resolved()), "seed": trial.seed}


def link_changes(scenario: Scenario) -> list[tuple[float, str, dict[str, Any]]]:
    """(seconds after the warm-up, what people are shown, what the link is told) of each change."""
    return [
        (entry.at, label(entry.network), directions(entry.network.resolved()))
        for entry in scenario.timeline
        if entry.network is not None
    ]


def label(network: Network) -> str:
    """A network in a few words."""
    return network.profile


def directions(resolved: tuple[LinkSettings, LinkSettings]) -> dict[str, Any]:
    """Both directions in the terms of the link process; what has no effect is left out."""
    return {
        name: _told(settings)
        for name, settings in zip(("uplink", "downlink"), resolved, strict=True)
    }


def _told(settings: LinkSettings) -> dict[str, Any]:
    fields = {
        "delay_s": settings.delay,
        "capacity_bps": settings.capacity,
        "loss": settings.loss,
        "queue_s": settings.queue_seconds,
        "queue_packets": settings.queue_packets,
    }
    return {name: value for name, value in fields.items() if value}
