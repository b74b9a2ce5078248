"""Faults that a scenario asks of the emulated service's model worker."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from g2gbench.scenario.fields.quantity_fields import Duration
from g2gbench.scenario.fields.rules import Whole
from g2gbench.scenario.fields.section import Section

_EVERY = Whole(least=0, most=1_000_000)


class ModelFaultsSection(Section):
    """What the model worker does wrong on purpose; frames count as it takes them, 0: never."""

    drop_every: Annotated[int, _EVERY] = Field(
        0, description="Every so manyeth frame is not sent on."
    )
    duplicate_every: Annotated[int, _EVERY] = Field(
        0, description="Every so manyeth frame is sent twice."
    )
    swap_every: Annotated[int, _EVERY] = Field(
        0, description="Every so manyeth frame is sent after the one that follows it."
    )
    freeze_every: Annotated[int, _EVERY] = Field(
        0, description="At every so manyeth frame nothing is sent for freeze."
    )
    freeze: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long nothing is sent then."
    )
    silent: Annotated[float, Duration(least="0s", most="60s")] = Field(
        0.0, description="How long nothing is sent after the first frame came."
    )
    misstamp_every: Annotated[int, _EVERY] = Field(
        0, description="The marker of every so manyeth frame tells another number."
    )
    blank_every: Annotated[int, _EVERY] = Field(
        0, description="Every so manyeth frame is painted grey, its marker too."
    )
