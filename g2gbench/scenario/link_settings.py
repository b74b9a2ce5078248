"""One direction of an emulated link."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from g2gbench.scenario.amounts import Bitrate, Duration, Queue, Ratio
from g2gbench.scenario.section import Section


class LinkSettings(Section):
    """One direction of the link in front of the measured client. Without any field: no effect.

    ``delay`` in seconds, one way; ``capacity`` in bits per second, None: unlimited; ``loss`` from 0
    to 1, each packet on its own; ``queue``: float seconds, or int packets, None: unlimited.
    """

    delay: Annotated[float, Duration(least="0s", most="10s")] = Field(
        0.0, description="One-way delay that every packet gets."
    )
    capacity: Annotated[int | None, Bitrate(least="1kbps", most="10Gbps", nullable=True)] = Field(
        None, description="Bits per second that pass; null: unlimited."
    )
    loss: Annotated[float, Ratio()] = Field(
        0.0, description="Share of packets dropped at random, each on its own."
    )
    queue: Annotated[float | int | None, Queue(nullable=True)] = Field(
        None,
        description="What may wait for capacity; more is dropped. A time, packets or bytes; "
        "null: unlimited.",
    )

    @property
    def queue_seconds(self) -> float | None:
        """The queue's limit as a time, in seconds; None when it is none."""
        return self.queue if isinstance(self.queue, float) else None

    @property
    def queue_packets(self) -> int | None:
        """The queue's limit in packets; None when it is none."""
        return self.queue if isinstance(self.queue, int) else None

    @property
    def impaired(self) -> bool:
        """Whether a packet can notice this direction; a queue alone has no effect."""
        return self.delay > 0 or self.capacity is not None or self.loss > 0
