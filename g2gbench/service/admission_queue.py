"""Admission to seats, and the queue for them. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class AdmissionQueue(Generic[T]):
    """Seats in the order in which they are asked for."""

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._seated: set[T] = set()
        self._waiting: list[T] = []

    def acquire(self, who: T) -> bool:
        """Return whether there is a seat at once; else one waits."""
        if len(self._seated) < self._seats:
            self._seated.add(who)
            return True
        self._waiting.append(who)
        return False

    def release(self, who: T) -> T | None:
        """Give up a seat or a place; who gets the seat now, None: nobody."""
        if who in self._waiting:
            self._waiting.remove(who)
        if who not in self._seated:
            return None
        self._seated.remove(who)
        if not self._waiting:
            return None
        follower = self._waiting.pop(0)
        self._seated.add(follower)
        return follower

    @property
    def free(self) -> int:
        """Seats that nobody has."""
        return self._seats - len(self._seated)

    def positions(self) -> Iterator[tuple[T, int, int]]:
        """Yield who waits, its place from 1, and the line's length."""
        for index, who in enumerate(self._waiting):
            yield who, index + 1, len(self._waiting)
