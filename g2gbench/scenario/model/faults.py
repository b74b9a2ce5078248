"""Faults that a scenario asks of the emulated service: of its model, of its signalling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from g2gbench.scenario.fields.quantity_fields import Duration
from g2gbench.scenario.fields.rules import Flag, Whole
from g2gbench.scenario.fields.section import Section

_EVERY = Whole(least=0, most=1_000_000)


class ModelFaultsSection(Section):
    """Faults of the model worker; frames count as it takes them, 0: never."""

    drop_every: Annotated[int, _EVERY] = Field(0, description="Drop every Nth frame; 0: none.")
    duplicate_every: Annotated[int, _EVERY] = Field(
        0, description="Send every Nth frame twice; 0: none."
    )
    swap_every: Annotated[int, _EVERY] = Field(
        0, description="Send every Nth frame after the one that follows it; 0: none."
    )
    freeze_every: Annotated[int, _EVERY] = Field(
        0, description="At every Nth frame, send nothing for `freeze`; 0: never."
    )
    freeze: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long nothing is sent then."
    )
    silent: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long nothing is sent after the first frame came."
    )
    small_first: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long frames of half the width and height are sent at first."
    )
    coarse_first: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long pictures of a quarter of the resolution are sent at first."
    )
    misstamp_every: Annotated[int, _EVERY] = Field(
        0, description="Stamp a wrong number into every Nth frame; 0: none."
    )
    blank_every: Annotated[int, _EVERY] = Field(
        0, description="Paint every Nth frame grey, its marker too; 0: none."
    )


Acks: TypeAlias = Literal["normal", "never", "error"]
ACKS: tuple[Acks, ...] = get_args(Acks)
GarbageKind: TypeAlias = Literal[
    "no-json", "no-type", "unknown-type", "wrong-fields", "huge", "binary"
]
GARBAGE_KINDS: tuple[GarbageKind, ...] = get_args(GarbageKind)
_MOST_KINDS = 100
_AFTER = Duration(least="0s", most="60min")


class SignallingFaultsSection(Section):
    """Faults of the service towards a session; times count from its room info."""

    refuse_key: Annotated[bool, Flag()] = Field(False, description="Every API key is refused.")
    queue: Annotated[float, Duration(least="0s", most="10min")] = Field(
        0.0, description="How long a client queues, told its position, before it gets a room."
    )
    acks: Acks = Field(
        "normal",
        description="Acknowledgements of prompts and images: as they should be, none, or failed.",
    )
    drop_after: Annotated[float, _AFTER] | None = Field(
        None, description="The socket is cut without a word; null: never."
    )
    drop_after_messages: Annotated[int, Whole(least=1, most=1000000)] | None = Field(
        None, description="Cut the socket at the client's Nth message; null: never."
    )
    kill_worker_after: Annotated[float, _AFTER] | None = Field(
        None, description="The model worker is killed; null: never."
    )
    stall_after: Annotated[float, _AFTER] | None = Field(
        None, description="The model stops sending video; null: never."
    )
    stall_for: Annotated[float, Duration(least="0s", most="10min")] = Field(
        1.0, description="How long it sends nothing then."
    )
    garbage: tuple[GarbageKind, ...] = Field(
        (),
        max_length=_MOST_KINDS,
        description="Kinds of malformed frames that the client is sent in turn, from its join.",
    )
    garbage_every: Annotated[float, Duration(least="10ms", most="10min")] = Field(
        1.0, description="Time between them."
    )
    sessions: Annotated[int, Whole(least=1, most=1000)] | None = Field(
        None, description="Only the first so many sessions are treated so; null: all."
    )

    def without_effect(self) -> Iterator[tuple[str, str]]:
        """Fields that say how, where what they are about was not asked for: (field, the other)."""
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        if self.stall_for != usual["stall_for"] and self.stall_after is None:
            yield "stall_for", "stall_after"
        if self.garbage_every != usual["garbage_every"] and not self.garbage:
            yield "garbage_every", "garbage"
        others = (name for name in usual if name != "sessions")
        if self.sessions is not None and all(getattr(self, n) == usual[n] for n in others):
            yield "sessions", "another fault"


class EmulatedService(Section):
    """The emulated service's signalling."""

    faults: SignallingFaultsSection = Field(
        default_factory=SignallingFaultsSection, description="What it does wrong on purpose."
    )
