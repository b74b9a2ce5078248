"""Scenes in layers: what is laid where, one on top of the other, makes a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from g2gbench.sources.i420 import Planes
from g2gbench.sources.sprite import Backdrop, Sprite

Layer: TypeAlias = Backdrop | Sprite


class Step(NamedTuple):
    """Lay this layer, by its index, with its corner here, in quarters of a luma pixel."""

    layer: int
    x: int
    y: int


class Layered(Protocol):
    """A scene that is drawn from layers: whoever has them needs the steps of a picture alone."""

    @property
    def layers(self) -> Sequence[Layer]:
        """Everything that is ever laid."""
        ...

    def steps(self, time_s: float) -> list[Step]:
        """The picture at a time in seconds since the first frame, the lowest layer first."""
        ...


def lay(layers: Sequence[Layer], steps: Iterable[Step], planes: Planes) -> None:
    """Draw one picture; the first step must fill it."""
    for step in steps:
        layers[step.layer].draw(planes, step.x, step.y)
