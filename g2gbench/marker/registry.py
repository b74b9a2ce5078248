"""The markers by name, and the number that a session's first frame gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from g2gbench.marker import v1, v2
from g2gbench.marker.examination import Examination
from g2gbench.marker.luma import Luma

Version: TypeAlias = Literal["v1", "v2"]


class Examine(Protocol):
    """Looks for a marker in a luma plane."""

    def __call__(self, luma: Luma, *, sent_size: tuple[int, int] | None = None) -> Examination:
        """See ``v1.examine``."""
        ...


class Read(Protocol):
    """Reads the number that a luma plane carries."""

    def __call__(self, luma: Luma, *, sent_size: tuple[int, int] | None = None) -> int | None:
        """See ``v1.read``."""
        ...


@dataclass(frozen=True, slots=True)
class Marker:
    """One kind of marker: what stamps it, what reads it, and which numbers it carries."""

    name: Version
    bits: int  # numbers wrap at 2 ** bits
    first_start: int  # the lowest number that a session begins to count at
    last_start: int
    stamp: Callable[[Luma, int], bool]
    read: Read
    examine: Examine


# A number read at a wrong scale is mostly small, or has the top bits 1 0 of the sync pattern: a v1
# counter between the two keeps such misreads away from the numbers that are on their way.
_MARKERS = {
    "v1": Marker("v1", v1.BITS, 4096, 28000, v1.stamp, v1.read, v1.examine),
    "v2": Marker("v2", v2.BITS, 0, 2**v2.BITS - 1, v2.stamp, v2.read, v2.examine),
}


def get(version: str) -> Marker:
    """The marker called "v1" or "v2"; ValueError for any other name."""
    try:
        return _MARKERS[version]
    except KeyError:
        allowed = ", ".join(_MARKERS)
        raise ValueError(f"marker is {version!r}; allowed: {allowed}") from None


def random_start(version: str, below: Callable[[int], int]) -> int:
    """The number for a session's first frame, so that an earlier session's frames cannot match.

    ``below(n)`` returns a random integer in 0..n-1, as ``secrets.randbelow`` and
    ``random.Random(seed).randrange`` do. v1: 4096..28000; v2: any 24 bits.
    """
    marker = get(version)
    return marker.first_start + below(marker.last_start - marker.first_start + 1)
