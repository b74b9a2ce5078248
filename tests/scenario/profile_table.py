"""The built-in profiles as the tables of docs/profiles.md."""

from __future__ import annotations

from g2gbench.scenario.model.timeline import describe
from g2gbench.scenario.network.profiles import PROFILES


def figures_table() -> str:
    """What each direction of each profile does."""
    lines = ["| Profile | What it is | Uplink | Downlink |", "|---|---|---|---|"]
    for name, profile in PROFILES.items():
        uplink, downlink = (describe(link) for link in profile.directions)
        lines.append(f"| `{name}` | {profile.description} | {uplink} | {downlink} |")
    return "\n".join(lines)


def sources_table() -> str:
    """Where the figures of each profile come from."""
    lines = ["| Profile | Source of its figures |", "|---|---|"]
    lines += [f"| `{name}` | {profile.source} |" for name, profile in PROFILES.items()]
    return "\n".join(lines)
