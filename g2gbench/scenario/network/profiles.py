"""The profiles that are built in. Their figures, and where these come from: profiles.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Field

from g2gbench.scenario.fields.rules import Text
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.traces import parse_trace


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


def _read(folder: Traversable) -> dict[str, Profile]:
    tables = tomllib.loads((folder / "profiles.toml").read_text(encoding="utf-8"))
    return {name: Profile.model_validate(_with_traces(folder, t)) for name, t in tables.items()}


def _with_traces(folder: Traversable, table: dict[str, Any]) -> dict[str, object]:
    for direction in (table.get("uplink", {}), table.get("downlink", {})):
        if "trace" in direction:
            name = direction["trace"]
            direction["trace"] = parse_trace((folder / name).read_bytes(), name, name)
    return table


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    _read(files("g2gbench.scenario") / "built_in")
)
"""By name."""
