"""Named networks: what stands behind ``network: {profile: …}``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from g2gbench.scenario.link_settings import LinkSettings

PROFILES: Mapping[str, tuple[LinkSettings, LinkSettings]] = MappingProxyType(
    {
        "none": (LinkSettings(), LinkSettings()),
        # A quiet home Wi-Fi in front of a mid-range access line. Chosen to be plausible and to
        # leave room for a 2 Mbps stream; not measured. Delay: some ms of Wi-Fi and 5 to 10 ms of
        # access and backbone. Loss: what link-layer retries leave over. Queue: a home router that
        # holds 200 ms at its line rate, which is neither well managed nor badly bloated.
        "wifi": (
            LinkSettings.model_validate(
                {"delay": "12ms", "capacity": "10Mbps", "loss": "0.1%", "queue": "200ms"}
            ),
            LinkSettings.model_validate(
                {"delay": "12ms", "capacity": "20Mbps", "loss": "0.1%", "queue": "200ms"}
            ),
        ),
    }
)
"""(uplink, downlink) by name, seen from the measured client."""
