"""The models that a service runs, and the picture that each of them sends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from g2gbench.service_models import SERVICE_MODELS

DEFAULT_MODEL = "lucy-2.1"
HEIGHTS: Mapping[str, int | None] = {"480p": 480, "720p": None, "1080p": 1080}
"""By resolution; None: the model's own height, which is what a client gets that asks for none."""


class Refusal(ValueError):  # noqa: N818 - says what happened
    """Refusal of a client's request; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Format of a model's output: width and height in pixels, frames per second."""

    width: int
    height: int
    fps: float

    def at(self, resolution: str | None) -> Picture:
        """The same picture in another resolution: its height, the width to the nearest even one.

        So 1088x624 becomes 1884x1080 and 836x480. Raises Refusal.
        """
        height = HEIGHTS.get(resolution or "720p", 0)
        if height == 0:
            raise Refusal(f"no resolution {str(resolution)[:20]!r}: {', '.join(HEIGHTS)} are known")
        if height is None:
            return self
        width = 2 * round(self.width * height / self.height / 2)
        return Picture(width, height, self.fps)


KNOWN: Mapping[str, Picture] = {
    name: Picture(model.width, model.height, model.fps) for name, model in SERVICE_MODELS.items()
}
"""The service's models by name."""


def choose(served: Mapping[str, Picture], name: str | None, resolution: str | None) -> Picture:
    """The picture of a model that a client asks for by name. Raises Refusal."""
    if not name:
        raise Refusal(f"no model was asked for; this service runs {', '.join(served)}")
    if name not in served:
        raise Refusal(f"no model {name[:60]!r} here; this service runs {', '.join(served)}")
    return served[name].at(resolution)
