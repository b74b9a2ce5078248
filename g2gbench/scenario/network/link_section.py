"""One direction of an emulated link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

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
from g2gbench.scenario.fields.rules import Flag, Rule
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.network.traces import Trace
from g2gbench.scenario.problems import Refused


@dataclass(frozen=True, kw_only=True)
class TraceFile(Rule[Trace]):
    """A trace that was read from its file; written back as the file's name and checksum."""

    def parse(self, value: object) -> Trace:
        """The trace itself; its file was read with the document."""
        if isinstance(value, Trace):
            return value
        raise Refused(allowed=("the name of a trace file", "{file: …, sha256: …}"))

    def render(self, value: Trace) -> object:
        """Return its file and checksum."""
        return value.reference

    def schema(self) -> dict[str, object]:
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
    capacity: Annotated[int, Bitrate(least="1kbps", most="10Gbps")] | None = Field(
        None, description="Bits per second that pass; null: unlimited."
    )
    loss: Annotated[float, Ratio()] = Field(0.0, description="Share of packets lost.")
    burst: Annotated[float, PacketCount(least="1packets", most="1000packets")] | None = Field(
        None, description="Mean number of packets lost in a row; null: each is lost on its own."
    )
    queue: Annotated[QueueLimit, Queue()] | None = Field(
        None, description="What may wait for capacity; more is dropped. Null: unlimited."
    )
    queue_discipline: QueueDiscipline = Field(
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
    trace: Annotated[Trace, TraceFile()] | None = Field(
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
