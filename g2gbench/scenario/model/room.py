"""The media room of a loopback: the embedded one, or a real server that is started beside it."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field

from g2gbench.scenario.fields.rules import BeforeRule, Text
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.problems import Refused, nearest_name

RoomKind: TypeAlias = Literal["embedded", "livekit-server"]
ROOM_KINDS: Final[tuple[RoomKind, ...]] = get_args(RoomKind)


class RoomSection(Section):
    """The media room between client and worker."""

    kind: RoomKind = Field(
        "embedded", description="The embedded room, or a livekit-server started for each trial."
    )
    command: Annotated[str, Text(shortest=1, longest=4096)] | None = Field(
        None,
        description="The server's program, a name on the PATH or a path; null: "
        "$G2GBENCH_LIVEKIT_SERVER, else livekit-server.",
    )


@dataclass(frozen=True, kw_only=True)
class RoomChoice(BeforeRule[RoomSection]):
    """A kind of room as one word, or a mapping that says how to start it."""

    def parse(self, value: object) -> object:
        if isinstance(value, Mapping | RoomSection):
            return value
        if isinstance(value, str) and value in ROOM_KINDS:
            return {"kind": value}
        nearest = nearest_name(value, ROOM_KINDS) if isinstance(value, str) else None
        raise Refused(allowed=(*ROOM_KINDS, "{kind: …, command: …}"), nearest=nearest)

    def render(self, value: RoomSection) -> object:
        if value.command is None:
            return value.kind
        return {"kind": value.kind, "command": value.command}

    def of_type(self, type_schema: dict[str, object]) -> dict[str, object]:
        return {"anyOf": [{"enum": list(ROOM_KINDS)}, type_schema]}
