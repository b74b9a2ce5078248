"""Faults of the emulated model, on purpose: truths for an instrument to find. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:  # the worker starts sooner without the scenario's rules
    from g2gbench.scenario import ModelFaultsSection

_NS = 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelFaults:
    """Faults by frame; frames are counted as the model takes them, from 1.

    Every Nth frame (0: none) is dropped, sent twice, or sent after the one that follows it;
    at every ``freeze_every``-th nothing is sent for ``freeze_s``. Nothing at all is sent for
    ``silent_s`` after the first frame came. From the first frame that is passed on, frames are of
    half the width and height for ``small_first_s``, and pictures of a quarter of the resolution for
    ``coarse_first_s``. Every Nth frame's marker tells another number
    (``misstamp_every``) or is painted over (``blank_every``).
    """

    drop_every: int = 0
    duplicate_every: int = 0
    swap_every: int = 0
    freeze_every: int = 0
    freeze_s: float = 0.0
    silent_s: float = 0.0
    small_first_s: float = 0.0
    coarse_first_s: float = 0.0
    misstamp_every: int = 0
    blank_every: int = 0

    @classmethod
    def of(cls, section: ModelFaultsSection) -> ModelFaults:
        """Return the faults that a scenario asks for."""
        return cls(
            drop_every=section.drop_every,
            duplicate_every=section.duplicate_every,
            swap_every=section.swap_every,
            freeze_every=section.freeze_every,
            freeze_s=section.freeze,
            silent_s=section.silent,
            small_first_s=section.small_first,
            coarse_first_s=section.coarse_first,
            misstamp_every=section.misstamp_every,
            blank_every=section.blank_every,
        )

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        passing = (self.drop_every, self.duplicate_every, self.swap_every, self.freeze_every)
        counts = (*passing, self.misstamp_every, self.blank_every)
        times = (self.freeze_s, self.silent_s, self.small_first_s, self.coarse_first_s)
        if min(*counts, *times) < 0:
            raise ValueError(f"{self}: whole numbers and times from 0 are allowed")


@dataclass(frozen=True, slots=True)
class Passed(Generic[T]):
    """Fate of frames: those to send, in this order, and those that are dropped."""

    sent: tuple[T, ...] = ()
    dropped: tuple[T, ...] = ()


class FaultLine(Generic[T]):
    """Frames go in one by one, in order; what comes out is faulty as asked."""

    def __init__(self, faults: ModelFaults) -> None:
        self._faults = faults
        self._taken = 0
        self._quiet_until_ns: int | None = None
        self._first_ns: int | None = None
        self._swapped: T | None = None

    def take(self, frame: T, now_ns: int) -> Passed[T]:
        """One more frame, at ``now_ns``."""
        faults = self._faults
        self._taken += 1
        if self._quiet_until_ns is None:
            self._quiet_until_ns = self._begins_ns(now_ns)
        if now_ns < self._quiet_until_ns:
            return Passed(dropped=(frame,))
        if self._falls_on(faults.freeze_every):
            self._quiet_until_ns = now_ns + round(faults.freeze_s * _NS)
            return Passed(dropped=(frame,)) if faults.freeze_s else Passed(sent=(frame,))
        if self._falls_on(faults.drop_every):
            return Passed(dropped=(frame,))
        waiting, self._swapped = self._swapped, None
        if waiting is not None:
            return Passed(sent=(frame, waiting))
        if self._falls_on(faults.swap_every):
            self._swapped = frame
            return Passed()
        if self._falls_on(faults.duplicate_every):
            return Passed(sent=(frame, frame))
        return Passed(sent=(frame,))

    def shrinks(self, now_ns: int) -> bool:
        """Return whether a frame taken at ``now_ns`` is to be of half the width and height."""
        return now_ns < self._begins_ns(now_ns) + round(self._faults.small_first_s * _NS)

    def coarsens(self, now_ns: int) -> bool:
        """Return whether a picture taken at ``now_ns`` is to lose most of its resolution."""
        return now_ns < self._begins_ns(now_ns) + round(self._faults.coarse_first_s * _NS)

    def _begins_ns(self, now_ns: int) -> int:
        """Return when the first frame is passed on; the first one that is asked about is it."""
        if self._first_ns is None:
            self._first_ns = now_ns
        return self._first_ns + round(self._faults.silent_s * _NS)

    @property
    def misstamps(self) -> bool:
        """Whether the marker of the frame that is taken next tells another number."""
        return self._falls_on(self._faults.misstamp_every, self._taken + 1)

    @property
    def blanks(self) -> bool:
        """Whether the marker of the frame that is taken next is painted over."""
        return self._falls_on(self._faults.blank_every, self._taken + 1)

    @property
    def held(self) -> tuple[T, ...]:
        """Frame that waits for the one that is to overtake it."""
        return () if self._swapped is None else (self._swapped,)

    def _falls_on(self, every: int, frame: int | None = None) -> bool:
        return every > 0 and (self._taken if frame is None else frame) % every == 0
