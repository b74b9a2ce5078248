"""One direction of an emulated link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from g2gbench.scenario.fields.quantity_fields import (
    Bitrate,
    ByteCount,
    Duration,
    PacketCount,
    Queue,
    QueueLimit,
    Ratio,
)
from g2gbench.scenario.fields.rules import Choice, Flag, Rule
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.network.traces import Trace
from g2gbench.scenario.problems import Refused


@dataclass(frozen=True, kw_only=True)
class TraceFile(Rule):
    """A trace that was read from its file; written back as the file's name and checksum."""

    def parse(self, value: object) -> Trace:
        """The trace itself; its file was read with the document."""
        if isinstance(value, Trace):
            return value
        raise Refused(allowed=("the name of a trace file", "{file: …, sha256: …}"))

    def render(self, value: Any) -> Any:
        """Its file and checksum."""
        return None if value is None else value.reference

    def schema(self) -> dict[str, Any]:
        """As it may stand in a document."""
        reference = {
            "type": "object",
            "properties": {
                "file": {"type": "string", "minLength": 1},
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "string", "minLength": 1}, reference]}


QueueDiscipline: TypeAlias = Literal["drop-tail", "codel"]


class LinkSection(Section):
    """One direction of the link in front of the measured client. Without any field: no effect.

    Durations in seconds, capacity in bits per second, ratios from 0 to 1, ``burst`` in packets,
    ``overhead`` in bytes. Names follow libwebrtc's simulated network where it has one.
    """

    delay: Annotated[float, Duration(least="0s", most="10s")] = Field(
        0.0, description="One-way delay that every packet gets."
    )
    jitter: Annotated[float, Duration(least="0s", most="10s")] = Field(
        0.0,
        description="Standard deviation of a Gaussian added to the delay; the sum is never < 0.",
    )
    jitter_correlation: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="Time constant with which the jitter forgets; 0s: at once."
    )
    capacity: Annotated[int | None, Bitrate(least="1kbps", most="10Gbps", nullable=True)] = Field(
        None, description="Bits per second that pass; null: unlimited."
    )
    loss: Annotated[float, Ratio()] = Field(0.0, description="Share of packets lost.")
    burst: Annotated[
        float | None, PacketCount(least="1packets", most="1000packets", nullable=True)
    ] = Field(
        None, description="Mean number of packets lost in a row; null: each is lost on its own."
    )
    queue: Annotated[QueueLimit | None, Queue(nullable=True)] = Field(
        None, description="What may wait for capacity; more is dropped. Null: unlimited."
    )
    queue_discipline: Annotated[QueueDiscipline, Choice(names=("drop-tail", "codel"))] = Field(
        "drop-tail",
        description="drop-tail drops what the queue cannot hold, codel (RFC 8289) also "
        "what has waited too long.",
    )
    overhead: Annotated[int, ByteCount(least="0B", most="1500B")] = Field(
        0, description="Bytes that every packet takes beside its IP and UDP headers."
    )
    allow_reordering: Annotated[bool, Flag()] = Field(
        False, description="Whether a packet with less delay may overtake another."
    )
    duplication: Annotated[float, Ratio()] = Field(
        0.0, description="Share of packets that leave twice."
    )
    blackout: Annotated[bool, Flag()] = Field(False, description="Nothing passes.")
    trace: Annotated[Trace | None, TraceFile(nullable=True)] = Field(
        None, description="A file with what changes over time; its figures replace those here."
    )

    @property
    def impaired(self) -> bool:
        """Whether a packet can notice this direction."""
        return bool(
            self.delay
            or self.jitter
            or self.capacity
            or self.loss
            or self.duplication
            or self.blackout
            or self.trace
        )
