"""A named network: what stands behind ``network: {profile: …}``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from g2gbench.scenario.fields.rules import Text
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.network.link_section import LinkSection


class Profile(Section):
    """A network with a name: what each direction does, and where the figures come from."""

    description: Annotated[str, Text()] = Field("", description="One sentence for readers.")
    source: Annotated[str, Text()] = Field("", description="Where the figures come from.")
    uplink: LinkSection = Field(default_factory=LinkSection, description="Client to target.")
    downlink: LinkSection = Field(default_factory=LinkSection, description="Target to client.")

    @property
    def directions(self) -> tuple[LinkSection, LinkSection]:
        """(uplink, downlink), seen from the measured client."""
        return self.uplink, self.downlink
